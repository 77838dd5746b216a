import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect } from 'vitest';
import { type Lab, openLab } from '../../src/lab/index.ts';
import { worldOf } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';

/** Words of the kernel's sysctl trees, of iproute2 and of nft, and what a file system takes for something else. */
const NAMES = ['all', 'default', 'lo', 'up', 'dev', 'name', 'a', 't', 'netns', 'help', 'iifname', '1', 'x.y'];

const BELOW = new URL('../scenarios/worlds/three-zones/', import.meta.url);
const servers = NAMES.map(
  (name, i) => `---
apiVersion: packetwalk.dev/v1alpha1
kind: Server
metadata: { name: ${JSON.stringify(name)} }
spec: { kind: internet, addresses: [192.0.2.${50 + i}], listens: [{ port: 80 }] }
`,
);

let lab: Lab | undefined;
afterAll(() => lab?.holder.end());

kernelTest('servers called like words of the tools are reached, each by the others', async () => {
  lab = await openLab(
    worldOf([
      ...readdirSync(BELOW).map((path) => ({ path, text: readFileSync(new URL(path, BELOW), 'utf8') })),
      { path: 'servers.yaml', text: servers.join('') },
    ]),
  );
  const { plan, executor } = lab;
  const netnsOf = (name: string): string =>
    plan.namespaces.find(({ label }) => label === `internet/${name}`)?.name ?? '';
  for (const [i, name] of NAMES.entries()) {
    const address = `192.0.2.${50 + ((i + 1) % NAMES.length)}`;
    const argv = ['ping', '-n', '-c', '1', '-W', '5', address] as const;
    const { status, stdout } = await executor.run({ netns: netnsOf(name), argv, stdin: '' });
    expect(status, `${name} to ${address}: ${stdout}`).toBe(0);
  }
  // What needs no other name has its own.
  expect(NAMES.filter((name) => netnsOf(name) === name)).toContain('netns');
});

import { afterAll, expect } from 'vitest';
import { type Lab, openLab, readBack } from '../../src/lab/index.ts';
import type { Netns } from '../../src/linux/index.ts';
import { netnsFiles, type World } from '../../src/world/index.ts';
import { exampleWorld } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';

// A World goes onto the kernel and comes back: every artefact of every namespace is the text it was compiled to.

const labs: Lab[] = [];
afterAll(() => {
  for (const lab of labs) lab.holder.end();
});

/** Lists whose order is the kernel's own (hash tables, creation) are compared as sets of lines. */
const UNORDERED = ['ip-neigh.json', 'ip-addr.json', 'ip-route.json'];

function artefacts(netns: Netns): Readonly<Record<string, string>> {
  const texts = [...netnsFiles(netns)]
    .filter(({ path }) => path !== 'origins.json')
    .map(({ path, text }) => [path, UNORDERED.includes(path) ? sorted(text) : text] as const);
  return Object.fromEntries(texts);
}
const sorted = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(/,$/, ''))
    .sort()
    .join('\n');

async function expectSame(world: World): Promise<void> {
  const lab = await openLab(world);
  labs.push(lab);
  const read = await readBack(world, lab.plan, lab.executor);
  expect([...read.netns.keys()]).toEqual([...world.netns.keys()]);
  for (const [id, netns] of world.netns) {
    const back = read.netns.get(id);
    expect(back === undefined ? undefined : artefacts(back), id).toEqual(artefacts(netns));
  }
}

for (const name of ['article', 'custom-networking', 'eksctl-shop', 'external-snat'])
  kernelTest(`examples/${name}: what the kernel holds is what was compiled`, () => expectSame(exampleWorld(name)));

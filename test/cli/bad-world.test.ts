import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandLine } from './command-line.ts';
import { ARTICLE, refused, scratch } from './refused.ts';

describe('World folders', () => {
  const world = join(scratch, 'world');
  const at = (path: string) => join(world, path);
  const compiled = async (): Promise<void> => {
    rmSync(world, { recursive: true, force: true });
    expect((await commandLine(['compile', '-f', ARTICLE, '-o', world])).code).toBe(0);
  };
  const NODE = 'nodes/ip-10-0-0-49.ec2.internal';

  test('broken artefacts are named, each at its place', async () => {
    await compiled();
    writeFileSync(at(`${NODE}/ip-route.json`), '[\n{"dst":"default","gateway":"10.0.0.1","dev":"ens5"},\n{"dst":\n]\n');
    writeFileSync(at(`${NODE}/iptables-save`), '*nat\n-A NOWHERE -j ACCEPT\nCOMMIT\n');
    writeFileSync(at('fabric.json'), '{\n');
    const said = await refused(['trace', '-f', world, 'pod/packetlab/toolbox-a', '10.0.2.29']);
    expect(said).toContain('fabric.json:2:1: Not JSON: the text ends where a name in double quotes or "}" should be');
    expect(said).toContain('ip-route.json:4:1: Not JSON: found "]" where a value should be');
    expect(said).toMatch(/iptables-save:2: .*NOWHERE/);
  });

  test.each([
    ['values', 'fabric.json', `[${'1,'.repeat(4_000_001)}1]`, 'File has more than 4000000 values'],
    ['lines', `${NODE}/iptables-save`, '-A A\n'.repeat(2_000_001), 'File has more than 2000000 lines'],
  ])('too many %s in one file', async (_, path, text, expected) => {
    await compiled();
    writeFileSync(at(path), text);
    const said = await refused(['trace', '-f', world, 'pod/packetlab/toolbox-a', '10.0.2.29']);
    expect(said).toContain(expected);
    expect(said).toContain('packetwalk: 1 problem in the input');
  });

  test('a World and a knob', async () => {
    await compiled();
    const said = await refused([
      'trace',
      '-f',
      world,
      'pod/packetlab/toolbox-a',
      '10.0.2.29',
      '--set',
      'ipFamily=IPv6',
    ]);
    expect(said).toContain('--set ipFamily: Cannot turn "ipFamily" on a World folder');
  });
});

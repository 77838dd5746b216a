import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadWorld } from '../../src/load/index.ts';
import { readWorld, type World, worldFiles } from '../../src/world/index.ts';
import { inNetns, kernelTest } from '../kernel/kernel.ts';

/** Every folder of examples/: what `compile -o` writes of it is the whole World, the kernel's own text, and always the same. */
const root = new URL('../../examples/', import.meta.url);

function compiled(name: string): World {
  const folder = new URL(`${name}/`, root);
  const inputs = readdirSync(folder).filter((file) => /\.(?:ya?ml|json)$/.test(file));
  const files = inputs.map((path) => ({ path, text: readFileSync(new URL(path, folder), 'utf8') }));
  const { world, issues } = loadWorld(files, []);
  expect(issues).toEqual([]);
  if (world === undefined) throw new Error(`examples/${name} does not compile`);
  return world;
}

const written = (world: World): ReadonlyMap<string, string> =>
  new Map([...worldFiles(world)].map(({ path, text }) => [path, text]));

/** A World without the layers its maps share: every map, however it is made, as its entries in the order of their keys. */
function plain(world: World): Record<string, unknown> & { readonly netns: Record<string, unknown> } {
  const value = (of: unknown): unknown => {
    if (typeof of !== 'object' || of === null) return of;
    if (Array.isArray(of)) return of.map(value);
    const entries = 'get' in of ? [...(of as ReadonlyMap<string, unknown>)] : Object.entries(of);
    return Object.fromEntries(
      entries.map(([key, each]) => [key, value(each)] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  };
  return value(world) as Record<string, unknown> & { readonly netns: Record<string, unknown> };
}

/** What the kernel holds of a text, as its own tool prints it: no comment lines, no counters. */
const saved = (command: string, text: string): string =>
  inNetns(`${command}-restore && ${command}-save`, text)
    .replace(/^#.*\n/gm, '')
    .replace(/ \[\d+:\d+\]$/gm, ' [0:0]');

const tables = (text: string): string[] =>
  text
    .replace(/^#.*\n/gm, '')
    .split(/^(?=\*)/m)
    .sort();

describe.each(readdirSync(root).sort())('examples/%s', (name) => {
  const world = compiled(name);
  const files = written(world);

  test('write and read is the identity, on the World and on the text', () => {
    const read = readWorld(files);
    expect(read.issues).toEqual([]);
    const [wanted, found] = [plain(world), plain(read.value)];
    for (const [id, netns] of Object.entries(wanted.netns)) expect(found.netns[id], id).toStrictEqual(netns);
    expect(Object.keys(found.netns)).toEqual(Object.keys(wanted.netns));
    expect({ ...found, netns: {} }).toStrictEqual({ ...wanted, netns: {} });
    expect(written(read.value)).toEqual(files);
  });

  test('compiled again, the same bytes', () => {
    expect([...written(compiled(name))]).toEqual([...files]);
  });

  const saves = [...files].filter(([path]) => /\/ip6?tables-save$/.test(path));
  test('there are nodes', () => expect(saves.some(([path]) => path.startsWith('nodes/'))).toBe(true));
  for (const backend of ['nft', 'legacy'] as const) {
    kernelTest(`iptables-${backend} restores and saves every namespace's text as it is`, () => {
      for (const [path, text] of saves) {
        const command = `${path.endsWith('/ip6tables-save') ? 'ip6tables' : 'iptables'}-${backend}`;
        expect(tables(saved(command, text)), path).toEqual(tables(text));
      }
    });
  }
  kernelTest('nft lists every native ruleset as it is', () => {
    for (const [path, text] of files)
      if (path.endsWith('/nft-list-ruleset')) expect(inNetns('nft -f - && nft list ruleset', text), path).toBe(text);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { loadWorld } from '../src/load/index.ts';
import type { World } from '../src/world/index.ts';

/** The World of a folder under examples/. */
export function exampleWorld(name: string): World {
  const folder = new URL(`../examples/${name}/`, import.meta.url);
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => ({ path: file, text: readFileSync(new URL(file, folder), 'utf8') }));
  const { world, issues } = loadWorld(files, []);
  if (world === undefined) throw new Error(issues.map((issue) => issue.message).join('\n'));
  return world;
}

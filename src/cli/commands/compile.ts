import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../lab/index.ts';
import { type World, worldFiles } from '../../world/index.ts';
import { CommandError, EXIT, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import type { InputOptions } from '../options.ts';
import { writing } from '../writing.ts';

export interface CompileFlags extends InputOptions {
  readonly output: string;
}

/** `compile -o DIR`: the World, one folder per namespace. Written beside and moved in place: a failure leaves nothing half done. */
export function compile(flags: CompileFlags, io: Io): number {
  const target = flags.output;
  refuseOther(target);
  const world = openWorld(flags, io);
  const files = saveWorld(world, target);
  const { nodes, pods, services } = world.directory;
  io.stdout(`${target}: ${files} files, ${nodes.length} nodes, ${pods.length} pods, ${services.length} Services\n`);
  return EXIT.ok;
}

/** A folder of somebody else's is never written into. */
export function refuseOther(target: string): void {
  if (writing(target, '-o', () => holdsOther(target)))
    throw new CommandError(`"${target}" is not empty and holds no World: refusing to write into it`, EXIT.usage);
}

/** How many files it became. */
export const saveWorld = (world: World, target: string): number =>
  writing(target, '-o', () => writeWorld(world, target));

/** A folder with something in it that is no World; a file in its place is an error of its own. */
const holdsOther = (target: string): boolean =>
  existsSync(target) && readdirSync(target).length > 0 && !existsSync(join(target, 'world.json'));

function writeWorld(world: World, target: string): number {
  const draft = `${target}.partial-${process.pid}`;
  let files = 0;
  makeFolder(dirname(draft));
  try {
    mkdirSync(draft);
    for (const { path, text } of worldFiles(world)) {
      const file = join(draft, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      files += 1;
    }
    rmSync(target, { recursive: true, force: true });
    renameSync(draft, target);
  } finally {
    if (existsSync(draft)) rmSync(draft, { recursive: true, force: true });
  }
  return files;
}

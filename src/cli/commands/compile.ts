import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { worldFiles } from '../../world/index.ts';
import { CommandError, EXIT, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import type { InputOptions } from '../options.ts';

export interface CompileFlags extends InputOptions {
  readonly output: string;
}

/** `compile -o DIR`: the World, one folder per namespace. Written beside and moved in place: a failure leaves nothing half done. */
export function compile(flags: CompileFlags, io: Io): number {
  const target = flags.output;
  if (existsSync(target) && readdirSync(target).length > 0 && !existsSync(join(target, 'world.json'))) {
    throw new CommandError(`"${target}" is not empty and holds no World: refusing to write into it`, EXIT.usage);
  }
  const world = openWorld(flags, io);
  const draft = `${target}.partial-${process.pid}`;
  let files = 0;
  try {
    for (const { path, text } of worldFiles(world)) {
      const file = join(draft, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      files += 1;
    }
    rmSync(target, { recursive: true, force: true });
    mkdirSync(dirname(target), { recursive: true });
    renameSync(draft, target);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  const { nodes, pods, services } = world.directory;
  io.stdout(`${target}: ${files} files, ${nodes.length} nodes, ${pods.length} pods, ${services.length} Services\n`);
  return EXIT.ok;
}

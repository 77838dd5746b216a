import { fileURLToPath } from 'node:url';
import { planLab, printPlan } from '../../lab/index.ts';
import { EXIT, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import type { InputOptions } from '../options.ts';

export interface LabFlags {
  readonly name: string;
}

export interface ServeFlags {
  /** `--no-serve`: nothing listens. */
  readonly serve: boolean;
}

/** This program once more, to serve a lab's sockets from inside it. */
export const serveCommand = ({ serve }: ServeFlags): readonly string[] | undefined =>
  serve ? [process.execPath, ...process.execArgv.map(absolute), process.argv[1] ?? '', 'lab', 'serve'] : undefined;

/** Inside a lab the working folder is another: a module named by a bare word is found from here. */
const absolute = (word: string): string =>
  word.startsWith('-') || word.includes('/') ? word : fileURLToPath(import.meta.resolve(word));

/** `lab plan`: every command, nothing done. Needs no root. */
export function labPlan(flags: InputOptions, io: Io): number {
  io.stdout(printPlan(planLab(openWorld(flags, io))));
  return EXIT.ok;
}

import { planLab, printPlan } from '../../lab/index.ts';
import { EXIT, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import type { InputOptions } from '../options.ts';

export interface LabFlags {
  readonly name: string;
}

/** `lab plan`: every command, nothing done. Needs no root. */
export function labPlan(flags: InputOptions, io: Io): number {
  io.stdout(printPlan(planLab(openWorld(flags, io))));
  return EXIT.ok;
}

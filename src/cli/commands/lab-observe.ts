import { readFileSync } from 'node:fs';
import {
  COMPILED_FILE,
  enterSandbox,
  insideLab,
  kernelPlane,
  netnsPath,
  type ObservedLab,
  Unavailable,
} from '../../lab/index.ts';
import { exitCodeOf } from '../../trace/index.ts';
import { readWorld, type World } from '../../world/index.ts';
import { answerOn, questionOf } from '../answer.ts';
import { type FoundLab, findLab } from '../find-lab.ts';
import { CommandError, EXIT, type Io } from '../io.ts';
import type { FlowFlags } from '../options.ts';
import type { LabFlags } from './lab.ts';
import { type CaptureFlags, captured, refuseFile } from './lab-capture.ts';
import { print, type TraceFlags } from './trace.ts';

export type ObserveFlags = LabFlags & FlowFlags & CaptureFlags & Pick<TraceFlags, 'output' | 'steps'>;

/** `lab observe FROM TO`: sends one probe in a lab that is up, and tells what its kernel did with it. */
export async function labObserve(from: string, to: string, flags: ObserveFlags, io: Io): Promise<number> {
  refuseFile(flags);
  const { world, lab } = observedLab(findLab(flags.name));
  enterSandbox();
  const result = await captured(lab, flags.pcap, io, async () => {
    const plane = kernelPlane(world, lab, { served: true });
    try {
      return await answerOn(world, questionOf(from, to, flags), plane);
    } catch (error) {
      throw error instanceof Unavailable ? new CommandError(error.message, EXIT.unavailable) : error;
    } finally {
      plane.close();
    }
  });
  io.stdout(print(result, flags, io));
  return exitCodeOf(result.verdict);
}

/** A lab with the World it was made of. */
export function observedLab({ holder, record }: FoundLab): { readonly world: World; readonly lab: ObservedLab } {
  const text = readFileSync(insideLab(holder.pid, COMPILED_FILE), 'utf8');
  const files = new Map(JSON.parse(text) as [string, string][]); // written by lab up
  return {
    world: readWorld(files).value,
    lab: { plan: record.plan, netnsPath: (netns) => netnsPath(holder, netns) },
  };
}

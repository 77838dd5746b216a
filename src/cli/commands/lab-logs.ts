import { insideLab, LOG_FILE } from '../../lab/index.ts';
import { findLab, findNetns } from '../find-lab.ts';
import { readHeard } from '../heard-log.ts';
import { EXIT, type Io } from '../io.ts';
import type { LabFlags } from './lab.ts';

/** `lab logs [WHERE]`: what the lab's programs logged, oldest first: nginx's access lines, and a few words for the rest. */
export function labLogs(where: string | undefined, flags: LabFlags, io: Io): number {
  const { holder, record } = findLab(flags.name);
  const only = where === undefined ? undefined : findNetns(record.plan, where).label;
  for (const { netns, line } of readHeard(insideLab(holder.pid, LOG_FILE))) {
    if (only === undefined) io.stdout(`${netns}  ${line}\n`);
    else if (netns === only) io.stdout(`${line}\n`);
  }
  return EXIT.ok;
}

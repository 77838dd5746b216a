import { readFileSync } from 'node:fs';
import { findHolder, type Heard, type HolderIdentity, insideLab, LOG_FILE } from '../../lab/index.ts';
import { CommandError, EXIT, type Io } from '../io.ts';
import type { LabFlags } from './lab.ts';

/** `lab logs [WHERE]`: what the lab's programs logged, oldest first: nginx's access lines, and a few words for the rest. */
export function labLogs(where: string | undefined, flags: LabFlags, io: Io): number {
  const holder = findHolder(flags.name);
  if (holder === undefined)
    throw new CommandError(`No lab "${flags.name}" is up; make one with "packetwalk lab up -f ..."`, EXIT.failed);
  for (const heard of readHeard(holder)) {
    if (where === undefined) io.stdout(`${heard.netns}  ${heard.line}\n`);
    else if (heard.netns === where || heard.netns.startsWith(`${where}-`)) io.stdout(`${heard.line}\n`);
  }
  return EXIT.ok;
}

/** Every request the lab's programs have logged, oldest first. */
export const readHeard = ({ pid }: HolderIdentity): readonly Heard[] =>
  readLog(insideLab(pid, LOG_FILE))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Heard); // only this program writes it

function readLog(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

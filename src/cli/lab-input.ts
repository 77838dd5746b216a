import { readFileSync } from 'node:fs';
import type { KnobSetting } from '../cluster/index.ts';
import { type HolderIdentity, insideLab } from '../lab/index.ts';
import type { InputFile } from '../load/index.ts';

/** What a lab was made of, kept in its own file system: who changes it later starts from the same texts. */
export interface LabInput {
  readonly files: readonly InputFile[];
  readonly sets: readonly KnobSetting[];
}

const INPUT_FILE = '/var/run/packetwalk/input.json';

export const saveInput = (write: (path: string, text: string) => void, { files, sets }: LabInput): void =>
  write(INPUT_FILE, JSON.stringify({ files, sets }));

/** Undefined for a lab that no "lab up" made. */
export function readLabInput({ pid }: HolderIdentity): LabInput | undefined {
  try {
    return JSON.parse(readFileSync(insideLab(pid, INPUT_FILE), 'utf8')) as LabInput; // only this program writes it
  } catch {
    return undefined;
  }
}

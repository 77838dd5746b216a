import { closeSync, linkSync, lstatSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabPlan } from '../plan/types.ts';
import { Unavailable } from './ffi/errors.ts';
import { abi, check, libc } from './ffi/index.ts';
import { type HolderIdentity, isAlive } from './holder.ts';
import { orNoRoom } from './no-room.ts';
import { insideLab } from './real-executor.ts';
import type { ServingReport } from './serving.ts';

/** What a lab says of itself, kept in its own file system: it cannot outlive the lab. */
export interface LabRecord {
  readonly name: string;
  readonly world: string;
  readonly since: string;
  readonly plan: LabPlan;
  /** The process behind the lab's sockets; absent where nothing is served. */
  readonly serving?: ServingReport;
}

export const RECORD_FILE = '/var/run/packetwalk/lab.json';

const ELSEWHERE = 'set XDG_RUNTIME_DIR to a folder with room';

/** Where the numbers of running labs are kept: the user's own folder, which nobody else may write. */
function stateFolder(): string {
  const uid = process.getuid?.() ?? 0;
  const own = process.env['XDG_RUNTIME_DIR'];
  const folder = own === undefined || own === '' ? join(tmpdir(), `packetwalk-${uid}`) : join(own, 'packetwalk');
  orNoRoom(folder, ELSEWHERE, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o022) !== 0)
    throw new Unavailable('a folder of its own', `"${folder}" belongs to somebody else; set XDG_RUNTIME_DIR`);
  return folder;
}

const fileOf = (name: string): string => join(stateFolder(), `${name}.json`);

/**
 * Claims a name for a lab; false when a lab that runs has it. What a dead one left is swept. A claim is there at once with all
 * it says (link(2) of a complete file), or not at all.
 */
export function claimName(name: string, holder: HolderIdentity): boolean {
  const file = fileOf(name);
  // No lab's name begins with a dot.
  const draft = join(stateFolder(), '.claim');
  return withNames(() => {
    if (sweptUnlessAlive(file) !== undefined) return false;
    try {
      orNoRoom(file, ELSEWHERE, () => writeFileSync(draft, `${JSON.stringify(holder)}\n`, { mode: 0o600 }));
      orNoRoom(file, ELSEWHERE, () => linkSync(draft, file));
      return true;
    } finally {
      rmSync(draft, { force: true });
    }
  });
}

/** Nobody else claims, sweeps or releases a name meanwhile: the lock is the kernel's, on the folder (flock(2)). */
function withNames<T>(act: () => T): T {
  const fd = openSync(stateFolder(), 'r');
  try {
    check(libc().flock(fd, abi.LOCK_EX), 'lock the names of labs');
    return act();
  } finally {
    closeSync(fd);
  }
}

/** Whoever a file speaks of, if it runs; else the file is taken away. Only where nobody is about to write it. */
function sweptUnlessAlive(file: string): HolderIdentity | undefined {
  const found = readHolder(file);
  if (found !== undefined && isAlive(found)) return found;
  rmSync(file, { force: true });
  return undefined;
}

/** The process that holds the lab of this name, when it runs. */
export function findHolder(name: string): HolderIdentity | undefined {
  const file = fileOf(name);
  const found = readHolder(file);
  if (found === undefined || isAlive(found)) return found;
  // What was read may be another's claim by now.
  return withNames(() => sweptUnlessAlive(file));
}

/** Gives the name of a lab back that has ended; not one that somebody has claimed since. */
export function releaseName(name: string, { pid, start }: HolderIdentity): void {
  const file = fileOf(name);
  withNames(() => {
    const found = readHolder(file);
    if (found?.pid === pid && found.start === start) rmSync(file, { force: true });
  });
}

function readHolder(file: string): HolderIdentity | undefined {
  try {
    return readIdentity(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function readIdentity(text: string): HolderIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('start' in value)) return undefined;
    const { pid, start } = value;
    return Number.isInteger(pid) && Number.isInteger(start) && Number(pid) > 1
      ? { pid: Number(pid), start: Number(start) }
      : undefined;
  } catch {
    return undefined;
  }
}

/** What the lab says of itself; undefined while it is still being made. */
export function readRecord({ pid }: HolderIdentity): LabRecord | undefined {
  try {
    return JSON.parse(readFileSync(insideLab(pid, RECORD_FILE), 'utf8')) as LabRecord; // only this program writes it
  } catch {
    return undefined;
  }
}

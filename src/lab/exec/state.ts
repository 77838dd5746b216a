import { closeSync, lstatSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabPlan } from '../plan/types.ts';
import { Unavailable } from './ffi/errors.ts';
import { type HolderIdentity, isAlive } from './holder.ts';
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

/** Where the numbers of running labs are kept: the user's own folder, which nobody else may write. */
function stateFolder(): string {
  const uid = process.getuid?.() ?? 0;
  const own = process.env['XDG_RUNTIME_DIR'];
  const folder = own === undefined || own === '' ? join(tmpdir(), `packetwalk-${uid}`) : join(own, 'packetwalk');
  orNoRoom(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o022) !== 0)
    throw new Unavailable('a folder of its own', `"${folder}" belongs to somebody else; set XDG_RUNTIME_DIR`);
  return folder;
}

const fileOf = (name: string): string => join(stateFolder(), `${name}.json`);

/** Claims a name for a lab; false when a lab that runs has it. What a dead one left is swept. */
export function claimName(name: string, holder: HolderIdentity): boolean {
  if (findHolder(name) !== undefined) return false;
  const file = fileOf(name);
  let fd: number;
  try {
    fd = orNoRoom(file, () => openSync(file, 'wx', 0o600));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  try {
    orNoRoom(file, () => writeSync(fd, `${JSON.stringify(holder)}\n`));
    return true;
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** A disk that takes nothing more, or no writing at all, is the machine's matter. */
function orNoRoom<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException; // what node:fs throws
    if (!['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'].includes(code)) throw error;
    const reason = message.replace(/, \w+(?: '.*')?$/, '');
    throw new Unavailable(`room for "${path}"`, `${reason}; set XDG_RUNTIME_DIR to a folder with room`);
  }
}

/** The process that holds the lab of this name, when it runs. */
export function findHolder(name: string): HolderIdentity | undefined {
  const file = fileOf(name);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const found = readIdentity(text);
  if (found !== undefined && isAlive(found)) return found;
  rmSync(file, { force: true });
  return undefined;
}

export function releaseName(name: string): void {
  rmSync(fileOf(name), { force: true });
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

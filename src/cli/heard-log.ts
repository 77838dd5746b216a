import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { Heard } from '../lab/index.ts';

/** What a lab's programs have logged, one JSON line a request, in the lab's own file system. */

/** Bytes of a log: when there are more, only the newest half is kept. */
const MOST_LOGGED = 64 << 20;

/** Adds one request to a log. A reader sees the log before or after its older part went, nothing between. */
export function appendHeard(path: string, heard: Heard, most = MOST_LOGGED): void {
  appendFileSync(path, `${JSON.stringify(heard)}\n`);
  const { size } = statSync(path);
  if (size <= most) return;
  const tail = readFrom(path, size - Math.floor(most / 2), size);
  const whole = tail.subarray(tail.indexOf('\n') + 1); // the first line may have lost its beginning
  writeFileSync(`${path}.new`, whole);
  renameSync(`${path}.new`, path);
}

/** Every request in a log, oldest first; none while there is no log. */
export const readHeard = (path: string): readonly Heard[] =>
  readLog(path)
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

function readFrom(path: string, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  const file = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
  } finally {
    closeSync(file);
  }
}

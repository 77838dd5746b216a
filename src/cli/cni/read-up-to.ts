import { readSync } from 'node:fs';

/** The text a descriptor gives to its end, read no further than one byte past `limit`: what is longer is refused by its length. */
export function readUpTo(fd: number, limit: number): string {
  const bytes = Buffer.alloc(limit + 1);
  let length = 0;
  while (length <= limit) {
    const count = readOrWait(fd, bytes, length);
    if (count === 0) break;
    length += count;
  }
  return bytes.toString('utf8', 0, length);
}

/** A pipe whose other end is slow has nothing yet where it was made non-blocking (read(2), EAGAIN). */
function readOrWait(fd: number, into: Buffer, offset: number): number {
  for (;;) {
    try {
      return readSync(fd, into, offset, into.length - offset, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException; // what node:fs throws
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

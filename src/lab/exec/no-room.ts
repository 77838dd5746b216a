import { Unavailable } from './ffi/errors.ts';

/** What a disk says that takes nothing more, or no writing at all (open(2), write(2)). */
const REASONS: readonly string[] = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'];

/** Writes, or says that there is no room at `path` and what to do: that is the machine's matter. */
export function orNoRoom<T>(path: string, hint: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException; // what node:fs throws
    if (!REASONS.includes(code)) throw error;
    const reason = message.replace(/, \w+(?: '.*')?$/, '');
    throw new Unavailable(`room for "${path}"`, `${reason}; ${hint}`);
  }
}

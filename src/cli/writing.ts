import { CommandError, EXIT } from './io.ts';

/** A file system that says no is the user's to know, in one line; `flag` is what names the folder. */
export function writing<T>(target: string, flag: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    throw new CommandError(`Cannot write "${target}": ${code}; name a folder you may create with ${flag}`, EXIT.usage);
  }
}

/** A call the kernel refused. `errno` is the C value, `code` its name. */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly call: string;
  readonly errno: number;
  readonly code: string;

  constructor(call: string, errno: number, code: string) {
    super(`Cannot ${call}: ${code} (${errno})`);
    this.call = call;
    this.errno = errno;
    this.code = code;
  }
}

/** This machine lacks something the kernel plane needs: what, and how to get it. Not a bug and not bad input. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly missing: string;
  readonly hint: string;

  constructor(missing: string, hint: string) {
    super(`The kernel plane needs ${missing}: ${hint}`);
    this.missing = missing;
    this.hint = hint;
  }
}

/** Our bug, not the user's: nobody catches it but the command line, which exits 70. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Closes a `switch` over a union: a new member stops compiling here. */
export function assertNever(value: never, what = 'value'): never {
  throw new InvariantError(`Unexpected ${what}: ${JSON.stringify(value)}`);
}

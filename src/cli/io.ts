import pc from 'picocolors';
import { plain, type Style } from '../render/index.ts';

/** The process as a command sees it: tests pass their own. Results go to stdout only, everything else to stderr. */
export interface Io {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly style: Style;
  /** stdin, read to its end. */
  readonly stdin: () => string;
}

export function styleFor(color: boolean): Style {
  if (!color) return plain;
  const { green, red, bold, dim } = pc.createColors(true);
  return { good: green, bad: red, strong: bold, faint: dim };
}

/** Exit codes (a contract): 0 delivered, 1 failed or mixed, 2 bad input or usage, 3 unknown, 69 environment, 70 our bug. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unknown: 3, unavailable: 69, bug: 70 } as const;

/** A command's way out with a message for stderr and no stack trace. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.usage) {
    super(message);
    this.exitCode = exitCode;
  }
}

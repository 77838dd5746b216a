import { CommanderError } from 'commander';
import { InvariantError } from '../base/index.ts';
import { Unavailable } from '../lab/index.ts';
import { CommandError, EXIT, type Io } from './io.ts';
import { createProgram } from './program.ts';
import { version } from './version.ts';

/** Runs one command line and gives its exit code. The only place that catches: a user never sees a stack trace. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let code: number = EXIT.ok;
  const program = createProgram(io, (ended) => {
    code = ended;
  });
  if (args.length === 0) {
    io.stdout(program.helpInformation());
    return EXIT.usage;
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, io);
  }
}

function explain(error: unknown, io: Io): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CommandError) {
    io.stderr(`${io.style.bad('packetwalk')}: ${error.message}\n`);
    return error.exitCode;
  }
  if (error instanceof Unavailable) {
    io.stderr(`${io.style.bad('packetwalk')}: ${error.message}\n`);
    return EXIT.unavailable;
  }
  const message = error instanceof Error ? error.message : String(error);
  const what = error instanceof InvariantError ? 'an invariant does not hold' : 'an unexpected error';
  io.stderr(`packetwalk ${version}: our bug, ${what}: ${message}\n`);
  io.stderr('Please report it with the command line, the input if you can share it, and this trace:\n');
  if (error instanceof Error && error.stack !== undefined)
    io.stderr(`${error.stack.split('\n').slice(1, 6).join('\n')}\n`);
  return EXIT.bug;
}

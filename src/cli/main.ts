#!/usr/bin/env node
import { forTerminal } from '../base/index.ts';
import { readUpTo } from './cni/read-up-to.ts';
import { styleFor } from './io.ts';
import { STDIN_LIMIT } from './read-input.ts';
import { run } from './run.ts';

const args = process.argv.slice(2);
const wantsColor =
  process.env['NO_COLOR'] === undefined && !args.includes('--no-color') && process.stdout.isTTY === true;
/** Files and pipes get every octet; on a terminal, names of others do nothing but be read. */
const writerTo =
  (stream: NodeJS.WriteStream) =>
  (text: string): void =>
    void stream.write(stream.isTTY === true ? forTerminal(text) : text);

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `packetwalk ... | head` closes the pipe early: that is an end, not a failure.
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`packetwalk: cannot write the result: ${error.message}\n`);
  process.exit(69);
});
process.exitCode = await run(
  args.filter((arg) => arg !== '--no-color'),
  {
    stdout: writerTo(process.stdout),
    stderr: writerTo(process.stderr),
    style: styleFor(wantsColor),
    stdin: () => readUpTo(0, STDIN_LIMIT),
  },
);

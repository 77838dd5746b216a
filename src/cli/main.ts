#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { styleFor } from './io.ts';
import { run } from './run.ts';

const args = process.argv.slice(2);
const wantsColor =
  process.env['NO_COLOR'] === undefined && !args.includes('--no-color') && process.stdout.isTTY === true;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `packetwalk ... | head` closes the pipe early: that is an end, not a failure.
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`packetwalk: cannot write the result: ${error.message}\n`);
  process.exit(69);
});
process.exitCode = await run(
  args.filter((arg) => arg !== '--no-color'),
  {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    style: styleFor(wantsColor),
    stdin: () => readFileSync(0, 'utf8'),
  },
);

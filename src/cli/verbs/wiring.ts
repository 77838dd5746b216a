import { type Command, Option } from 'commander';
import type { Io } from '../io.ts';

/** How a verb's action prints, and whom it tells the exit code it ends with. */
export interface Wiring {
  readonly io: Io;
  run<A extends unknown[]>(action: (...args: A) => number | Promise<number>): (...args: A) => Promise<void>;
}

export const wiring = (io: Io, done: (code: number) => void): Wiring => ({
  io,
  run:
    (action) =>
    async (...args) =>
      done(await action(...args)),
});

export const ENDS = `
FROM and TO: pod/NS/NAME, deploy/NS/NAME, svc/NS/NAME[:PORT], node/NAME[:PORT], host/NAME[:PORT],
lb/NAME[@ZONE][:PORT], apiserver (of pods its interfaces in the VPC, of others its endpoint), internet[/IP], IP[:PORT] (IPv6 in brackets), a DNS name or a URL.`;

/** Command lines as the help of a verb ends with them. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;

/** `-o` in one of these formats; the first unless said. */
export const withOutput = (command: Command, ...formats: readonly [string, ...string[]]): Command =>
  command.addOption(new Option('-o, --output <format>', 'how to print').choices(formats).default(formats[0]));

export const withSteps = (command: Command): Command =>
  command.addOption(
    new Option('--steps <which>', 'text: tell a healthy reply step by step too')
      .choices(['telling', 'all'])
      .default('telling'),
  );

import { Command } from 'commander';
import { completion } from './commands/completion.ts';
import { schema } from './commands/schema.ts';
import type { Io } from './io.ts';
import { addLabVerbs } from './verbs/lab-verbs.ts';
import { addStateVerbs } from './verbs/state-verbs.ts';
import { addWalkVerbs } from './verbs/walk-verbs.ts';
import { type Wiring, wiring } from './verbs/wiring.ts';
import { version } from './version.ts';

/** Every verb with its options and examples, in the order of the help. `done` receives the exit code a verb ends with. */
export function createProgram(io: Io, done: (code: number) => void): Command {
  const program = new Command('packetwalk')
    .description(
      'Where does this packet go on Amazon EKS, what does the far end see, and how does the reply come back?',
    )
    .version(version, '-V, --version')
    .option('--no-color', 'plain text, as NO_COLOR does')
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .showHelpAfterError('(packetwalk --help lists the verbs)')
    .exitOverride();
  const wires = wiring(io, done);
  addWalkVerbs(program, wires);
  addStateVerbs(program, wires);
  addLabVerbs(program, wires);
  addSelfVerbs(program, wires);
  return program;
}

/** What the program says of itself. */
function addSelfVerbs(program: Command, { io, run }: Wiring): void {
  program
    .command('schema')
    .description('JSON Schema of our own kinds and of trace -o json')
    .argument('[kind]', 'one of them')
    .exitOverride()
    .action(run((kind) => schema(kind, io)));
  program
    .command('version')
    .description('print the version')
    .exitOverride()
    .action(
      run(() => {
        io.stdout(`packetwalk ${version}\n`);
        return 0;
      }),
    );
  program
    .command('completion')
    .description('a completion script')
    .argument('<shell>', 'bash, zsh or fish')
    .exitOverride()
    .action(run((shell) => completion(shell, program, io)));
}

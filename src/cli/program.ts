import { Command } from 'commander';
import { MOST_CONFIG } from '../cni/index.ts';
import { cni } from './cni/cni.ts';
import { readUpTo } from './cni/read-up-to.ts';
import { completion } from './commands/completion.ts';
import { schema } from './commands/schema.ts';
import type { Io } from './io.ts';
import { addLabVerbs } from './verbs/lab-verbs.ts';
import { addStateVerbs } from './verbs/state-verbs.ts';
import { addWalkVerbs } from './verbs/walk-verbs.ts';
import { examples, type Wiring, wiring } from './verbs/wiring.ts';
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
  addCniVerb(program, wires);
  addSelfVerbs(program, wires);
  return program;
}

/** What a container runtime starts. */
function addCniVerb(program: Command, { io, run }: Wiring): void {
  program
    .command('cni')
    .description(
      "be the network plugin of a lab's node: a container runtime's contract, in the environment and on stdin",
    )
    .exitOverride()
    .addHelpText(
      'after',
      `
Reads CNI_COMMAND (ADD, DEL, CHECK, GC, STATUS, VERSION) and its siblings, and the network configuration on stdin:
  { "cniVersion": "1.0.0", "name": "packetwalk", "type": "packetwalk-cni", "lab": "lab", "node": "ip-10-0-0-75" }
The answer is one JSON object on stdout. "packetwalk-cni" is the same as a program of its own.
${examples(
  'packetwalk lab up -f examples/article',
  'ip netns add web',
  'CNI_COMMAND=ADD CNI_CONTAINERID=web1 CNI_NETNS=/run/netns/web CNI_IFNAME=eth0 CNI_ARGS="K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web" packetwalk cni < 10-packetwalk.conf',
  'packetwalk lab exec pod/shop/web -- ip addr',
)}`,
    )
    .action(
      run(async () => {
        const { code, stdout } = await cni(process.env, () => readUpTo(0, MOST_CONFIG), Date.now);
        io.stdout(stdout);
        return code;
      }),
    );
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

import { Command, InvalidArgumentError, Option } from 'commander';
import { compile } from './commands/compile.ts';
import { completion } from './commands/completion.ts';
import { demo } from './commands/demo.ts';
import { flows } from './commands/flows.ts';
import { type LabFlags, labPlan } from './commands/lab.ts';
import { labExec, labRun } from './commands/lab-exec.ts';
import { labLogs } from './commands/lab-logs.ts';
import { labObserve, type ObserveFlags } from './commands/lab-observe.ts';
import { labProof } from './commands/lab-proof.ts';
import { labServe } from './commands/lab-serve.ts';
import { labDown, labStatus, labUp } from './commands/lab-up.ts';
import { schema } from './commands/schema.ts';
import { SHOWABLE, show } from './commands/show.ts';
import { sources } from './commands/sources.ts';
import { curl, ping, traceroute } from './commands/tools.ts';
import { type TraceFlags, trace } from './commands/trace.ts';
import { CommandError, type Io } from './io.ts';
import { withFlow, withInput, withWalk } from './options.ts';
import { version } from './version.ts';

const ENDS = `
FROM and TO: pod/NS/NAME, deploy/NS/NAME, svc/NS/NAME[:PORT], node/NAME[:PORT], host/NAME[:PORT],
apiserver, internet[/IP], IP[:PORT] (IPv6 in brackets), a DNS name or a URL.`;

/** Every verb with its options and examples. \`done\` receives the exit code a verb ends with. */
export function createProgram(io: Io, done: (code: number) => void): Command {
  const program = new Command('packetwalk');
  const run =
    <A extends unknown[]>(action: (...args: A) => number | Promise<number>) =>
    async (...args: A): Promise<void> =>
      done(await action(...args));
  program
    .description(
      'Where does this packet go on Amazon EKS, what does the far end see, and how does the reply come back?',
    )
    .version(version, '-V, --version')
    .option('--no-color', 'plain text, as NO_COLOR does')
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .showHelpAfterError('(packetwalk --help lists the verbs)')
    .exitOverride();

  const addWalk = (name: string, summary: string, examples: readonly string[]): Command =>
    withWalk(
      program
        .command(name)
        .description(summary)
        .argument(name === 'trace' ? '[from]' : '<from>', 'who sends')
        .argument(name === 'trace' ? '[to]' : '<to>', 'to whom'),
    )
      .addHelpText(
        'after',
        `${ENDS}\n\nExamples:\n${examples.map((example) => `  $ packetwalk ${example}`).join('\n')}`,
      )
      .exitOverride();

  addWalk('trace', 'walk a packet there and its reply back, with the evidence for every step', [
    'trace -f examples/article pod/packetlab/toolbox-a svc/packetlab/echo-clusterip:80',
    'trace -f cluster.yaml -f live.json pod/shop/web internet --set AWS_VPC_K8S_CNI_EXTERNALSNAT=true',
    'trace -f examples/article pod/packetlab/toolbox-a svc/packetlab/echo-clusterip:80 --plane both',
  ])
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json', 'mermaid']).default('text'))
    .option('--flows <file>', 'walk a Flows document instead: several flows on one clock and one connection state')
    .addOption(
      new Option('--steps <which>', 'text: tell a healthy reply step by step too')
        .choices(['telling', 'all'])
        .default('telling'),
    )
    .action(run((from, to, flags) => traceOrFlows(from, to, flags, io)));
  addWalk('ping', 'the walk as ping prints it from inside the sender', [
    'ping -f examples/article pod/packetlab/toolbox-a 10.0.2.29',
  ])
    .option('--ttl <hops>', 'initial TTL', readCount)
    .action(run((from, to, flags) => ping(from, to, flags, io)));
  addWalk('traceroute', 'who answers each TTL', [
    'traceroute -f examples/article pod/packetlab/toolbox-a svc/packetlab/echo-clusterip --proto icmp',
  ])
    .option('--max-hops <n>', 'largest TTL tried', readCount, 30)
    .action(run((from, to, flags) => traceroute(from, to, flags, io)));
  addWalk('curl', "the answer's body as the far end's program writes it", [
    'curl -f examples/article pod/packetlab/toolbox-a http://echo-clusterip',
  ]).action(run((from, to, flags) => curl(from, to, flags, io)));

  withInput(
    program
      .command('show')
      .description("a node's or pod's state as the real tool prints it")
      .argument('<where>', 'pod/NS/NAME, node/NAME or host/NAME')
      .argument('<what>', SHOWABLE.join(', ')),
  )
    .option('--table <table>', 'route: one routing table; iptables, ip6tables: list one table as iptables -L -n does')
    .option('--chain <chain>', 'iptables, ip6tables: one chain of that table')
    .option(
      '--after <from=to>',
      'conntrack: walk this first (repeatable)',
      (value: string, previous: string[]) => [...previous, value],
      [],
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ packetwalk show -f examples/article node/ip-10-0-0-75.ec2.internal rule\n  $ packetwalk show -f examples/article node/ip-10-0-0-75.ec2.internal conntrack --after pod/packetlab/toolbox-a=svc/packetlab/echo-clusterip:80',
    )
    .exitOverride()
    .action(run((where, what, flags) => show(where, what, flags, io)));
  withInput(program.command('sources').description('the matrix of who sees whom as what'))
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .exitOverride()
    .action(run((flags) => sources(flags, io)));
  withInput(
    program
      .command('compile')
      .description('write the World: one folder per namespace, with the files a person would collect from a node'),
  )
    .requiredOption('-o, --output <dir>', 'folder to write')
    .exitOverride()
    .action(run((flags) => compile(flags, io)));
  program
    .command('demo')
    .description("the article's cluster: its eight experiments and what was verified, beside what the article printed")
    .option('--lab', "run each command on this machine's kernel as well, in namespaces of its own (root, Linux)", false)
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExamples:\n  $ packetwalk demo\n  $ sudo packetwalk demo --lab')
    .exitOverride()
    .action(run((flags) => demo(flags, io)));
  addLab(program, io, done);
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
  return program;
}

/** The lab: the same World on the real kernel. */
function addLab(program: Command, io: Io, done: (code: number) => void): void {
  const lab = program
    .command('lab')
    .description('the same cluster on the real Linux kernel (root, Linux)')
    .exitOverride();
  const run =
    <A extends unknown[]>(action: (...args: A) => number | Promise<number>) =>
    async (...args: A): Promise<void> =>
      done(await action(...args));
  const named = (command: Command): Command =>
    command.option('--name <name>', 'which lab', readName, 'lab').exitOverride();
  const examples = (...lines: readonly string[]): string =>
    `\nExamples:\n${lines.map((line) => `  $ packetwalk lab ${line}`).join('\n')}`;
  const served = (command: Command): Command => command.option('--no-serve', 'nothing listens on its sockets');
  served(named(withInput(lab.command('up').description('put the cluster on this kernel, until "lab down"'))))
    .addHelpText('after', examples('up -f examples/article', 'exec pod/packetlab/toolbox-a -- ip route', 'down'))
    .action(run((flags) => labUp(flags, io)));
  named(lab.command('down').description('end a lab and everything in it')).action(run((flags) => labDown(flags, io)));
  named(lab.command('status').description('what is up')).action(run((flags) => labStatus(flags, io)));
  withInput(lab.command('plan').description('every command "lab up" would run; nothing is done, no root needed'))
    .exitOverride()
    .addHelpText('after', examples('plan -f examples/article'))
    .action(run((flags) => labPlan(flags, io)));
  named(lab.command('exec').description('run a command in a namespace of a lab'))
    .argument('<where>', 'pod/NS/NAME, node/NAME, host/NAME, internet/NAME, vpc/ID, nat-gateway/ID')
    .argument('<command...>', 'the command, after --')
    .addHelpText('after', examples('exec node/ip-10-0-0-75 -- conntrack -L'))
    .action(run((where: string, command: string[], flags: LabFlags) => labExec(where, command, flags)));
  named(lab.command('logs').description("what the lab's programs logged: access lines, queries"))
    .argument('[where]', 'only there')
    .addHelpText('after', examples('logs host/legacy'))
    .action(run((where: string | undefined, flags: LabFlags) => labLogs(where, flags, io)));
  withFlow(
    named(lab.command('observe').description('send one probe in a lab that is up, and tell what its kernel did')),
  )
    .argument('<from>', 'who sends')
    .argument('<to>', 'to whom')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json', 'mermaid']).default('text'))
    .addOption(
      new Option('--steps <which>', 'text: tell a healthy reply step by step too')
        .choices(['telling', 'all'])
        .default('telling'),
    )
    .option('--pcap <dir>', "write every link's packets into this folder, one file a device")
    .addHelpText('after', `${ENDS}\n${examples('observe pod/packetlab/toolbox-a svc/packetlab/echo-clusterip:80')}`)
    .action(run((from: string, to: string, flags: ObserveFlags) => labObserve(from, to, flags, io)));
  withInput(
    lab
      .command('proof')
      .description('walk every pod to every port of your cluster, in the model and on this kernel, and compare')
      .addHelpText(
        'after',
        `
Senders are pods, nodes and declared hosts; destinations every Service port, every node port on every node, pods, nodes,
the API server, declared hosts and the internet. Rules, routes, headers, connections and ends are compared, there and back.
Exit 0: no difference; 1: a difference, explained; 3: none, but something neither can tell, counted and named.
${examples('proof -f examples/article', 'proof -f cluster.yaml --cases 500 --seed 7 -o json')}`,
      ),
  )
    .option('--cases <n>', 'at most so many walks, drawn from all of them', readCases, MOST_CASES)
    .option('--seed <n>', 'which ones are drawn', readSeed, 1)
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .exitOverride()
    .action(run((flags) => labProof(flags, io)));
  lab
    .command('serve', { hidden: true })
    .exitOverride()
    .action(run(() => labServe(io)));
  served(
    withInput(lab.command('run').description('a lab for as long as a shell script runs; in it, "on WHERE CMD..."')),
  )
    .argument('<script>', 'the script')
    .option('--pcap <dir>', "write every link's packets into this folder, one file a device")
    .exitOverride()
    .addHelpText('after', examples('run -f examples/article experiment.sh'))
    .action(run((script, flags) => labRun(script, flags, io)));
}

/** Some minutes on one core. */
const MOST_CASES = 20_000;

function readCases(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 10_000_000)
    throw new InvalidArgumentError('Expected a number of walks from 1 to 10000000.');
  return count;
}

function readSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a number of at most nine digits.');
  return Number(text);
}

function readName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(text))
    throw new InvalidArgumentError('Expected letters, digits, "-" and "_", at most 32.');
  return text;
}

function traceOrFlows(
  from: string | undefined,
  to: string | undefined,
  flags: TraceFlags & { readonly flows?: string },
  io: Io,
): number | Promise<number> {
  if (flags.flows !== undefined) {
    if (from !== undefined)
      throw new CommandError(`trace takes FROM and TO, or --flows FILE: both "${from}" and --flows are given`);
    if (flags.plane !== 'sim')
      throw new CommandError(
        `--flows has a clock of its own, which the kernel has not: leave out --plane ${flags.plane}`,
      );
    return flows({ ...flags, flows: flags.flows }, io);
  }
  if (from === undefined || to === undefined) throw new CommandError('trace needs FROM and TO, or --flows FILE');
  return trace(from, to, flags, io);
}

function readCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 255) throw new InvalidArgumentError('Expected 1 to 255.');
  return count;
}

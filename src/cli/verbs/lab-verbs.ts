import { type Command, InvalidArgumentError } from 'commander';
import type { PortMapping } from '../cni/plugin-chain.ts';
import { type LabFlags, labPlan } from '../commands/lab.ts';
import { type LabCniFlags, labCni } from '../commands/lab-cni.ts';
import { labExec, labRun } from '../commands/lab-exec.ts';
import { labLogs } from '../commands/lab-logs.ts';
import { labObserve, type ObserveFlags } from '../commands/lab-observe.ts';
import { labProof } from '../commands/lab-proof.ts';
import { labServe } from '../commands/lab-serve.ts';
import { labDown, labStatus, labUp } from '../commands/lab-up.ts';
import { withFlow, withInput } from '../options.ts';
import { ENDS, examples, type Wiring, withOutput, withSteps } from './wiring.ts';

/** `lab VERB`: the same World on the real kernel. */
export function addLabVerbs(program: Command, wiring: Wiring): void {
  const lab = program
    .command('lab')
    .description('the same cluster on the real Linux kernel (root, Linux)')
    .exitOverride();
  addLifeVerbs(lab, wiring);
  addInsideVerbs(lab, wiring);
  addScriptVerb(lab, wiring);
  addCniVerb(lab, wiring);
  addProofVerb(lab, wiring);
}

/** What brings a lab up, tells of it and ends it. */
function addLifeVerbs(lab: Command, { io, run }: Wiring): void {
  served(named(withInput(lab.command('up').description('put the cluster on this kernel, until "lab down"'))))
    .addHelpText(
      'after',
      examples(
        'packetwalk lab up -f examples/article',
        'packetwalk lab exec pod/packetlab/toolbox-a -- ip route',
        'packetwalk lab down',
      ),
    )
    .action(run((flags) => labUp(flags, io)));
  named(lab.command('down').description('end a lab and everything in it')).action(run((flags) => labDown(flags, io)));
  named(lab.command('status').description('what is up')).action(run((flags) => labStatus(flags, io)));
  withInput(lab.command('plan').description('every command "lab up" would run; nothing is done, no root needed'))
    .exitOverride()
    .addHelpText('after', examples('packetwalk lab plan -f examples/article'))
    .action(run((flags) => labPlan(flags, io)));
}

/** What looks into a lab that is up. */
function addInsideVerbs(lab: Command, { io, run }: Wiring): void {
  named(lab.command('exec').description('run a command in a namespace of a lab'))
    .argument('<where>', 'pod/NS/NAME, node/NAME, host/NAME, internet/NAME, vpc/ID, nat-gateway/ID')
    .argument('<command...>', 'the command, after --')
    .addHelpText('after', examples('packetwalk lab exec node/ip-10-0-0-75 -- conntrack -L'))
    .action(run((where: string, command: string[], flags: LabFlags) => labExec(where, command, flags)));
  named(lab.command('logs').description("what the lab's programs logged: access lines, queries"))
    .argument('[where]', 'only there')
    .addHelpText('after', examples('packetwalk lab logs host/legacy'))
    .action(run((where: string | undefined, flags: LabFlags) => labLogs(where, flags, io)));
  const example = 'packetwalk lab observe pod/packetlab/toolbox-a svc/packetlab/echo-clusterip:80';
  withSteps(
    withOutput(
      withFlow(
        named(lab.command('observe').description('send one probe in a lab that is up, and tell what its kernel did')),
      )
        .argument('<from>', 'who sends')
        .argument('<to>', 'to whom'),
      'text',
      'json',
      'mermaid',
    ),
  )
    .option('--pcap <dir>', "write every link's packets into this folder, one file a device")
    .addHelpText('after', `${ENDS}\n${examples(example)}`)
    .action(run((from: string, to: string, flags: ObserveFlags) => labObserve(from, to, flags, io)));
  lab
    .command('serve', { hidden: true })
    .exitOverride()
    .action(run(() => labServe(io)));
}

function addScriptVerb(lab: Command, { io, run }: Wiring): void {
  served(
    withInput(lab.command('run').description('a lab for as long as a shell script runs; in it, "on WHERE CMD..."')),
  )
    .argument('<script>', 'the script')
    .option('--pcap <dir>', "write every link's packets into this folder, one file a device")
    .exitOverride()
    .addHelpText('after', examples('packetwalk lab run -f examples/article experiment.sh'))
    .action(run((script, flags) => labRun(script, flags, io)));
}

function addCniVerb(lab: Command, { io, run }: Wiring): void {
  named(
    lab.command('cni').description('wire a pod of a node with network plugins of others, and write what that makes'),
  )
    .argument('<node>', 'a node of the lab')
    .argument('<pod>', 'NAMESPACE/NAME of the new pod')
    .requiredOption('--conf <file>', 'a network configuration, or a list of plugins as in /etc/cni/net.d')
    .requiredOption('-o, --output <dir>', 'where the World is written')
    .option('--plugins <dir>', "the folder of the plugins' programs", '/usr/lib/cni')
    .option('--publish <host:pod>', 'a port of the node for one of the pod, for plugins with portMappings', addPort, [])
    .addHelpText(
      'after',
      examples(
        'packetwalk lab up -f examples/article',
        'packetwalk lab cni ip-10-0-0-75 shop/web --conf examples/article/cni/ptp-portmap.conflist --publish 8080:80 -o after',
        'packetwalk trace -f after host/legacy-server 10.0.0.75:8080 --plane both',
      ),
    )
    .action(run((node: string, pod: string, flags: LabCniFlags) => labCni(node, pod, flags, io)));
}

function addProofVerb(lab: Command, { io, run }: Wiring): void {
  const about = 'walk every pod to every port of your cluster, in the model and on this kernel, and compare';
  withOutput(withInput(lab.command('proof').description(about)), 'text', 'json')
    .option('--cases <n>', 'at most so many walks, drawn from all of them', readCases, MOST_CASES)
    .option('--seed <n>', 'which ones are drawn', readSeed, 1)
    .exitOverride()
    .addHelpText(
      'after',
      `
Senders are pods, nodes and declared hosts, and the internet where a load balancer faces it; destinations every Service port,
every listener of a load balancer, every node port on every node, pods, nodes, the API server, declared hosts and the
internet. Rules, routes, headers, connections and ends are compared, there and back.
Exit 0: no difference; 1: a difference, explained; 3: none, but something neither can tell, counted and named.
${examples('packetwalk lab proof -f examples/article', 'packetwalk lab proof -f cluster.yaml --cases 500 --seed 7 -o json')}`,
    )
    .action(run((flags) => labProof(flags, io)));
}

const named = (command: Command): Command =>
  command.option('--name <name>', 'which lab', readName, 'lab').exitOverride();

const served = (command: Command): Command => command.option('--no-serve', 'nothing listens on its sockets');

/** Some minutes on one core. */
const MOST_CASES = 20_000;

function readCases(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 10_000_000)
    throw new InvalidArgumentError('Expected a number of walks from 1 to 10000000.');
  return count;
}

function addPort(text: string, others: readonly PortMapping[]): readonly PortMapping[] {
  const [, host, pod, protocol = 'tcp'] = /^(\d{1,5}):(\d{1,5})(?:\/(tcp|udp))?$/.exec(text) ?? [];
  const [hostPort, containerPort] = [Number(host), Number(pod)];
  const isPort = (port: number): boolean => port >= 1 && port <= 65535;
  if (!isPort(hostPort) || !isPort(containerPort) || (protocol !== 'tcp' && protocol !== 'udp'))
    throw new InvalidArgumentError('Expected HOST:POD, two ports, such as 8080:80 or 53:53/udp.');
  return [...others, { hostPort, containerPort, protocol }];
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

import { type Command, InvalidArgumentError } from 'commander';
import { flows } from '../commands/flows.ts';
import { curl, ping, traceroute } from '../commands/tools.ts';
import { type TraceFlags, trace } from '../commands/trace.ts';
import { CommandError, type Io } from '../io.ts';
import { type Tool, withWalk } from '../options.ts';
import { ENDS, examples, type Wiring, withOutput, withSteps } from './wiring.ts';

/** The verbs that walk a packet: trace, and what ping, traceroute and curl would print of it. */
export function addWalkVerbs(program: Command, { io, run }: Wiring): void {
  withSteps(
    withOutput(
      addWalk(
        'trace',
        program.command('trace').argument('[from]', 'who sends').argument('[to]', 'to whom'),
        'walk a packet there and its reply back, with the evidence for every step',
        'packetwalk trace -f examples/article pod/packetlab/toolbox-a svc/packetlab/echo-clusterip:80',
        'packetwalk trace -f cluster.yaml -f live.json pod/shop/web internet --set AWS_VPC_K8S_CNI_EXTERNALSNAT=true',
        'packetwalk trace -f examples/article pod/packetlab/toolbox-a svc/packetlab/echo-clusterip:80 --plane both',
      ),
      'text',
      'json',
      'mermaid',
    ).option('--flows <file>', 'walk a Flows document instead: several flows on one clock and one connection state'),
  ).action(run((from, to, flags) => traceOrFlows(from, to, flags, io)));
  const tool = (name: Tool, summary: string, example: string): Command =>
    addWalk(name, program.command(name).argument('<from>', 'who sends').argument('<to>', 'to whom'), summary, example);
  tool(
    'ping',
    'the walk as ping prints it from inside the sender',
    'packetwalk ping -f examples/article pod/packetlab/toolbox-a 10.0.2.29',
  )
    .option('--ttl <hops>', 'initial TTL', readCount)
    .action(run((from, to, flags) => ping(from, to, flags, io)));
  tool(
    'traceroute',
    'who answers each TTL',
    'packetwalk traceroute -f examples/article pod/packetlab/toolbox-a svc/packetlab/echo-clusterip --proto icmp',
  )
    .option('--max-hops <n>', 'largest TTL tried', readCount, 30)
    .action(run((from, to, flags) => traceroute(from, to, flags, io)));
  tool(
    'curl',
    "the answer's body as the far end's program writes it",
    'packetwalk curl -f examples/article pod/packetlab/toolbox-a http://echo-clusterip',
  ).action(run((from, to, flags) => curl(from, to, flags, io)));
}

const addWalk = (tool: Tool, command: Command, summary: string, ...lines: readonly string[]): Command =>
  withWalk(command.description(summary), tool)
    .addHelpText('after', `${ENDS}\n${examples(...lines)}`)
    .exitOverride();

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

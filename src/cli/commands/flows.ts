import { resolve } from 'node:path';
import { absentText, assembleResult, countSharing, probeFor, type Question, readEnds } from '../../ask/index.ts';
import type { Cluster, FlowSpec } from '../../cluster/index.ts';
import { parseProtocol } from '../../net/index.ts';
import { renderJson, renderMermaidList, renderText } from '../../render/index.ts';
import { type Bound, diceFor, openSession, type Session, simDataPlane } from '../../sim/index.ts';
import { exitCodeOf, type Probe, type RoundTrip, type TraceResult, type TraceResultList } from '../../trace/index.ts';
import type { ChoicePolicy, Dice, World } from '../../world/index.ts';
import { CommandError, type Io } from '../io.ts';
import { openInput } from '../open-world.ts';
import type { InputOptions } from '../options.ts';
import { resolveOnSim } from '../planes.ts';

export interface FlowsFlags extends InputOptions {
  readonly flows: string;
  readonly output: 'text' | 'json' | 'mermaid';
  readonly choice: ChoicePolicy;
}

/** `trace --flows FILE`: the flows of a `Flows` document in time order, on one clock and one connection state. */
export async function flows(flags: FlowsFlags, io: Io): Promise<number> {
  const loaded = openInput({ file: [...flags.file, flags.flows], set: flags.set }, io);
  const { world, cluster } = loaded;
  if (world === undefined || cluster === undefined)
    throw new CommandError('--flows needs a cluster, not a World folder');
  const asked = cluster.flows.filter((document) =>
    document.flows.some(({ source }) => isFile(source.file, flags.flows)),
  );
  const items = await walkFlows(world, { flows: asked }, flags.choice);
  if (items.length === 0) throw new CommandError(`"${flags.flows}" holds no flows`);
  const list: TraceResultList = { apiVersion: 'packetwalk.dev/v1', kind: 'TraceResultList', items };
  io.stdout(print(list, flags.output, io));
  return Math.max(...items.map((item) => exitCodeOf(item.verdict)));
}

function print(list: TraceResultList, output: FlowsFlags['output'], io: Io): string {
  if (output === 'json') return renderJson(list);
  if (output === 'mermaid') return renderMermaidList(list);
  return list.items.map((item) => `at ${item.query.at}\n${renderText(item, { style: io.style })}`).join('\n');
}

/** A folder given with -f may hold the same document, and others. */
const isFile = (file: string, asked: string): boolean =>
  asked === '-' ? file === 'stdin' : resolve(file) === resolve(asked);

/** One way through chance for the whole document: each flow meets what the ones before it left. */
export async function walkFlows(
  world: World,
  cluster: Pick<Cluster, 'flows'>,
  choice: ChoicePolicy,
): Promise<readonly TraceResult[]> {
  const session = openSession(world);
  const dice = diceFor(choice.kind === 'all' ? { kind: 'first' } : choice);
  const ordered = cluster.flows.flatMap((document) => document.flows).sort((a, b) => a.at - b.at);
  const results: TraceResult[] = [];
  for (const flow of ordered) results.push(...(await walkFlow(world, session, choice, dice, flow)));
  return results;
}

async function walkFlow(
  world: World,
  session: Session,
  choice: ChoicePolicy,
  dice: Dice,
  flow: FlowSpec,
): Promise<readonly TraceResult[]> {
  if (flow.at > session.now) session.advance(flow.at - session.now);
  const protocol = parseProtocol(flow.protocol) ?? 'tcp';
  const question: Question = {
    from: flow.from,
    to: flow.to,
    protocol,
    ...(flow.fromPort === undefined ? {} : { fromPort: flow.fromPort }),
  };
  const ends = readEnds(world, question);
  if (!ends.ok)
    throw new CommandError(
      ends.problems.map((problem) => `${flow.source.file}:${flow.source.line ?? 1}: ${problem.message}`).join('\n'),
    );
  const { sender, target } = ends;
  const absent = sender.absent ?? target.absent;
  if (absent !== undefined)
    throw new CommandError(`${flow.source.file}:${flow.source.line ?? 1}: ${absentText(absent).long}`);
  const looked =
    target.address === undefined && target.dnsName !== undefined
      ? resolveOnSim(world, sender.netns, target.dnsName, sender)
      : undefined;
  const address = target.address ?? looked?.addresses[0];
  if (address === undefined) throw new CommandError(target.unknown ?? `${flow.to} has no address`);
  const asked = probeFor(question, sender, target, address, protocol);
  // A packet out of its window belongs to a connection an earlier flow opened; everything else is a new socket.
  const bound: Bound =
    flow.ctState === undefined
      ? session.bind(asked, dice)
      : { kind: 'bound', probe: { ...asked, ctState: flow.ctState } };
  const probe = bound.kind === 'bound' ? bound.probe : asked;
  occupyPorts(session, flow, probe);
  const result = async (trip: RoundTrip): Promise<TraceResult> =>
    assembleResult({
      world,
      question,
      sender,
      target,
      protocol,
      address,
      queries: looked?.queries ?? [],
      trips: await countSharing(simDataPlane, world, probe, [trip]),
      unknowns: [],
      notes: drewFirst(trip, choice) ? ['chance took the first option in every flow; --choice seed:N draws'] : [],
      at: session.now,
    });
  if (bound.kind === 'refused') return [await result(bound.trip)];
  const first = await result(session.send(probe, dice));
  if (flow.idle === undefined || protocol !== 'tcp') return [first];
  session.advance(flow.idle);
  return [first, await result(session.resume(probe, dice))];
}

/** Steady state: ports in use are arrivals times holding time; this flow is one more. */
function occupyPorts(session: Session, flow: FlowSpec, { protocol, dst, dport = 0 }: Probe): void {
  if (flow.ratePerSecond === undefined || flow.hold === undefined) return;
  const others = Math.max(0, Math.round(flow.ratePerSecond * flow.hold) - 1);
  session.occupy({ protocol, dst, dport }, others);
}

/** Chance had a say in this walk, and nobody asked for a draw. */
const drewFirst = (trip: RoundTrip, choice: ChoicePolicy): boolean =>
  choice.kind === 'all' &&
  trip.forward.hops.some((hop) => hop.steps.some((step) => step.kind === 'choice' && step.of.length > 1));

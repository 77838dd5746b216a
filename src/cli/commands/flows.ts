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

/** What the flows of one document walk with. */
interface Walking {
  readonly world: World;
  readonly session: Session;
  readonly dice: Dice;
  readonly choice: ChoicePolicy;
}

/** A walk, and the next packet of its flow, where there is to be one. */
interface Walked {
  readonly result: TraceResult;
  readonly next?: Due | undefined;
}

/** What is to happen, at seconds of the clock all flows go by. */
interface Due {
  readonly at: number;
  readonly walk: () => Promise<Walked>;
}

/**
 * One way through chance for the whole document: each flow meets what the ones before it left, and the packet after its
 * `idle` what all before that moment did.
 */
export async function walkFlows(
  world: World,
  cluster: Pick<Cluster, 'flows'>,
  choice: ChoicePolicy,
): Promise<readonly TraceResult[]> {
  const session = openSession(world);
  const on = { world, session, choice, dice: diceFor(choice.kind === 'all' ? { kind: 'first' } : choice) };
  const flows = cluster.flows.flatMap((document) => document.flows).sort((a, b) => a.at - b.at);
  const due = flows.map((flow): Due => ({ at: flow.at, walk: () => walkFlow(on, flow) }));
  const results: TraceResult[] = [];
  for (const { at, walk } of due) {
    session.advance(at - session.now);
    const { result, next } = await walk();
    results.push(result);
    if (next === undefined) continue;
    const later = due.findIndex((each) => each.at > next.at);
    due.splice(later < 0 ? due.length : later, 0, next);
  }
  return results;
}

async function walkFlow(on: Walking, flow: FlowSpec): Promise<Walked> {
  const { world, session, dice, choice } = on;
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
  if (bound.kind === 'refused') return { result: await result(bound.trip) };
  const first = await result(session.send(probe, dice));
  if (flow.idle === undefined) return { result: first };
  // Of a connection the next packet is no new one; a datagram is like the one before.
  const again = (): RoundTrip => (protocol === 'tcp' ? session.resume(probe, dice) : session.send(probe, dice));
  const next = { at: session.now + flow.idle, walk: async () => ({ result: await result(again()) }) };
  return { result: first, next };
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

import type { Iptables, TableName } from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';
import type { DropCause, RoundTrip, Trace } from '../../trace/index.ts';
import { placeOf, showEnd, type World } from '../../world/index.ts';
import { comparable } from './comparable.ts';

/** One line of what both planes can show of a round trip. */
export interface TripLine {
  /** `forward node/ip-10-0-0-75.ec2.internal`; empty for what is said of the whole. */
  readonly where: string;
  readonly text: string;
}

/** The namespaces of the World as a Trace names them. */
type Places = ReadonlyMap<string, () => Iptables | undefined>;

/** Where two planes first differ; undefined on one side: it has nothing there. */
export interface Difference {
  readonly at: number;
  readonly sim: TripLine | undefined;
  readonly kernel: TripLine | undefined;
}

/**
 * A round trip in the lines both planes tell, in order. What lies between namespaces of the World is left out: on one plane
 * it is a description, on the other a lowering of it; how a packet comes out of it is compared where it comes out. Also
 * left out: IPv6 routes, for no event names them, rules of iptables-legacy, whose events are not read, and rules the model
 * passes over, for whether they match decides nothing and it cannot know. Why a packet died is a line where the `other` plane knows it as well, in what both of them say of it.
 */
export function tripLines(
  world: World,
  trip: RoundTrip,
  other: RoundTrip | undefined = undefined,
): readonly TripLine[] {
  const places: Places = new Map(
    [...world.netns.keys()].map((id) => {
      const { kind, name } = placeOf(id);
      return [`${kind}/${name}`, () => world.netns.get(id)?.iptables];
    }),
  );
  const lines: TripLine[] = [{ where: '', text: trip.disposition }];
  if (trip.diedAt?.leg === 'followUp' && trip.followUp !== undefined)
    lines.push({ where: '', text: `the packet after the handshake ${trip.followUp.disposition}` });
  const legs = [
    ['forward', trip.forward],
    ['reply', trip.reply],
    ['followUp', trip.followUp],
  ] as const;
  for (const [leg, trace] of legs)
    if (trace !== null && trace !== undefined)
      lines.push(...legLines(leg, trace, places), ...causeLines(leg, trace, other?.[leg], places));
  const { reached, name, address, sees } = trip.farEnd;
  if (reached) lines.push({ where: '', text: `far end ${name} ${address} sees ${showEnd(sees.ip, sees.port)}` });
  return lines;
}

function causeLines(leg: string, trace: Trace, other: Trace | null | undefined, places: Places): TripLine[] {
  const [own, theirs] = [causeOf(trace, places), causeOf(other, places)];
  if (own === undefined || theirs === undefined) return [];
  const known = new Set(Object.keys(theirs.cause));
  const said = Object.entries(own.cause).filter(([key]) => known.has(key));
  return [{ where: `${leg} ${own.where}`, text: `cause ${said.map(([, value]) => String(value)).join(' ')}` }];
}

function causeOf(
  trace: Trace | null | undefined,
  places: Places,
): { readonly cause: DropCause; readonly where: string } | undefined {
  const hop = trace?.hops.at(-1);
  const step = hop?.steps.findLast(({ kind }) => kind === 'drop');
  if (hop === undefined || step?.kind !== 'drop' || step.cause === undefined) return undefined;
  const where = `${hop.where.kind}/${hop.where.name}`;
  return places.has(where) ? { cause: step.cause, where } : undefined;
}

function legLines(leg: string, trace: Trace, places: Places): TripLine[] {
  const [first] = trace.hops.flatMap(({ steps }) => steps);
  const family = first?.before.family ?? 4;
  return comparable(trace).hops.flatMap(({ where, lines }) => {
    const iptables = places.get(where)?.();
    if (iptables === undefined) return [];
    const told = lines.filter((line) => !(family === 6 && line.startsWith('route ')) && isTold(line, iptables, family));
    return told.map((text) => ({ where: `${leg} ${where}`, text }));
  });
}

function isTold(line: string, { variant, ...of }: Iptables, family: Family): boolean {
  const [said, table, chain, index] = XTABLES.exec(line) ?? [];
  if (said === undefined) return true;
  if (variant === 'legacy') return false;
  if (table === undefined || chain === undefined) return true;
  // Only a rule that changes nothing is passed over: at another the model ends "unknown".
  const rules = of[family === 4 ? 'ip' : 'ip6'].get(table as TableName /* of the line */)?.chains.get(chain)?.rules;
  return rules?.[Number(index) - 1]?.matches.every(({ kind }) => kind !== 'unsupported') ?? true;
}

/** A line about a table of iptables; a native one has its family in front of its name. */
const XTABLES = /^(?:rule (\S+) (\S+) (\d+) |policy )/;

/** The first line in which the model's walk differs from the kernel's. */
export function compareTrips(sim: readonly TripLine[], kernel: readonly TripLine[]): Difference | undefined {
  for (let at = 0; at < Math.max(sim.length, kernel.length); at++) {
    const [a, b] = [sim[at], kernel[at]];
    if (a === undefined || b === undefined || a.where !== b.where || a.text !== b.text)
      return { at, sim: a, kernel: b };
  }
  return undefined;
}

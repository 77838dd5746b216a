import type { Match, Rule } from '../../linux/index.ts';
import { cidrFirst, type Ip, isHostCidr, isPublicIp } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import { portsOf } from './matches/ports.ts';

/** Positions in a chain, ascending. */
export type Positions = readonly number[];

const NONE: Positions = [];

/**
 * Which rules of a long chain may match a packet, by the one thing each demands of it: an address, else a port, else
 * nothing. It only leaves out rules that cannot match.
 */
export interface RuleIndex {
  candidates(packet: Packet): Positions;
  /** Some rules are found by their destination port alone. */
  readonly goesByPort: boolean;
  /** Some rules are found by a public address. */
  readonly goesByPublic: boolean;
  /** Set where candidates depend on nothing but the destination: those the rules name. All others have the same ones. */
  readonly destinations: { has(address: Ip): boolean } | undefined;
}

export function indexRules(rules: readonly Rule[]): RuleIndex {
  const byDestination = new Map<Ip, number[]>();
  const bySource = new Map<Ip, number[]>();
  const byPort = new Map<number, number[]>();
  const always: number[] = [];
  for (const [at, { matches }] of rules.entries()) {
    const destination = hostOf(matches, 'destination');
    const source = hostOf(matches, 'source');
    const port = portOf(matches);
    if (destination !== undefined) file(byDestination, destination, at);
    else if (port !== undefined) file(byPort, port, at);
    else if (source !== undefined) file(bySource, source, at);
    else always.push(at);
  }
  return {
    goesByPort: byPort.size > 0,
    goesByPublic: [...byDestination.keys(), ...bySource.keys()].some(isPublicIp),
    destinations: bySource.size === 0 && byPort.size === 0 ? byDestination : undefined,
    candidates(packet) {
      const ports = byPort.size === 0 ? undefined : portsOf(packet);
      let found: Positions = byDestination.get(packet.dst) ?? NONE;
      found = merged(found, bySource.get(packet.src) ?? NONE);
      if (ports !== undefined) found = merged(found, byPort.get(ports.dport) ?? NONE);
      return merged(found, always);
    },
  };
}

function file<K>(map: Map<K, number[]>, key: K, at: number): void {
  const bucket = map.get(key);
  if (bucket === undefined) map.set(key, [at]);
  else bucket.push(at);
}

function hostOf(matches: readonly Match[], kind: 'source' | 'destination'): Ip | undefined {
  for (const match of matches) {
    if (match.kind === kind && !match.not && isHostCidr(match.cidr)) return cidrFirst(match.cidr);
  }
  return undefined;
}

function portOf(matches: readonly Match[]): number | undefined {
  for (const match of matches) {
    if (match.kind !== 'transport' || match.dport === undefined || match.dport.not) continue;
    const { from, to } = match.dport.range;
    if (from === to) return from;
  }
  return undefined;
}

/** Two ascending lists as one, so that candidates come in the order of the chain. */
function merged(a: Positions, b: Positions): Positions {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const all: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i] ?? Number.POSITIVE_INFINITY;
    const right = b[j] ?? Number.POSITIVE_INFINITY;
    if (left < right) i++;
    else j++;
    all.push(Math.min(left, right));
  }
  return all;
}

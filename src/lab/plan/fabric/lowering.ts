import type { Fabric } from '../../../fabric/index.ts';
import { linkLocal, type Mac } from '../../../net/index.ts';
import { type CableEnd, macFor } from '../cables.ts';
import type { PlanGap } from '../types.ts';
import type { Wiring } from '../wiring.ts';
import type { FabricNetns } from './fabric-netns.ts';

/** What lowering a fabric works with. */
export interface Lowering {
  readonly fabric: Fabric;
  readonly wiring: Wiring;
  readonly gaps: PlanGap[];
  /** A new namespace for a part of the fabric; `hops`: whether its forwarding is a hop. */
  netns(wanted: string, label: string, hops?: 'kept' | 'counted'): FabricNetns;
  /** A device of the World, ready to be connected; undefined when it is not there. */
  worldDevice(netns: string, dev: string): CableEnd | undefined;
}

/** Nobody's address: the next hop over a cable between two parts of the fabric (RFC 3927). */
const NEXT_HOP = '169.254.0.1';

/** The words of a route over a cable; the far end's MAC is known, so nothing is asked. */
export interface Via {
  readonly 4: readonly string[];
  readonly 6: readonly string[];
}

/** Makes `port` of `at` a way to whatever has `mac` at the other end. */
export function viaCable(at: FabricNetns, port: CableEnd, mac: Mac): Via {
  const { dev } = port;
  at.ip4.add('neigh', 'replace', NEXT_HOP, 'dev', dev, 'lladdr', mac, 'nud', 'permanent');
  at.ip6.add('neigh', 'replace', linkLocal(mac), 'dev', dev, 'lladdr', mac, 'nud', 'permanent');
  return { 4: ['via', NEXT_HOP, 'dev', dev, 'onlink'], 6: ['via', linkLocal(mac), 'dev', dev] };
}

/** A cable between two parts of the fabric, and the way across it from each. */
export function join(
  on: Lowering,
  a: FabricNetns,
  b: FabricNetns,
  names: { readonly a: string; readonly b: string; readonly mtu: number },
): { readonly a: CableEnd; readonly b: CableEnd; readonly toB: Via; readonly toA: Via } {
  const { mtu } = names;
  const end = (of: FabricNetns, wanted: string): CableEnd =>
    on.wiring.device({ netns: of.name, wanted, mac: macFor(`${of.label} ${wanted}`), mtu });
  const ends = { a: end(a, names.a), b: end(b, names.b) };
  on.wiring.connect(ends.b, ends.a);
  return { ...ends, toB: viaCable(a, ends.a, ends.b.mac), toA: viaCable(b, ends.b, ends.a.mac) };
}

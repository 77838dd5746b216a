import type { IpRule, Route } from '../../linux/index.ts';
import type { PrefixTrie } from '../../net/index.ts';
import type { Evidence } from '../../trace/index.ts';
import type { Device, FibResult } from '../types.ts';

/** An artefact entry with its place in the namespace's list, which is what evidence names. */
export interface Indexed<T> {
  readonly entry: T;
  readonly index: number;
  /** Made on first use. */
  evidence: Evidence | undefined;
}

export interface IndexedRule extends Indexed<IpRule> {
  /** False: every packet matches. */
  readonly selects: boolean;
  /** The table it looks up; undefined where that has no route or is not known, and for other actions. */
  readonly table: RouteTrie | undefined;
  /** Why that is not known. */
  readonly hidden: string | undefined;
}

export type RouteTrie = PrefixTrie<IndexedRoute>;

export interface IndexedRoute extends Indexed<Route> {
  readonly type: Route['type'];
  readonly dev: string | undefined;
  readonly prefix: number;
  /** Zero: any (fa_dscp). */
  readonly tos: number;
  /** What of it is not modelled, or not known. */
  readonly unsupported: string | undefined;
  /** Of the same prefix, with the next lower TOS byte, of these with the next higher metric (struct fib_alias). */
  next: IndexedRoute | undefined;
  /** One next hop at most: once it was found usable, it is until the question names another device. */
  readonly single: boolean;
  /** The answer this route gave last, and the rule that asked: most routes are asked for by one. */
  found: FoundRoute | undefined;
  taker: IndexedRule | undefined;
}

/** A lookup's answer and the rule that gave it. */
export type FibLookup = FoundRoute | (Exclude<FibResult, { readonly kind: 'found' }> & { readonly ipRule?: IpRule });
export const NO_ROUTE: FibLookup = { kind: 'no-route' };

export type FoundRoute = FibResult & {
  readonly kind: 'found';
  readonly ipRule: IpRule;
  readonly out: Device;
  /** The route's own MTU where it has one, else the device's (include/net/ip.h ip_dst_mtu_maybe_forward, include/net/ip6_route.h). */
  readonly mtu: number;
  /** What a router measures a packet by before FORWARD: IPv6 asks the device, but where the route's own is locked. */
  readonly forwardMtu: number;
  /** Those of a multipath route. */
  readonly nexthops: Route['nexthops'];
};

import { cidr, cidrContains, familyOf, firstOctet, type Ip, ip } from '../../net/index.ts';
import type { Disposition, DropCause, Evidence } from '../../trace/index.ts';
import {
  addressType,
  devConf,
  deviceOf,
  type FibLookup,
  type FoundRoute,
  fibOf,
  hiddenSource,
  lookupRoute,
  routeMtu,
  selectIpv6Source,
  sourceForRoute,
} from '../fib/index.ts';
import type { Device, FlowQuery, Host, Unsettled } from '../types.ts';

/** Where a packet goes next. `dev` is `lo` for this host's own addresses. */
export interface Hop {
  readonly kind: 'hop';
  readonly dev: string;
  readonly nexthop: Ip;
  readonly local: boolean;
  /** The device of the route. */
  readonly out: Device;
  readonly mtu: number;
  readonly lookup: FoundRoute;
}

export type OutputRoute =
  | Hop
  | {
      readonly kind: 'error';
      readonly disposition: Disposition;
      readonly cause: DropCause;
      readonly because: string;
      readonly evidence: Evidence | undefined;
      readonly lookup: FibLookup;
    }
  | Unsettled;

/**
 * Route of a packet this host makes (net/ipv4/route.c ip_route_output_key_hash_rcu, __mkroute_output): an error is what
 * sendto returns.
 */
export function outputRoute(host: Host, query: FlowQuery): OutputRoute {
  if (isForMany(query.dst)) return forMany(query.dst);
  // To no address is to the one it is from.
  const lookup = lookupRoute(
    host,
    query.dst === NOWHERE && query.src !== undefined ? { ...query, dst: query.src } : query,
  );
  if (lookup.kind === 'unknown') return lookup;
  if (lookup.kind === 'no-route') {
    const because = `no route to ${query.dst} (ENETUNREACH)`;
    const cause = { kind: 'no-route', dst: query.dst } as const;
    return { kind: 'error', disposition: 'no-route', cause, because, evidence: undefined, lookup };
  }
  if (lookup.kind === 'refused') {
    const because = `a ${lookup.type} ${lookup.by} takes ${query.dst} (${errnoOf(lookup.type, lookup.by)})`;
    const disposition = refusalOf(lookup);
    const cause = { kind: 'refusing-route', by: lookup.by, type: lookup.type } as const;
    return { kind: 'error', disposition, cause, because, evidence: lookup.evidence, lookup };
  }
  if (lookup.type === 'broadcast' || lookup.type === 'multicast') return forMany(query.dst, lookup.evidence);
  const local = lookup.type === 'local' || isAnycast6(lookup);
  const dev = local ? 'lo' : lookup.dev;
  if (
    query.src !== undefined &&
    !local &&
    firstOctet(query.src) === 127 &&
    host.links.get(dev)?.link_type !== 'loopback'
  ) {
    if (!devConf(host, dev).routeLocalnet) {
      const because = `source ${query.src} may not leave by ${dev}, whose route_localnet is 0 (EINVAL)`;
      const cause = { kind: 'route-localnet', dev } as const;
      return { kind: 'error', disposition: 'dropped', cause, because, evidence: undefined, lookup };
    }
  }
  const out = local ? deviceOf(host, 'lo') : lookup.out;
  const mtu = local ? routeMtu(lookup.route, out) : lookup.mtu;
  return { kind: 'hop', dev, nexthop: lookup.gateway ?? query.dst, local, out, mtu, lookup };
}

const NOWHERE = ip('0.0.0.0');

/** Of IPv6 an anycast address is one this host takes packets for (net/ipv6/route.c ip6_rt_init_dst). */
export const isAnycast6 = ({ type, route }: FoundRoute): boolean => type === 'anycast' && route.family === 6;

/** Whether IPv4 routes a packet from an address: one of this host's, or in the block of a local one (net/ipv4/devinet.c __ip_dev_find). */
export const isOwnSource = (host: Host, src: Ip): boolean =>
  fibOf(host).local.has(src) || addressType(host, src) === 'LOCAL';

const MULTICAST6 = cidr('ff00::/8');

/** Multicast and the limited broadcast are sent and received past the routes (net/ipv4/route.c RTCF_MULTICAST, RTCF_BROADCAST). */
export function isForMany(dst: Ip): boolean {
  if (familyOf(dst) === 6) return cidrContains(MULTICAST6, dst);
  const octet = firstOctet(dst);
  return (octet >= 224 && octet < 240) || dst === '255.255.255.255';
}

export const manyAt = (dst: Ip): string => `${dst} is for many receivers: multicast and broadcast are not modelled`;

const forMany = (dst: Ip, evidence?: Evidence): Unsettled => ({ kind: 'unknown', what: manyAt(dst), evidence });

/**
 * What a refusal is to who sent the packet: a blackhole says nothing, an unreachable rule says what is said where there is no
 * route (net/ipv4/fib_rules.c fib4_rule_action, net/ipv6/fib6_rules.c fib6_rule_action).
 */
export const refusalOf = ({
  type,
  by,
}: FibLookup & { readonly kind: 'refused' }): 'dropped' | 'no-route' | 'refused' =>
  type === 'blackhole' ? 'dropped' : type === 'unreachable' && by === 'rule' ? 'no-route' : 'refused';

const errnoOf = (type: 'unreachable' | 'blackhole' | 'prohibit', by: 'route' | 'rule'): string =>
  type === 'blackhole' ? 'EINVAL' : type === 'prohibit' ? 'EACCES' : by === 'rule' ? 'ENETUNREACH' : 'EHOSTUNREACH';

export type ChosenSource =
  | { readonly kind: 'source'; readonly src: Ip; readonly hop: Hop }
  | {
      readonly kind: 'error';
      readonly disposition: Disposition;
      readonly cause: DropCause;
      readonly because: string;
    }
  | Unsettled;

/**
 * The source address of a probe. A bound one must be this host's own, unless ip_nonlocal_bind says otherwise (af_inet.c
 * __inet_bind); without one, the route chosen for 0.0.0.0 gives it (ip_route_connect, fib_result_prefsrc).
 */
export function chooseSource(host: Host, query: FlowQuery): ChosenSource {
  const { src } = query;
  if (src !== undefined && addressType(host, src) !== 'LOCAL') {
    const key = src.includes(':') ? 'net.ipv6.ip_nonlocal_bind' : 'net.ipv4.ip_nonlocal_bind';
    if ((host.sysctl(key) ?? '0') === '0') {
      return {
        kind: 'error',
        disposition: 'not-sent',
        cause: { kind: 'foreign-source', address: src },
        because: `${src} is no address of this host (EADDRNOTAVAIL)`,
      };
    }
  }
  const out = outputRoute(host, query);
  if (out.kind === 'error' && src === undefined && familyOf(query.dst) === 6) return chooseUnrouted(host, query, out);
  if (out.kind === 'unknown') return out;
  if (out.kind === 'error')
    return { kind: 'error', disposition: out.disposition, cause: out.cause, because: out.because };
  if (src !== undefined) return { kind: 'source', src, hop: out };
  const hidden = hiddenSource(host, out.lookup);
  if (hidden !== undefined) return hidden;
  const chosen = sourceForRoute(host, out.lookup, query.dst);
  if (chosen !== undefined) return { kind: 'source', src: chosen, hop: out };
  return {
    kind: 'error',
    disposition: 'not-sent',
    cause: { kind: 'no-source' },
    because: `no source address of this host can be used towards ${query.dst}`,
  };
}

/**
 * IPv6 asks again where no route was found for a flow without a source (net/ipv6/ip6_output.c ip6_dst_lookup_tail), now from
 * the best address of any device: rules `from` may take that one.
 */
function chooseUnrouted(host: Host, query: FlowQuery, failed: OutputRoute & { kind: 'error' }): ChosenSource {
  const src = selectIpv6Source(host, query.dst, undefined);
  const out = src === undefined ? failed : outputRoute(host, { ...query, src });
  if (src !== undefined && out.kind === 'hop') return { kind: 'source', src, hop: out };
  if (out.kind === 'unknown') return out;
  const { disposition, cause, because } = out.kind === 'error' ? out : failed;
  return { kind: 'error', disposition, cause, because };
}

import type { Disposition, DropCause } from '../../trace/index.ts';
import type { FibEvent } from './bpf/kernel-events.ts';
import { askRoute, type RouteRefusal } from './netlink/ask-route.ts';
import type { Stay } from './stays.ts';

/** Why a packet that was to be routed on has no way. */
export interface Refusal {
  readonly disposition: Disposition;
  /** Undefined: more than one thing says this. */
  readonly cause: DropCause | undefined;
}

/**
 * What refused a packet behind PREROUTING: a route or an ip rule. Undefined: neither, or none that is to be told from others.
 * IPv4 gives a reason only where there is no route (net/ipv4/route.c ip_error); the look that found a route shows what that
 * says. IPv6 gives one reason for all that is told to the sender (net/ipv6/route.c ip6_pkt_drop).
 */
export function refusalOf(stay: Stay, looks: readonly FibEvent[]): Refusal | undefined {
  const { drop, refusedBy, entered, unhooked, hook, reachedInput, routed } = stay;
  if (drop?.reason !== SILENT[routed.family] || refusedBy !== undefined) return undefined;
  if (entered === undefined || unhooked || hook !== 'PREROUTING' || reachedInput) return undefined;
  // A packet that comes in is looked up by its device; the ICMP error it causes looks the same address up without one.
  const found = looks.findLast(
    ({ dst, iif, error }) => dst === routed.dst && iif === entered.ifindex && error !== 0 && error !== NOTHING_HERE,
  );
  const seen = LOOKS.get(found?.error ?? 0);
  const said = seen ?? askRoute(stay.at.fd, entered.ifindex, routed);
  return said === undefined
    ? undefined
    : { disposition: DISPOSITIONS[said], cause: causeOf(said, routed.family, seen) };
}

/** Reasons that leave open what it was. */
const SILENT = { 4: 'NOT_SPECIFIED', 6: 'IP_INNOROUTES' } as const;
const NOTHING_HERE = -11;

/** What a route that refuses says to the look that finds it (net/ipv4/fib_semantics.c fib_props). */
const LOOKS = new Map<number, RouteRefusal>([
  [-113, 'EHOSTUNREACH'],
  [-13, 'EACCES'],
  [-22, 'EINVAL'],
]);

/** As a socket of this host would be told: a blackhole tells nobody else. */
const DISPOSITIONS: Readonly<Record<RouteRefusal, Disposition>> = {
  EHOSTUNREACH: 'refused',
  EACCES: 'refused',
  EINVAL: 'dropped',
  ENETUNREACH: 'no-route',
};

const TYPES = { EHOSTUNREACH: 'unreachable', EACCES: 'prohibit', EINVAL: 'blackhole' } as const;

/** An unreachable rule says what is said where there is no route at all. Of IPv6 no look is seen, and the two prohibit alike. */
function causeOf(said: RouteRefusal, family: 4 | 6, seen: RouteRefusal | undefined): DropCause | undefined {
  if (said === 'ENETUNREACH' || (family === 6 && said !== 'EHOSTUNREACH')) return undefined;
  return { kind: 'refusing-route', by: family === 6 || seen !== undefined ? 'route' : 'rule', type: TYPES[said] };
}

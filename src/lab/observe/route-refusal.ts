import { firstOctet } from '../../net/index.ts';
import type { Disposition, DropCause, Headers } from '../../trace/index.ts';
import type { DropEvent, FibEvent } from './bpf/kernel-events.ts';
import { askRoute, type RouteRefusal } from './netlink/ask-route.ts';
import { readPacket } from './packet/read-packet.ts';
import type { Stay } from './stays.ts';

/** Why a packet that was to be routed on has no way. */
export interface Refusal {
  readonly disposition: Disposition;
  /** Undefined: more than one thing says this. */
  readonly cause: DropCause | undefined;
  /** The packet as it was refused, where rules had changed it since it was last seen. */
  readonly headers?: Headers;
}

/**
 * What refused a packet behind PREROUTING, or one OUTPUT routed anew: a route or an ip rule. Undefined: neither, or none that is to be told from others.
 * IPv4 gives a reason only where there is no route (net/ipv4/route.c ip_error); the look that found a route shows what that
 * says. IPv6 gives one reason for all that is told to the sender (net/ipv6/route.c ip6_pkt_drop).
 */
export function refusalOf(stay: Stay, looks: readonly FibEvent[]): Refusal | undefined {
  const { drop, refusedBy, entered, unhooked, hook, reachedInput, routed } = stay;
  if (drop === undefined || refusedBy !== undefined || unhooked || reachedInput) return undefined;
  if (entered === undefined) return hook === 'OUTPUT' ? refusedAnew(stay, drop, looks) : undefined;
  if (drop.reason !== SILENT[routed.family] || hook !== 'PREROUTING') return undefined;
  return saidOf(stay, routed, entered.ifindex, looks);
}

/**
 * A packet of this host's own that OUTPUT's rules sent another way, where that way refuses it: as it was when it was dropped, it
 * is what was routed (net/ipv4/netfilter.c ip_route_me_harder, whose error NF_DROP_ERR hands to who sent it).
 */
function refusedAnew(stay: Stay, { reason, packet, mark }: DropEvent, looks: readonly FibEvent[]): Refusal | undefined {
  const routed = reason === 'NETFILTER_DROP' ? readPacket(packet, mark) : undefined;
  const found = routed === undefined ? undefined : saidOf(stay, routed, undefined, looks);
  if (found === undefined || routed === undefined) return undefined;
  return { ...found, headers: routed, disposition: isTold(routed) ? found.disposition : 'dropped' };
}

/** Whether sendto returns the error: TCP sends again instead, and what the kernel makes by itself nobody asked for. */
const isTold = ({ protocol, icmp }: Headers): boolean =>
  protocol !== 'tcp' && (icmp === undefined || (icmp.quoted === undefined && ECHO_REQUESTS.has(icmp.type)));

const ECHO_REQUESTS: ReadonlySet<number> = new Set([8, 128]);

function saidOf(
  { at }: Stay,
  routed: Headers,
  iif: number | undefined,
  looks: readonly FibEvent[],
): Refusal | undefined {
  // A packet that comes in is looked up by its device, an own one, and the ICMP error another causes, by none or by loopback.
  const isAsked = (by: number): boolean => (iif === undefined ? by <= LOOPBACK : by === iif);
  const found = looks.findLast(
    (look) => look.dst === routed.dst && isAsked(look.iif) && look.error !== 0 && look.error !== NOTHING_HERE,
  );
  const seen = LOOKS.get(found?.error ?? 0);
  const said = seen ?? askRoute(at.fd, iif, routed);
  if (said === undefined) return undefined;
  const kept = seen === undefined && said === 'EINVAL' ? keptBy(at, routed, looks) : undefined;
  return { disposition: DISPOSITIONS[said], cause: kept ?? causeOf(said, routed.family, seen) };
}

/** The device the route that was found leads to, where it does not let a loopback address out (net/ipv4/route.c __mkroute_output). */
function keptBy(at: Stay['at'], { src, dst, family }: Headers, looks: readonly FibEvent[]): DropCause | undefined {
  if (family !== 4 || firstOctet(src) !== 127) return undefined;
  const dev = at.devices.get(looks.findLast((look) => look.dst === dst && look.error === 0)?.dev ?? 0);
  return dev === undefined || dev === 'lo' ? undefined : { kind: 'route-localnet', dev };
}

/** Reasons that leave open what it was. */
const SILENT = { 4: 'NOT_SPECIFIED', 6: 'IP_INNOROUTES' } as const;
const NOTHING_HERE = -11;
/** include/net/net_namespace.h, LOOPBACK_IFINDEX. */
const LOOPBACK = 1;

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

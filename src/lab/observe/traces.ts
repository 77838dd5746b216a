import type { Disposition, Hop, Step, Trace } from '../../trace/index.ts';
import type { FibEvent } from './bpf/kernel-events.ts';
import { ignoresEcho, isEchoRequest } from './ignored-echo.ts';
import { tellFailures } from './neighbour-failures.ts';
import type { Observation, Watched } from './observer.ts';
import { identityOf, readPacket } from './packet/read-packet.ts';
import { routeOf, tableOf } from './route-of.ts';
import { refusalOf } from './route-refusal.ts';
import { kernelEvidence, type Stay, staysOf } from './stays.ts';

/** How an observed packet ended where it was last seen. */
export type KernelEnd =
  /** On a device, towards something that is not observed. */
  | { readonly kind: 'sent'; readonly dev: string; readonly packet: Buffer; readonly mark: number }
  | { readonly kind: 'delivered' }
  | { readonly kind: 'died'; readonly reason: string };

/** One packet's walk through the observed namespaces: the model's Trace, with the kernel's own evidence. */
export interface KernelWalk {
  readonly trace: Trace;
  readonly end: KernelEnd;
  /** The packet as it was first seen. */
  readonly stays: readonly Stay[];
}

/** Which device of which observed namespace is at the other end of a device. */
export type Wiring = (at: Watched, dev: string) => { readonly at: Watched; readonly dev: string } | undefined;

/**
 * The walks of everything that moved in one lock-step, in the order they began: the probe first, then what was sent because
 * of it. A stay that begins where another one ended on a wire belongs to the same walk.
 */
export function walksOf(observation: Observation, wiring: Wiring): KernelWalk[] {
  const stays = staysOf(observation);
  tellFailures(stays);
  const looks = observation.kernel.filter((event): event is FibEvent => event.kind === 'fib');
  const taken = new Set<Stay>();
  const walks: KernelWalk[] = [];
  for (const first of stays) {
    if (taken.has(first)) continue;
    const chain: Stay[] = [];
    for (let stay: Stay | undefined = first; stay !== undefined; stay = follow(stay, stays, taken, wiring)) {
      taken.add(stay);
      chain.push(stay);
    }
    walks.push(walkOf(chain, looks));
  }
  return walks;
}

function follow(stay: Stay, stays: readonly Stay[], taken: ReadonlySet<Stay>, wiring: Wiring): Stay | undefined {
  const { left, at } = stay;
  if (left === undefined) return undefined;
  const to = wiring(at, at.devices.get(left.ifindex) ?? '');
  if (to === undefined) return undefined;
  const identity = identityOf(left.packet);
  return stays.find(
    (each) =>
      !taken.has(each) &&
      each.at === to.at &&
      each.entered !== undefined &&
      to.at.devices.get(each.entered.ifindex) === to.dev &&
      identityOf(each.entered.packet) === identity,
  );
}

function walkOf(chain: readonly Stay[], looks: readonly FibEvent[]): KernelWalk {
  const hops: Hop[] = chain.map((stay) => ({ where: stay.at.place, steps: finish(stay, looks) }));
  const last = chain.at(-1);
  if (last === undefined) throw new Error('A walk has a stay');
  const drop = hops.at(-1)?.steps.at(-1);
  const disposition = drop?.kind === 'drop' ? drop.disposition : 'delivered';
  return { trace: { probability: 1, disposition, hops }, end: endOf(last), stays: chain };
}

function endOf(stay: Stay): KernelEnd {
  const { left, drop, refusedBy } = stay;
  if (left !== undefined) {
    const dev = stay.at.devices.get(left.ifindex) ?? '?';
    return { kind: 'sent', dev, packet: left.packet, mark: left.mark };
  }
  if (refusedBy !== undefined) return { kind: 'died', reason: `netfilter ${refusedBy}` };
  if (drop !== undefined && !wasTaken(stay)) return { kind: 'died', reason: drop.reason };
  const deaf = stay.reachedInput ? ignoresEcho(stay.at.fd, stay.headers) : undefined;
  if (deaf !== undefined) return { kind: 'died', reason: `${deaf} is set` };
  return stay.reachedInput ? { kind: 'delivered' } : { kind: 'died', reason: 'silence' };
}

/**
 * What the kernel lets go of as dropped though it was taken: IPv6's echo request whose answer has no way out (net/ipv6/icmp.c
 * icmpv6_rcv, of icmpv6_echo_reply), which is the answer's end; the reset that ends a connection not yet open, and the SYN that
 * has what opened it sent again (net/ipv4/tcp_minisocks.c tcp_check_req); and a SYN an open connection answers with where it
 * stands (tcp_input.c tcp_validate_incoming). A SYN or reset that belongs to no connection has other reasons.
 */
function wasTaken({ reachedInput, headers, drop }: Stay): boolean {
  if (!reachedInput || drop === undefined) return false;
  if (drop.reason === 'TCP_INVALID_SYN') return true;
  if (drop.reason !== 'NOT_SPECIFIED') return false;
  const { family, tcpFlags = [] } = headers;
  return (family === 6 && isEchoRequest(headers)) || tcpFlags.includes('RST') || tcpFlags.includes('SYN');
}

/** The steps of a stay with what only its whole shows: the route, the end. */
function finish(stay: Stay, looks: readonly FibEvent[]): readonly Step[] {
  const { at, headers, left } = stay;
  const steps = [...stay.steps];
  const look = routeOf(stay, looks);
  if (look !== undefined && look.error === 0 && !stay.reachedInput) {
    const dev = at.devices.get(look.dev) ?? '?';
    const via = look.gateway;
    const table = tableOf(look);
    const text = `fib_table_lookup table ${look.table} ${look.src} -> ${look.dst} dev ${dev}${via === undefined ? '' : ` via ${via}`}`;
    const action = `${via === undefined ? 'on-link' : `via ${via}`} dev ${dev}`;
    const evidence = kernelEvidence(at, '', text);
    const at2 = steps.findIndex((step) => 'hook' in step && (step.hook === 'FORWARD' || step.hook === 'POSTROUTING'));
    steps.splice(at2 < 0 ? steps.length : at2, 0, {
      kind: 'route',
      table,
      routeType: 'unicast',
      dev,
      ...(via === undefined ? {} : { via }),
      action,
      because: '',
      evidence,
      before: stay.routed,
      after: stay.routed,
    });
  }
  if (left !== undefined) {
    const dev = at.devices.get(left.ifindex) ?? '?';
    const after = { ...(readPacket(left.packet, left.mark) ?? headers), oif: dev };
    const evidence = kernelEvidence(at, '', `packet(7): out by ${dev} to ${left.lladdr}`);
    steps.push({ kind: 'leave', dev, action: `by ${dev}`, because: '', evidence, before: after, after });
    return steps;
  }
  const end = endOf(stay);
  if (end.kind === 'delivered') {
    const evidence = kernelEvidence(at, '', 'behind INPUT, and not dropped');
    steps.push({
      kind: 'deliver',
      socket: '',
      action: 'delivered',
      because: '',
      evidence,
      before: headers,
      after: headers,
    });
  } else if (end.kind === 'died') steps.push(dropStep(stay, end, looks));
  return steps;
}

function dropStep(stay: Stay, { reason }: Died, looks: readonly FibEvent[]): Step {
  const { at } = stay;
  const refusal = refusalOf(stay, looks);
  const headers = refusal?.headers ?? stay.headers;
  const deaf = refusal === undefined && stay.reachedInput ? ignoresEcho(at.fd, headers) : undefined;
  const cause = deaf === undefined ? refusal?.cause : ({ kind: 'ignores-echo', sysctl: deaf } as const);
  return {
    kind: 'drop',
    disposition: refusal?.disposition ?? dispositionOf(stay, reason),
    ...(cause === undefined ? {} : { cause }),
    action: 'dropped',
    because: reason,
    evidence: kernelEvidence(at, '', `kfree_skb ${reason}`),
    before: headers,
    after: headers,
  };
}

type Died = KernelEnd & { readonly kind: 'died' };

/** enum skb_drop_reason in the words of a Trace. Reasons that are not here are a plain `dropped`. */
const REASONS: Readonly<Record<string, Disposition>> = {
  IP_INNOROUTES: 'no-route',
  IP_INHDR: 'ttl-exceeded',
  PKT_TOO_BIG: 'too-big',
  NO_SOCKET: 'refused',
  TCP_FLAGS: 'refused',
  IP_NOPROTO: 'refused',
  NEIGH_FAILED: 'refused',
};

/** What no router cuts. */
const isUncut = ({ headers: { df, family }, entered }: Stay): boolean => df || (family === 6 && entered !== undefined);

function dispositionOf(stay: Stay, reason: string): Disposition {
  if (stay.refusedBy === 'reject') return 'refused';
  if (stay.refusedBy !== undefined) return 'dropped';
  // No rule did it. Where connections are confirmed, a new one found no free port (__nf_conntrack_confirm); elsewhere a
  // connection moved (nf_nat_inet_fn), or a packet routed again has no way (ip_route_me_harder).
  if (reason === 'NETFILTER_DROP') {
    return stay.ct === 'new' && stay.translated ? 'exhausted' : 'dropped';
  }
  // An own packet with DF behind POSTROUTING, and one of IPv6 from elsewhere: ip_fragment and ip6_fragment give no reason.
  if (reason === 'NOT_SPECIFIED' && stay.reachedPost && isUncut(stay)) return 'too-big';
  // What a listener ignores; to what acknowledges something it sends a RST (tcp_rcv_state_process, TCP_LISTEN).
  if (reason === 'TCP_FLAGS' && stay.headers.tcpFlags?.includes('ACK') !== true) return 'dropped';
  // An echo reply without a socket ends without a word (ping_rcv); other protocols answer for a closed port.
  if (reason === 'NO_SOCKET' && stay.headers.icmp !== undefined) return 'dropped';
  // Who cannot be told is not: an error causes none.
  if (reason === 'NEIGH_FAILED' && stay.headers.icmp?.quoted !== undefined) return 'dropped';
  // IPv6 says so of any header it refuses, before a hook has seen the packet (ip6_rcv_core).
  if (reason === 'IP_INHDR' && stay.unhooked) return 'dropped';
  return REASONS[reason] ?? 'dropped';
}

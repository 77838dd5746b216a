import type { Netns, Route } from '../../../linux/index.ts';
import type { DropCause, Headers, Step } from '../../../trace/index.ts';
import type { Stay } from '../stays.ts';

/**
 * Why the kernel let go of a packet (enum skb_drop_reason), with the values its namespace decided by, as the model would name
 * it. Undefined: a rule did it, which tells of itself, or the reason can mean several things.
 */
export function causeOfDrop(
  stay: Stay,
  step: Extract<Step, { kind: 'drop' }>,
  route: Route | undefined,
  netns: Netns,
): DropCause | undefined {
  const { drop, refusedBy, routed, headers } = stay;
  if (drop === undefined || refusedBy !== undefined) return undefined;
  const dev = headers.iif ?? '';
  switch (drop.reason) {
    case 'IP_INNOROUTES':
      return step.disposition === 'no-route' && !refusesAsIfAbsent(netns, headers.family)
        ? { kind: 'no-route', dst: routed.dst }
        : undefined;
    case 'IP_RPFILTER':
      return { kind: 'rp-filter', dev, mode: rpFilter(netns, dev) };
    case 'IP_LOCALNET':
      return { kind: 'route-localnet', dev };
    case 'IP_INVALID_SOURCE':
    case 'IP_LOCAL_SOURCE':
      return { kind: 'martian', address: routed.src };
    case 'IP_INVALID_DEST':
      return { kind: 'martian', address: routed.dst };
    case 'IP_INADDRERRORS':
      return {
        kind: 'no-forwarding',
        sysctl: headers.family === 4 ? `net.ipv4.conf.${dev}.forwarding` : 'net.ipv6.conf.all.forwarding',
      };
    case 'IP_INHDR':
      return step.disposition === 'ttl-exceeded' ? { kind: 'ttl' } : undefined;
    case 'OTHERHOST':
      return forOther(netns, dev);
    case 'PKT_TOO_BIG':
      return tooBig(netns, route);
    case 'NEIGH_FAILED':
      return route === undefined || headers.oif === undefined
        ? undefined
        : { kind: 'no-neighbour', dev: headers.oif, address: route.gateway ?? routed.dst };
    case 'NETFILTER_DROP':
      return step.disposition === 'exhausted' ? { kind: 'port-clash' } : undefined;
    default:
      return socketCause(drop.reason, headers);
  }
}

/** Whom the frame was for, no event says. */
function forOther({ links }: Netns, dev: string): DropCause | undefined {
  const link = links.find(({ ifname }) => ifname === dev);
  return link === undefined ? undefined : { kind: 'other-host', dev, address: link.address };
}

function socketCause(reason: string, { protocol, dport, tcpFlags = [], icmp }: Headers): DropCause | undefined {
  const acknowledges = tcpFlags.includes('ACK');
  if (reason === 'TCP_FLAGS') return { kind: acknowledges ? 'no-socket' : 'not-a-syn' };
  if (reason === 'IP_NOPROTO') return { kind: 'no-handler', protocol };
  if (reason !== 'NO_SOCKET') return undefined;
  const asks = icmp === undefined && dport !== undefined;
  const opens = protocol !== 'tcp' || (tcpFlags.includes('SYN') && !acknowledges);
  return asks && opens ? { kind: 'closed-port', protocol, port: dport } : { kind: 'no-socket' };
}

/** What an unreachable ip rule says is what is said where there is no route: no event tells them apart. */
export const refusesAsIfAbsent = ({ rules }: Netns, family: 4 | 6): boolean =>
  rules.some((rule) => rule.family === family && rule.action.kind === 'unreachable');

/** The larger of `all` and the device's own (Documentation/networking/ip-sysctl.rst). */
const rpFilter = ({ sysctls }: Netns, dev: string): number =>
  Math.max(...['all', dev].map((name) => Number(sysctls.get(`net.ipv4.conf.${name}.rp_filter`) ?? 0)));

function tooBig({ links }: Netns, route: Route | undefined): DropCause | undefined {
  const mtu = route?.mtu ?? links.find(({ ifname }) => ifname === route?.dev)?.mtu;
  return mtu === undefined ? undefined : { kind: 'mtu', mtu };
}

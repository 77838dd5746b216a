import { cidr, cidrContains, firstOctet, type Ip } from '../../net/index.ts';
import type { DropCause } from '../../trace/index.ts';
import type { Skb } from '../packet.ts';
import type { Device, FlowQuery, Host, Unsettled } from '../types.ts';
import { hiddenSetting } from '../unsaid.ts';
import { fibOf } from './create-fib.ts';
import type { DevConf } from './dev-conf.ts';
import type { FoundRoute } from './indexed.ts';
import { lookupRoute } from './lookup-route.ts';

export type SourceVerdict =
  | { readonly kind: 'ok' }
  /** `text` is the kernel's drop reason and the function that gives it. */
  | { readonly kind: 'martian'; readonly cause: DropCause; readonly because: string; readonly text: string }
  | Unsettled;

const OK: SourceVerdict = { kind: 'ok' };
/** Linux 5.3 on takes the rest of 0.0.0.0/8 for ordinary addresses (include/linux/in.h ipv4_is_zeronet). */
const ZERO = '0.0.0.0';
const MULTICAST6 = cidr('ff00::/8');
const BROADCAST = '255.255.255.255';

const martian = (of: Ip | DropCause, because: string, text: string): SourceVerdict => ({
  kind: 'martian',
  cause: typeof of === 'string' ? { kind: 'martian', address: of } : of,
  because,
  text,
});

/** Addresses no lookup is needed to refuse (net/ipv4/route.c ip_route_input_slow; net/ipv6/ip6_input.c ip6_rcv_core). */
export function checkMartian(skb: Skb, iif: Device): SourceVerdict {
  const { src, dst } = skb.packet;
  if (skb.packet.family === 6) return checkMartianIpv6(skb, src, dst);
  const from = firstOctet(src);
  const to = firstOctet(dst);
  if (src === BROADCAST || (from >= 224 && from < 240)) {
    return martian(src, `source ${src} cannot be a sender`, 'IP_INVALID_SOURCE, ip_route_input_slow');
  }
  if (dst === BROADCAST || (src === ZERO && dst === ZERO)) return OK;
  if (src === ZERO) return martian(src, `source ${src} is no address`, 'IP_INVALID_SOURCE, ip_route_input_slow');
  if (dst === ZERO) return martian(dst, `destination ${dst} is no address`, 'IP_INVALID_DEST, ip_route_input_slow');
  const looped = to === 127 ? dst : from === 127 ? src : undefined;
  if (looped === undefined || iif.conf.routeLocalnet) return OK;
  const cause = { kind: 'route-localnet', dev: iif.name } as const;
  return martian(
    cause,
    `${looped} arrived on ${iif.name}, whose route_localnet is 0`,
    'IP_LOCALNET, ip_route_input_slow',
  );
}

function checkMartianIpv6(skb: Skb, src: Ip, dst: Ip): SourceVerdict {
  if (cidrContains(MULTICAST6, src))
    return martian(src, `source ${src} cannot be a sender`, 'IP6_MIB_INHDRERRORS, ip6_rcv_core');
  if (skb.iif !== 'lo' && (src === '::1' || dst === '::1')) {
    return martian(
      src === '::1' ? src : dst,
      `::1 arrived on ${skb.iif ?? 'no device'}`,
      'IP6_MIB_INHDRERRORS, ip6_rcv_core',
    );
  }
  return OK;
}

/**
 * net/ipv4/fib_frontend.c fib_validate_source: rp_filter and its kin. `oif` is the egress device of a forwarded packet.
 * IPv6 has no such check. Seen on Linux 6.18: with rp_filter 2 a device that has no IPv4 address of its own (a pod's veth)
 * is as strict as with 1.
 */
export function validateSource(host: Host, skb: Skb, { name: iif, conf }: Device, oif?: string): SourceVerdict {
  if (skb.packet.family === 6) return OK;
  const hidden = hiddenSetting(host.netns, 'net.ipv4.conf.all.rp_filter');
  return hidden === undefined
    ? checkSource(host, skb, iif, conf, oif)
    : withoutMode(hidden, (rpFilter) => checkSource(host, skb, iif, { ...conf, rpFilter }, oif));
}

/** Where no file says how strict the filter is: known where the most and the least strict agree. */
function withoutMode(what: string, check: (rpFilter: number) => SourceVerdict): SourceVerdict {
  const off = check(0);
  return off.kind !== 'ok' || check(1).kind === 'ok' ? off : { kind: 'unknown', what, evidence: undefined };
}

function checkSource(host: Host, skb: Skb, iif: string, conf: DevConf, oif: string | undefined): SourceVerdict {
  const { packet } = skb;
  const fib = fibOf(host);
  if (conf.rpFilter === 0 && (oif !== iif || !conf.sendRedirects)) {
    if (conf.acceptLocal) return OK;
    if (!fib.needsFullCheck) return fib.local.has(packet.src) ? ownAddress(packet.src) : OK;
  }
  return fullCheck(host, skb, iif, conf, oif);
}

/** __fib_validate_source: the reverse lookup, addresses and ports swapped, as if the answer entered by `oif`. */
function fullCheck(host: Host, skb: Skb, iif: string, conf: DevConf, oif: string | undefined): SourceVerdict {
  const back = lookupRoute(host, reverseQuery(skb, conf.srcValidMark ? skb.mark : 0, oif));
  if (back.kind === 'unknown') return back;
  const { src } = skb.packet;
  if (back.kind !== 'found')
    return conf.rpFilter === 0 ? OK : filtered(iif, conf, (strict) => `${strict} and no route leads back to ${src}`);
  if (back.type !== 'unicast') {
    if (back.type !== 'local')
      return martian(src, `source ${src} is a ${back.type} address`, 'IP_INVALID_SOURCE, __fib_validate_source');
    if (!conf.acceptLocal) return ownAddress(src);
  }
  if (leavesBy(back, iif) || (back.type === 'local' && iif === 'lo') || conf.rpFilter === 0) return OK;
  const addressless = !fibOf(host)
    .addresses.get(iif)
    ?.some((address) => address.family === 4);
  if (conf.rpFilter !== 1 && !addressless) return OK;
  return filtered(iif, conf, (strict) => {
    const why = `the route back to ${src} leaves by ${back.dev}, and ${strict}`;
    return addressless && conf.rpFilter === 2 ? `${why} with no IPv4 address there` : why;
  });
}

const filtered = (dev: string, { rpFilter: mode }: DevConf, because: (strict: string) => string): SourceVerdict =>
  martian({ kind: 'rp-filter', dev, mode }, because(`rp_filter is ${mode} on ${dev}`), RPFILTER);

/** By any of its next hops (fib_info_nh_uses_dev). */
const leavesBy = ({ nexthops, dev }: FoundRoute, iif: string): boolean =>
  nexthops === undefined ? dev === iif : nexthops.some((hop) => hop.dev === iif);

const RPFILTER = 'IP_RPFILTER, __fib_validate_source';

const ownAddress = (src: Ip): SourceVerdict =>
  martian(src, `source ${src} is this host's own address`, 'IP_LOCAL_SOURCE, fib_validate_source');

function reverseQuery(skb: Skb, mark: number, oif: string | undefined): FlowQuery {
  const { packet } = skb;
  const { l4 } = packet;
  const ported = l4.kind === 'tcp' || l4.kind === 'ports';
  return {
    dst: packet.src,
    // A broadcast is validated with no destination (brd_input).
    src: packet.dst === BROADCAST ? undefined : packet.dst,
    iif: oif,
    oif: undefined,
    anyDevice: false,
    mark,
    tos: packet.tos,
    ipproto: packet.protocol,
    sport: ported ? l4.dport : undefined,
    dport: ported ? l4.sport : undefined,
  };
}

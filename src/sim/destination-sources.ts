import type { NetnsId } from '../linux/index.ts';
import { cidr, cidrContains, familyOf, type Ip, ip, isLinkLocal } from '../net/index.ts';
import type { Destination, Source } from './destination-order.ts';
import { interfaceTowards } from './fabric-sender.ts';
import { devConf } from './fib/index.ts';
import { chooseSource } from './host/index.ts';
import type { SessionState } from './session-state.ts';
import { type Host, PLAIN_FLOW } from './types.ts';

/** What a name's addresses are sorted by, or why nobody can know. */
export type Sources =
  | { readonly kind: 'known'; readonly destinations: readonly Destination[] }
  | { readonly kind: 'unknown'; readonly what: string };

/**
 * The source of every address of a name, as getaddrinfo asks for it: a datagram socket is connected to it, and no packet leaves
 * (nss/getaddrinfo.c, try_connect). Of a machine that no namespace stands for, its interfaces say which families it speaks.
 */
export function sourcesTowards(state: SessionState, from: string, addresses: readonly Ip[]): Sources {
  const host = state.host(from as NetnsId)?.host; // callers pass a namespace of this world
  const destinations: Destination[] = [];
  for (const address of addresses) {
    const source = host === undefined ? ownAddress(state, from, address) : socketSource(host, address);
    if (source !== undefined && 'what' in source) return { kind: 'unknown', what: source.what };
    destinations.push({ address, source });
  }
  return { kind: 'known', destinations };
}

function socketSource(host: Host, dst: Ip): Source | undefined | { readonly what: string } {
  // The socket is bound to no device.
  if (familyOf(dst) === 6 && isLinkLocal(dst)) return undefined;
  const chosen = chooseSource(host, { ...PLAIN_FLOW, dst, ipproto: 'udp' });
  if (chosen.kind === 'unknown') return { what: chosen.what };
  return chosen.kind === 'error' ? undefined : { address: chosen.src, prefixlen: prefixOf(host, chosen.src) };
}

/** Any address of a loopback block is looked for as 127.0.0.1. */
function prefixOf(host: Host, source: Ip): number {
  if (!learnsPrefixes(host)) return 0;
  const listed = cidrContains(LOOPBACK, source) ? ip('127.0.0.1') : source;
  return host.netns.addresses.find(({ local }) => local === listed)?.prefixlen ?? 0;
}

const LOOPBACK = cidr('127.0.0.0/8');

/**
 * glibc keeps the list of addresses only where one of IPv6 stands in it that is not ::1 (sysdeps/unix/sysv/linux/check_pf.c,
 * make_request: noai6ai_cached). Artefacts leave out the link-local one that Linux gives each device with IPv6.
 */
const learnsPrefixes = (host: Host): boolean =>
  host.netns.addresses.some(({ family, local }) => family === 6 && local !== '::1') ||
  host.netns.links.some(
    ({ ifname, link_type, flags }) =>
      link_type === 'ether' && flags.includes('UP') && !devConf(host, ifname).disableIpv6,
  );

function ownAddress(state: SessionState, from: string, dst: Ip): Source | undefined {
  const address = interfaceTowards(state, from, dst);
  return address === undefined ? undefined : { address, prefixlen: 0 };
}

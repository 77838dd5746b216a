import type { Address } from '../../linux/index.ts';
import { cidrContains, familyOf, type Ip, ipBits, widthOf } from '../../net/index.ts';
import type { FibResult, Host, Unsettled } from '../types.ts';
import { fibOf, type Primary } from './create-fib.ts';
import { devConf } from './device.ts';

export type Scope = Address['scope'] | 'nowhere';

/** include/uapi/linux/rtnetlink.h rt_scope_t: a larger number reaches less far. */
function reachOf(scope: Scope): number {
  switch (scope) {
    case 'global':
      return 0;
    case 'site':
      return 200;
    case 'link':
      return LINK;
    case 'host':
      return HOST;
    case 'nowhere':
      return 255;
  }
}

const LINK = 253;
const HOST = 254;

/** The source a packet of this host gets when its socket chose none: the route's `src`, else by the egress device. */
export function sourceForRoute(host: Host, found: FibResult & { kind: 'found' }, dst: Ip): Ip | undefined {
  const { route } = found;
  if (route.prefsrc !== undefined) return route.prefsrc;
  if (route.type === 'local') return dst;
  if (route.family === 6) return selectSourceAddress(host, found.dev, dst, 'global');
  return selectSourceAddress(host, found.dev, found.gateway, route.scope);
}

/**
 * Why nobody can say which source a route gives: it is to be an address of its device, of which the input has none and knows
 * that it has more than is said. What another device would lend is no answer, then.
 */
export function hiddenSource(host: Host, { route, dev }: FibResult & { kind: 'found' }): Unsettled | undefined {
  const { unmodelled } = host.netns;
  if (unmodelled.length === 0 || route.prefsrc !== undefined || route.type === 'local') return undefined;
  const at = unmodelled.findIndex(({ scope }) => scope.kind === 'dev' && scope.dev === dev);
  const hidden = unmodelled[at];
  const known = fibOf(host).addresses.get(dev) ?? [];
  if (hidden === undefined || known.some(({ family }) => family === route.family)) return undefined;
  const artefact = { file: `${host.folder}/unmodelled.json`, line: at + 2 };
  return { kind: 'unknown', what: hidden.what, evidence: { plane: 'sim', artefact, text: hidden.what } };
}

/**
 * IPv4: net/ipv4/devinet.c inet_select_addr. `dst` is the gateway where there is one. The first primary address of the
 * device whose scope reaches far enough, one in `dst`'s subnet before others; a device without any (a pod's veth) borrows
 * from the other devices in their order, `lo` first (seen on Linux 6.18).
 * IPv6: RFC 6724, net/ipv6/addrconf.c ipv6_dev_get_saddr.
 */
export function selectSourceAddress(host: Host, dev: string, dst: Ip | undefined, scope: Scope): Ip | undefined {
  const fib = fibOf(host);
  if (dst !== undefined && familyOf(dst) === 6) return selectIpv6Source(host, dst, dev);
  const limit = reachOf(scope);
  const localnet = devConf(host, dev).routeLocalnet ? LINK : HOST;
  let first: Ip | undefined;
  for (const address of fib.primaries.get(dev) ?? NONE) {
    if (Math.min(reachOf(address.scope), localnet) > limit) continue;
    if (dst === undefined || cidrContains(address.subnet, dst)) return address.local;
    first ??= address.local;
  }
  if (first !== undefined) return first;
  for (const other of fib.devices) {
    for (const address of fib.primaries.get(other.ifname) ?? NONE) {
      if (address.scope !== 'link' && reachOf(address.scope) <= limit) return address.local;
    }
  }
  return undefined;
}

const NONE: readonly Primary[] = [];

/**
 * An IPv6 source (net/ipv6/addrconf.c ipv6_dev_get_saddr); without `dev`, as where no route says by which device the packet
 * leaves, every device's addresses are alike. Rules 1 (the destination itself), 2 (scope), 5 (the outgoing device) and 8
 * (longest match, within the subnet's length); deprecation, mobility, labels and privacy addresses are not in the artefacts.
 * Earlier addresses win a tie.
 */
export function selectIpv6Source(host: Host, dst: Ip, dev: string | undefined): Ip | undefined {
  const fib = fibOf(host);
  const wanted = reach(dst);
  let best: { readonly ip: Ip; readonly score: readonly number[] } | undefined;
  for (const link of fib.devices) {
    for (const address of fib.addresses.get(link.ifname) ?? []) {
      if (address.family !== 6) continue;
      const own = reach(address.local);
      // A link-local or multicast destination takes addresses of its own device only.
      if (wanted <= 2 && dev !== undefined && link.ifname !== dev) continue;
      const score = [
        address.local === dst ? 1 : 0,
        own >= wanted ? 100 - own : own - 100,
        dev === undefined || link.ifname === dev ? 1 : 0,
        Math.min(commonBits(address.local, dst), address.prefixlen),
      ];
      if (best === undefined || isBetter(score, best.score)) best = { ip: address.local, score };
    }
  }
  return best?.ip;
}

/** The scope of RFC 4291: 1 the host, 2 the link, 5 the site, 14 global; a multicast address carries its own. */
function reach(address: Ip): number {
  const bits = BigInt(ipBits(address));
  if (bits === 1n) return 1;
  if (bits >> 120n === 0xffn) return Number((bits >> 112n) & 15n);
  if (bits >> 118n === 0x3fan) return 2;
  if (bits >> 118n === 0x3fbn) return 5;
  return 14;
}

function commonBits(a: Ip, b: Ip): number {
  let difference = BigInt(ipBits(a)) ^ BigInt(ipBits(b));
  let bits = widthOf(6) as number;
  while (difference > 0n) {
    difference >>= 1n;
    bits--;
  }
  return bits;
}

function isBetter(a: readonly number[], b: readonly number[]): boolean {
  for (const [i, value] of a.entries()) {
    const other = b[i] ?? 0;
    if (value !== other) return value > other;
  }
  return false;
}

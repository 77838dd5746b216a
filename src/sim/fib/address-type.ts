import type { AddrType } from '../../linux/index.ts';
import { LOCAL_TABLE, overAbsentDevice } from '../../linux/index.ts';
import { cidr, cidrContains, familyOf, firstOctet, type Ip } from '../../net/index.ts';
import { type Host, PLAIN_FLOW, type Unsettled } from '../types.ts';
import { fibFor, fibOf } from './create-fib.ts';
import { deviceOf } from './device.ts';
import type { IndexedRoute } from './indexed.ts';
import { lookupRoute, unknownRoute } from './lookup-route.ts';

const MULTICAST6 = cidr('ff00::/8');

/**
 * What an address is to this host, as `-m addrtype` asks (net/netfilter/xt_addrtype.c). IPv4: fib_frontend.c
 * inet_dev_addr_type, a look into the local table alone, so an address nobody routes is still UNICAST.
 */
export function addressType(host: Host, address: Ip): AddrType {
  const type = typeAt(host, address, undefined);
  return typeof type === 'string' ? type : 'UNICAST';
}

/** The same where only one device's own addresses count (--limit-iface-in). */
export const addressTypeOn = (host: Host, address: Ip, dev: string): AddrType | Unsettled => typeAt(host, address, dev);

function typeAt(host: Host, address: Ip, dev: string | undefined): AddrType | Unsettled {
  if (familyOf(address) === 6) return ipv6Type(host, address, dev);
  if (address === '0.0.0.0' || address === '255.255.255.255') return 'BROADCAST';
  const octet = firstOctet(address);
  if (octet >= 224 && octet < 240) return 'MULTICAST';
  const trie = fibFor(host, 4).tables.get(LOCAL_TABLE);
  if (trie === undefined) return 'UNICAST';
  for (let first = trie.longest(address); first !== undefined; first = trie.longest(address, first.prefix)) {
    for (let route: IndexedRoute | undefined = first; route !== undefined; route = route.next) {
      if (route.tos !== 0) continue;
      if (route.type !== 'local' && !deviceOf(host, route.dev ?? '').up) continue;
      if (dev !== undefined && dev !== route.dev) return otherDevice(host, route);
      if (route.type === 'local') return 'LOCAL';
      if (route.type === 'broadcast') return 'BROADCAST';
      return 'UNICAST';
    }
  }
  return 'UNICAST';
}

const NO_DEVICES: ReadonlySet<string> = new Set();

/** Not this device's, where it is known which one that is. */
function otherDevice(host: Host, route: IndexedRoute): AddrType | Unsettled {
  const isThere = route.dev === undefined || deviceOf(host, route.dev).link !== undefined;
  const why = route.unsupported ?? (isThere ? undefined : overAbsentDevice(route.entry, NO_DEVICES));
  return why === undefined ? 'UNICAST' : unknownRoute(host, route, why);
}

/** xt_addrtype.c match_lookup_rt6: a full route lookup; with `dev`, an address of that device (ipv6_chk_addr). */
function ipv6Type(host: Host, address: Ip, dev: string | undefined): AddrType | Unsettled {
  if (address === '::') return 'UNSPEC';
  if (cidrContains(MULTICAST6, address)) return 'MULTICAST';
  const fib = fibOf(host);
  if (dev !== undefined && fib.addresses.get(dev)?.some((own) => own.local === address)) return 'LOCAL';
  const found = lookupRoute(host, { ...PLAIN_FLOW, dst: address, oif: dev });
  if (found.kind === 'refused' || found.kind === 'no-route') return 'UNREACHABLE';
  if (found.kind === 'unknown') return found;
  if (found.type === 'local') return dev === undefined ? 'LOCAL' : 'UNICAST';
  return found.type === 'anycast' ? 'ANYCAST' : 'UNICAST';
}

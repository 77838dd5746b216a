import type { AddrType } from '../../linux/index.ts';
import { cidr, cidrContains, type Ip } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import { type Host, PLAIN_FLOW, type Unsettled } from '../types.ts';
import { addressType } from './address-type.ts';
import { lookupRoute } from './lookup-route.ts';

const MULTICAST6 = cidr('ff00::/8');

/**
 * What one end of a packet is to this host, as nft's `fib saddr type` and `fib daddr type` ask. IPv4: a look into the local
 * table (net/ipv4/netfilter/nft_fib_ipv4.c nft_fib4_eval_type). IPv6: the route to that end from the other one, which rules
 * by source and protocol decide, too (net/ipv6/netfilter/nft_fib_ipv6.c nft_fib6_eval_type).
 */
export function flowType(host: Host, packet: Packet, of: 'saddr' | 'daddr'): AddrType | Unsettled {
  const [dst, src] = of === 'saddr' ? [packet.src, packet.dst] : [packet.dst, packet.src];
  if (packet.family === 4) return addressType(host, dst);
  const flow = { ...PLAIN_FLOW, dst, src: chosen(src), ipproto: packet.protocol };
  const found = lookupRoute(host, flow);
  if (found.kind === 'unknown') return found;
  if (found.kind === 'no-route') return 'UNREACHABLE';
  if (found.kind === 'refused') return REFUSED[found.type];
  if (found.type === 'anycast') return 'ANYCAST';
  if (found.type === 'local') return 'LOCAL';
  if (cidrContains(MULTICAST6, dst)) return 'MULTICAST';
  return dst === '::' ? 'UNSPEC' : 'UNICAST';
}

const chosen = (src: Ip): Ip | undefined => (src === '::' ? undefined : src);

const REFUSED = { blackhole: 'BLACKHOLE', prohibit: 'PROHIBIT', unreachable: 'UNREACHABLE' } as const;

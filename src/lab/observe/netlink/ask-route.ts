import { familyOf, type Ip, protocolNumber } from '../../../net/index.ts';
import type { Headers } from '../../../trace/index.ts';
import { abi, int32, type NetnsHandle, SystemError, sockaddr } from '../../exec/ffi/index.ts';
import { attribute } from './attributes.ts';
import { NETLINK_ROUTE, netlinkRequest } from './request.ts';

/** What a route that takes no packet says to the lookup that finds it, as an error number. */
export type RouteRefusal = 'EACCES' | 'EHOSTUNREACH' | 'ENETUNREACH' | 'EINVAL';

/**
 * What a namespace's kernel has to say to a packet that came in by a device (index `iif`; undefined: it is the namespace's
 * own) and is to be routed: the error of its own lookup, by the rules and tables as they stand. Undefined: it has a route, or takes no such question. No event names
 * the ip rule that refused a packet, and this is what that rule answers (net/ipv4/route.c inet_rtm_getroute, net/ipv6/route.c
 * inet6_rtm_getroute).
 */
export function askRoute(netns: NetnsHandle, iif: number | undefined, headers: Headers): RouteRefusal | undefined {
  try {
    netlinkRequest(netns, NETLINK_ROUTE, RTM_GETROUTE, question(iif, headers), 'do');
    return undefined;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return REFUSALS.find((each) => each === error.code);
  }
}

const REFUSALS: readonly RouteRefusal[] = ['EACCES', 'EHOSTUNREACH', 'ENETUNREACH', 'EINVAL'];
const RTM_GETROUTE = 26;
const RTA = { dst: 1, src: 2, iif: 3, mark: 16, ipProto: 27, sport: 28, dport: 29 } as const;
/** Those a lookup may be asked for (net/ipv4/fib_frontend.c rtm_getroute_parse_ip_proto). */
const ASKED: ReadonlySet<Headers['protocol']> = new Set(['tcp', 'udp', 'icmp', 'ipv6-icmp']);

function question(iif: number | undefined, { family, src, dst, protocol, sport, dport, mark }: Headers): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt8(family === 4 ? abi.AF_INET : abi.AF_INET6, 0);
  head.writeUInt8(family === 4 ? 32 : 128, 1);
  head.writeUInt8(family === 4 ? 32 : 128, 2);
  const parts = [head, attribute(RTA.dst, octets(dst)), attribute(RTA.src, octets(src))];
  if (iif !== undefined) parts.push(attribute(RTA.iif, int32(iif)));
  parts.push(attribute(RTA.mark, int32(mark)));
  if (ASKED.has(protocol)) parts.push(attribute(RTA.ipProto, Uint8Array.of(protocolNumber(protocol))));
  if (ASKED.has(protocol) && sport !== undefined) parts.push(attribute(RTA.sport, port(sport)));
  if (ASKED.has(protocol) && dport !== undefined) parts.push(attribute(RTA.dport, port(dport)));
  return Buffer.concat(parts);
}

/** As a socket's address holds them. */
const octets = (address: Ip): Uint8Array =>
  familyOf(address) === 4 ? sockaddr(address, 0).subarray(4, 8) : sockaddr(address, 0).subarray(8, 24);

function port(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value, 0);
  return bytes;
}

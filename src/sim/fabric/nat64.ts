import { type Ip, nat64Of, withoutNat64 } from '../../net/index.ts';
import type { L4, Packet } from '../packet.ts';

/** IPv6 headers are 20 bytes longer than IPv4's without options. */
const LONGER = 20;
/** A shorter IPv6 packet may be cut on its way through IPv4: no IPv6 link carries less (RFC 7915 section 5.1). */
const NEVER_CUT = 1280;

type Code = readonly [type: number, code: number];

/** RFC 7915 section 5.2. Undefined: nothing of IPv4 says it. */
function codeOfFour(type: number, code: number): Code | undefined {
  if (type === 128 || type === 129) return [type === 128 ? 8 : 0, 0];
  if (type === 1) return code === 4 ? [3, 3] : code === 1 ? [3, 10] : [3, 1];
  if (type === 2) return [3, 4];
  if (type === 3) return [11, code];
  return type === 4 && code === 1 ? [3, 2] : undefined;
}

const PROHIBITED: ReadonlySet<number> = new Set([9, 10, 13, 15]);

/** RFC 7915 section 4.2. Undefined: nothing of IPv6 says it. */
function codeOfSix(type: number, code: number): Code | undefined {
  if (type === 8 || type === 0) return [type === 8 ? 128 : 129, 0];
  if (type === 11) return [3, code];
  if (type !== 3 || code === 14) return undefined;
  if (code === 2) return [4, 1];
  if (code === 3) return [1, 4];
  if (code === 4) return [2, 0];
  return [1, PROHIBITED.has(code) ? 1 : 0];
}

interface Way {
  readonly family: 4 | 6;
  readonly address: (address: Ip) => Ip;
  readonly code: (type: number, code: number) => Code | undefined;
  readonly bytes: number;
}

const FOUR: Way = { family: 4, address: withoutNat64, code: codeOfFour, bytes: -LONGER };
const SIX: Way = { family: 6, address: nat64Of, code: codeOfSix, bytes: LONGER };

/**
 * The packet in the other family, and the one an error quotes (RFC 7915). An end outside the block is no address of the other
 * family: it stays, for whoever keeps the connections to put its own in. Undefined: no such message there.
 */
function translated(packet: Packet, way: Way): Packet | undefined {
  const l4 = translatedL4(packet.l4, way);
  if (l4 === undefined) return undefined;
  const { family, address, bytes } = way;
  const icmp = packet.l4.kind === 'icmp-query' || packet.l4.kind === 'icmp-error';
  return {
    family,
    src: address(packet.src),
    dst: address(packet.dst),
    protocol: icmp ? (family === 4 ? 'icmp' : 'ipv6-icmp') : packet.protocol,
    ttl: packet.ttl,
    tos: packet.tos,
    length: packet.length + bytes,
    df: family === 4 && packet.length > NEVER_CUT,
    l4,
  };
}

function translatedL4(l4: L4, way: Way): L4 | undefined {
  if (l4.kind !== 'icmp-query' && l4.kind !== 'icmp-error') return l4;
  const [type, code] = way.code(l4.type, l4.code) ?? [];
  if (type === undefined || code === undefined) return undefined;
  if (l4.kind === 'icmp-query') return { ...l4, type, code };
  const quoted = translated(l4.quoted, way);
  if (quoted === undefined) return undefined;
  const mtu = l4.mtu === undefined ? {} : { mtu: l4.mtu + way.bytes };
  return { ...l4, type, code, ...mtu, quoted };
}

/** A packet of an IPv6 sender as IPv4 has it; its own address is still there. */
export const asFour = (packet: Packet): Packet | undefined => translated(packet, FOUR);

/** A packet of IPv4 for an IPv6 address as IPv6 has it. */
export const asSix = (packet: Packet): Packet | undefined => translated(packet, SIX);

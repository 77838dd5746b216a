import { familyOf, type Ip, ipBits, ipFromBits } from './ip.ts';

const MAPPED = 0xffffn;

/** The IPv4 address an IPv4-mapped one stands for, `::ffff:10.0.0.1` (RFC 4291, 2.5.5.2); undefined of any other. */
export function ipv4Mapped(address: Ip): Ip | undefined {
  if (familyOf(address) === 4) return undefined;
  const bits = BigInt(ipBits(address));
  return bits >> 32n === MAPPED ? ipFromBits(Number(bits & 0xffff_ffffn), 4) : undefined;
}

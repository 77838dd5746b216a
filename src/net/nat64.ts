import { cidr, cidrContains } from './cidr.ts';
import { familyOf, type Ip, ipBits, ipFromBits } from './ip.ts';

/** IPv6 addresses whose last 32 bits are an IPv4 address (RFC 6052 section 2.1, the well-known prefix). */
export const NAT64 = cidr('64:ff9b::/96');

const IPV4 = 0xffff_ffffn;

/** `64:ff9b::c633:6407` of `198.51.100.7`; an IPv6 address stays. */
export const nat64Of = (address: Ip): Ip =>
  familyOf(address) === 4 ? ipFromBits(BigInt(NAT64.first) | BigInt(ipBits(address)), 6) : address;

/** `198.51.100.7` of `64:ff9b::c633:6407`; any other address stays. */
export const withoutNat64 = (address: Ip): Ip =>
  cidrContains(NAT64, address) ? ipFromBits(BigInt(ipBits(address)) & IPV4, 4) : address;

import { type Cidr, cidr, cidrContains } from './cidr.ts';
import { type Ip, ip, ipBits, ipFromBits } from './ip.ts';
import { type Mac, parseMac } from './mac.ts';

/** The address a device makes of its MAC: fe80::/64 and the modified EUI-64 (RFC 4291, appendix A). */
export function linkLocal(of: Mac): Ip {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = of.split(':').map((octet) => Number.parseInt(octet, 16));
  const id = [a ^ 2, b, c, 0xff, 0xfe, d, e, f].reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n);
  return ipFromBits(BigInt(ipBits(ip('fe80::'))) | id, 6);
}

/** The MAC a link-local IPv6 address was made of; undefined: of none. */
export function macOfLinkLocal(address: Ip): Mac | undefined {
  const hex = (BigInt(ipBits(address)) ^ (2n << 56n)).toString(16).padStart(32, '0').slice(16);
  const made = parseMac([0, 2, 4, 10, 12, 14].map((at) => hex.slice(at, at + 2)).join(':'));
  return made !== undefined && linkLocal(made) === address ? made : undefined;
}

/** Blocks of one link's own addresses (RFC 3927; RFC 4291, 2.5.6): no router forwards them. */
export const LINK_LOCAL6: Cidr = cidr('fe80::/10');
export const LINK_LOCAL: readonly Cidr[] = [cidr('169.254.0.0/16'), LINK_LOCAL6];

export const isLinkLocal = (address: Ip): boolean => LINK_LOCAL.some((block) => cidrContains(block, address));

/** `0.0.0.0` and `::`, which are no host's address. */
export const isUnspecified = (address: Ip): boolean => address === '0.0.0.0' || address === '::';

import { familyOf, type Ip, ipBits } from '../../net/index.ts';

/** The name a PTR question asks for (RFC 1035 section 3.5, RFC 3596 section 2.5). */
export function reverseName(address: Ip): string {
  if (familyOf(address) === 4) return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  const nibbles = BigInt(ipBits(address)).toString(16).padStart(32, '0');
  return `${[...nibbles].reverse().join('.')}.ip6.arpa`;
}

/** An address as a label: `10-0-2-127`. */
export const dashed = (address: string): string => address.replaceAll(/[.:]/g, '-');

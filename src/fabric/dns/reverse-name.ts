import { familyOf, type Ip, ipBits, parseIp } from '../../net/index.ts';

/** The name a PTR question asks for (RFC 1035 section 3.5, RFC 3596 section 2.5). */
export function reverseName(address: Ip): string {
  if (familyOf(address) === 4) return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  const nibbles = BigInt(ipBits(address)).toString(16).padStart(32, '0');
  return `${[...nibbles].reverse().join('.')}.ip6.arpa`;
}

/** The address a reverse name stands for; undefined for a part of one, or for another name below the reverse zones. */
export function reverseAddress(name: string): Ip | undefined {
  const v4 = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(name)?.[1];
  if (v4 !== undefined) return parseIp(v4.slice(0, -1).split('.').reverse().join('.'));
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1];
  if (v6 === undefined) return undefined;
  const digits = v6.slice(0, -1).split('.').reverse().join('');
  return parseIp(digits.replace(/(.{4})(?=.)/g, '$1:'));
}

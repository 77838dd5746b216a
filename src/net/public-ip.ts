import { cidr, cidrContains } from './cidr.ts';
import type { Ip } from './ip.ts';

/** Addresses that are not routed between networks (RFC 6890 and relatives). */
export const NOT_PUBLIC = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/3',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
  '::/127',
].map(cidr);

/** True for an address that is nobody's private business: routable on the internet. */
export const isPublicIp = (address: Ip): boolean => !NOT_PUBLIC.some((block) => cidrContains(block, address));

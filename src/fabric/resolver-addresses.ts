import { cidrNth, type Ip, ip } from '../net/index.ts';
import type { Vpc } from './types.ts';

const LINK_LOCAL = { 4: ip('169.254.169.253'), 6: ip('fd00:ec2::253') } as const;

/** The Amazon-provided DNS server's addresses in a VPC: the primary block + 2, and a link-local name per family (VPC guide, DNS attributes). */
export function resolverAddresses({ cidrs }: Pick<Vpc, 'cidrs'>): readonly Ip[] {
  const [primary] = cidrs;
  const own = primary === undefined ? [] : [cidrNth(primary, 2)];
  return cidrs.some(({ family }) => family === 6) ? [...own, LINK_LOCAL[4], LINK_LOCAL[6]] : [...own, LINK_LOCAL[4]];
}

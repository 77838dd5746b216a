import { cidrNth, type Ip, ip } from '../../net/index.ts';
import type { FabricIndex } from './fabric-index.ts';

const LINK_LOCAL = new Set<Ip>([ip('169.254.169.253'), ip('fd00:ec2::253')]);

/** The Amazon-provided DNS server: the VPC's primary block + 2, and two link-local names for it. */
export function isVpcResolver(index: FabricIndex, vpc: string, address: Ip): boolean {
  if (LINK_LOCAL.has(address)) return true;
  const primary = index.vpc(vpc)?.cidrs[0];
  return primary !== undefined && cidrNth(primary, 2) === address;
}

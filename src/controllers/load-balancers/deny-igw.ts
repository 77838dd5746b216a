import type { SourceRef } from '../../base/index.ts';

/** The attribute of a load balancer that closes it to internet gateways (ELBv2 API, LoadBalancerAttribute). */
export const DENY_IGW = 'ipv6.deny_all_igw_traffic';

/**
 * What an annotation's attributes say of it, if anything. ELBv2 refuses it on a load balancer of one family: "not supported on
 * load balancers with IP address type 'ipv4'".
 */
export function deniesIgw(
  said: string | undefined,
  dualstack: boolean,
  refuse: (expected: string) => void,
): { readonly denyAllIgwTraffic?: boolean } {
  if (said === undefined) return {};
  if (!dualstack) refuse(`no ${DENY_IGW} on a load balancer of IP address type ipv4`);
  else if (said === 'true' || said === 'false') return { denyAllIgwTraffic: said === 'true' };
  else refuse(`${DENY_IGW}=true or =false, not "${said.slice(0, 80)}"`);
  return {};
}

/** The line that says so, where there is one. */
export const closedBy = (at: SourceRef | undefined): { readonly closedBy?: SourceRef } =>
  at === undefined ? {} : { closedBy: at };

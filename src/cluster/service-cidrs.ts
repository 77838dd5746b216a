import { type Cidr, cidr, cidrContains, cidrOf, familyOf, type Ip, parseIp } from '../net/index.ts';
import type { EksctlCluster } from './eksctl/read-cluster-config.ts';
import type { Network } from './network.ts';
import type { InputObjects } from './read-objects.ts';

const EKS_RANGES = [cidr('10.100.0.0/16'), cidr('172.20.0.0/16')];

/**
 * What the user says; else the range the live Services are in; else EKS's choice: 10.100.0.0/16, and 172.20.0.0/16 for a
 * VPC in 10.0.0.0/8 (EKS API reference, KubernetesNetworkConfigRequest; the AL2 bootstrap script has the same rule).
 */
export function serviceCidrsOf(
  objects: InputObjects,
  eksctl: EksctlCluster | undefined,
  network: Network,
  ipFamily: 'IPv4' | 'IPv6',
  assumptions: string[],
): readonly Cidr[] {
  const given =
    objects.clusters[0]?.spec.serviceCidrs ?? (eksctl?.serviceCidr === undefined ? [] : [eksctl.serviceCidr]);
  if (given.length > 0) return given;
  const addresses = objects.services
    .flatMap((service) => service.spec.clusterIPs)
    .flatMap((text) => parseIp(text) ?? []);
  const [known] = objects.services
    .filter(({ metadata }) => metadata.name === 'kubernetes' && metadata.namespace === 'default')
    .flatMap((service) => service.spec.clusterIPs);
  const anchor = (known === undefined ? undefined : parseIp(known)) ?? addresses[0];
  const live = anchor === undefined ? undefined : rangeAround(anchor);
  if (live !== undefined) {
    assumptions.push(`service CIDR not given: ${live.text}, from the Services' own addresses`);
    return [live];
  }
  if (ipFamily === 'IPv6') {
    assumptions.push('service CIDR not given: fd30:1c53:5f8a::/108 stands in for the one EKS would pick');
    return [cidr('fd30:1c53:5f8a::/108')];
  }
  const ten = cidr('10.0.0.0/8');
  const inTen = network.vpcs.some(
    (vpc) =>
      vpc.id === network.clusterVpc &&
      vpc.cidrs.some((block) => block.family === 4 && block.first >= ten.first && block.last <= ten.last),
  );
  const chosen = EKS_RANGES[inTen ? 1 : 0] ?? cidr('10.100.0.0/16');
  assumptions.push(`service CIDR not given: ${chosen.text}, as EKS picks for this VPC`);
  return [chosen];
}

const rangeAround = (address: Ip): Cidr =>
  familyOf(address) === 6
    ? cidrOf(address, 108)
    : (EKS_RANGES.find((block) => cidrContains(block, address)) ?? cidrOf(address, 16));

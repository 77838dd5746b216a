import type { VpcSpec } from '../../cluster/index.ts';
import type { Eni } from '../../fabric/index.ts';
import { cidrContains, type Ip } from '../../net/index.ts';
import type { ClusterPlan } from '../node/plan-types.ts';

/**
 * Addresses of a VPC nobody described that somebody is known to have: nodes, pods, and what the input itself puts there. A warm
 * address of an ENI made here is nobody's until a pod has it: a real machine of that VPC may.
 */
export function shownAddresses({ nodes }: ClusterPlan, { cidrs }: VpcSpec, enis: readonly Eni[]): readonly Ip[] {
  const shown = new Set<Ip>();
  for (const { addresses, primary, enis: own, pods } of nodes) {
    shown.add(primary.spec.primaryIp);
    for (const address of addresses) shown.add(address);
    for (const { spec } of own) if (spec.source !== undefined) for (const each of ofEni(spec)) shown.add(each);
    for (const pod of pods) for (const address of pod.addresses) shown.add(address);
  }
  for (const { owner, addresses } of enis)
    if (!owner.startsWith('node/')) for (const each of addresses) shown.add(each);
  return [...shown].filter((address) => cidrs.some((block) => cidrContains(block, address)));
}

const ofEni = ({ primaryIp, addresses }: { readonly primaryIp: Ip; readonly addresses: readonly Ip[] }) => [
  primaryIp,
  ...addresses,
];

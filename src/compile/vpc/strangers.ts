import type { SourceRef } from '../../base/index.ts';
import type { Eni, FabricUnmodelled } from '../../fabric/index.ts';
import { cidrContains, type Ip } from '../../net/index.ts';
import { HOST_DEVICE } from '../node/compile-host.ts';
import { eniIdFor, macFor } from '../node/names.ts';
import type { ClusterPlan, SubnetPlan } from '../node/plan-types.ts';
import { fronts } from '../unmodelled/fronts.ts';
import { told } from '../unmodelled/say.ts';

interface Strangers {
  readonly enis: readonly Eni[];
  readonly unmodelled: readonly FabricUnmodelled[];
}

interface Stranger {
  readonly address: Ip;
  readonly owner: string;
  readonly attachment: Eni['attachment'];
  readonly what: string;
  readonly at: SourceRef;
}

/**
 * Addresses of the VPC that somebody has and nothing compiled stands behind: pods on nodes that are not modelled, load
 * balancers. Each gets an interface, so that a packet for it is not taken for one that nobody owns.
 */
export function strangersIn(plan: ClusterPlan, known: readonly Eni[]): Strangers {
  const taken = new Set<Ip>(known.flatMap((eni) => eni.addresses));
  const enis: Eni[] = [];
  const unmodelled: FabricUnmodelled[] = [];
  for (const stranger of strangers(plan)) {
    const subnet = subnetHolding(plan, stranger.address);
    if (subnet === undefined || taken.has(stranger.address)) continue;
    taken.add(stranger.address);
    const eni = eniOf(stranger, subnet);
    enis.push(eni);
    unmodelled.push({ scope: { kind: 'eni', id: eni.id }, what: told(stranger.what, stranger.at), at: stranger.at });
  }
  return { enis, unmodelled };
}

function* strangers(plan: ClusterPlan): Generator<Stranger> {
  for (const { pod, netns, addresses, what, at } of plan.outsidePods) {
    const attachment = pod.spec.hostNetwork ? null : { netns, dev: HOST_DEVICE };
    for (const address of addresses) yield { address, owner: netns, attachment, what, at };
  }
  for (const { addresses, what, at } of fronts(plan.cluster))
    for (const address of addresses) yield { address, owner: 'load-balancer', attachment: null, what, at };
}

const subnetHolding = (plan: ClusterPlan, address: Ip): SubnetPlan | undefined =>
  [...plan.subnets.values()].find(({ spec }) => spec.cidrs.some((block) => cidrContains(block, address)));

const eniOf = ({ address, owner, attachment, at }: Stranger, { spec }: SubnetPlan): Eni => ({
  id: eniIdFor(`stranger ${address}`),
  subnet: spec.id,
  mac: macFor(`stranger ${address}`),
  addresses: [address],
  prefixes: [],
  publicAddresses: new Map(),
  sourceDestCheck: true,
  attachment,
  deviceIndex: 0,
  owner,
  securityGroups: [],
  mtu: 9001,
  origin: { by: 'input', at },
});

import type { SourceRef } from '../../base/index.ts';
import type { Eni, FabricUnmodelled } from '../../fabric/index.ts';
import { cidrContains, type Ip } from '../../net/index.ts';
import { HOST_DEVICE } from '../node/compile-host.ts';
import { eniIdFor, internetNetns, macFor } from '../node/names.ts';
import type { ClusterPlan, FrontHost, SubnetPlan } from '../node/plan-types.ts';
import { fronts } from '../unmodelled/fronts.ts';
import { told } from '../unmodelled/say.ts';

interface Strangers {
  readonly enis: readonly Eni[];
  /** Fronts whose address is on the internet. */
  readonly hosts: readonly FrontHost[];
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
 * Addresses that somebody has and nothing compiled stands behind: pods on nodes that are not modelled, load balancers.
 * One of the VPC gets an interface, so that a packet for it is not taken for one that nobody owns; a load balancer's on
 * the internet gets a host, so that nobody takes it for an open one. `elsewhere`: public addresses somebody is known to have.
 */
export function strangersIn(plan: ClusterPlan, known: readonly Eni[], elsewhere: readonly Ip[]): Strangers {
  const met = [...strangers(plan)];
  const taken = new Set<Ip>(met.length === 0 ? [] : [...known.flatMap((eni) => eni.addresses), ...elsewhere]);
  const enis: Eni[] = [];
  const unmodelled: FabricUnmodelled[] = [];
  const hosts: FrontHost[] = [];
  for (const stranger of met) {
    const { address, owner, what, at } = stranger;
    if (taken.has(address)) continue;
    const subnet = subnetHolding(plan, address);
    if (subnet === undefined) {
      if (owner !== FRONT || inVpc(plan, address)) continue;
      taken.add(address);
      hosts.push({ address, netns: internetNetns(address), what, at });
      continue;
    }
    taken.add(address);
    const eni = eniOf(stranger, subnet);
    enis.push(eni);
    unmodelled.push({ scope: { kind: 'eni', id: eni.id }, what: told(stranger.what, stranger.at), at: stranger.at });
  }
  return { enis, hosts, unmodelled };
}

const FRONT = 'load-balancer';

const inVpc = ({ cluster }: ClusterPlan, address: Ip): boolean =>
  cluster.network.vpcs.some(({ cidrs }) => cidrs.some((block) => cidrContains(block, address)));

function* strangers(plan: ClusterPlan): Generator<Stranger> {
  for (const { pod, netns, addresses, what, at } of plan.outsidePods) {
    const attachment = pod.spec.hostNetwork ? null : { netns, dev: HOST_DEVICE };
    for (const address of addresses) yield { address, owner: netns, attachment, what, at };
  }
  for (const { addresses, what, at } of fronts(plan.cluster))
    for (const address of addresses) yield { address, owner: FRONT, attachment: null, what, at };
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

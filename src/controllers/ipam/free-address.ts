import { type Cluster, type EniSpec, isTerminal, type NodeSpec } from '../../cluster/index.ts';
import { familyOf, type Ip } from '../../net/index.ts';
import { DraftEni } from './draft-eni.ts';
import { instanceLimits } from './instance-types.ts';
import { prefixesIn } from './max-pods.ts';
import { carriesPods, type IpamSettings, ipamSettings } from './settings.ts';
import { subnetPools } from './subnet-pools.ts';

/** An address of a node for one more pod. */
export interface FreeAddress {
  readonly address: Ip;
  /** Of the ENI that has it, or is to have it. */
  readonly deviceIndex: number;
}

/**
 * The address the next pod of a node gets: ipamd takes any that is free on an attached ENI
 * (`pkg/ipamd/datastore/data_store.go` AssignPodIPv4Address), we the lowest, lowest device index first. Where none is
 * listed, an ENI with room for another secondary address gets one of its subnet (`pkg/ipamd/ipamd.go` tryAssignIPs); no
 * prefix and no ENI is added. `unusable`: addresses that rest.
 * @example freeAddress(settled, 'ip-10-0-0-75.ec2.internal', new Set()) // { address: '10.0.1.52', deviceIndex: 1 }
 */
export function freeAddress(cluster: Cluster, node: string, unusable: ReadonlySet<Ip>): FreeAddress | undefined {
  const settings = ipamSettings(cluster);
  const spec = cluster.nodeSpecs.find(({ name }) => name === node);
  if (spec === undefined) return undefined;
  const enis = spec.enis
    .filter(({ deviceIndex, interfaceType }) => interfaceType !== 'trunk' && carriesPods(settings, deviceIndex))
    .sort((a, b) => a.deviceIndex - b.deviceIndex);
  return listed(cluster, enis, unusable, settings.ipv6 ? 6 : 4) ?? assigned(cluster, spec, enis, unusable, settings);
}

function listed(
  { pods }: Cluster,
  enis: readonly EniSpec[],
  unusable: ReadonlySet<Ip>,
  family: 4 | 6,
): FreeAddress | undefined {
  const taken = pods.flatMap((pod) => (isTerminal(pod) ? [] : pod.status.podIPs));
  for (const eni of enis) {
    const draft = new DraftEni(eni, false);
    for (const address of [...taken, ...unusable])
      if (address !== undefined && familyOf(address) === family) draft.assign(address);
    const address = draft.assignNext(family);
    if (address !== undefined) return { address, deviceIndex: eni.deviceIndex };
  }
  return undefined;
}

function assigned(
  cluster: Cluster,
  { instanceType }: NodeSpec,
  enis: readonly EniSpec[],
  unusable: ReadonlySet<Ip>,
  settings: IpamSettings,
): FreeAddress | undefined {
  const limits = instanceLimits(instanceType);
  if (settings.ipv6 || limits === undefined || prefixesIn(limits, settings)) return undefined;
  const pools = subnetPools(cluster);
  for (const eni of enis) {
    if (eni.addresses.length + eni.prefixes.length >= limits.addressesPerEni - 1) continue;
    const pool = pools.get(eni.subnet);
    let address = pool?.take(4);
    while (address !== undefined && unusable.has(address)) address = pool?.take(4);
    if (address !== undefined) return { address, deviceIndex: eni.deviceIndex };
  }
  return undefined;
}

import type { Parsed } from '../../base/index.ts';
import { type Cluster, isDerived, type NodeSpec } from '../../cluster/index.ts';
import { cidrOf, familyOf, type Ip } from '../../net/index.ts';
import { assume } from '../assume.ts';
import { internalIps } from '../nodes.ts';
import { type InstanceLimits, instanceLimits } from './instance-types.ts';
import { maxPodsOf, theoreticalMaxPods } from './max-pods.ts';
import { addressOf } from './pod-address.ts';
import { type IpamSettings, ipamSettings } from './settings.ts';

const KNOB = 'ENABLE_PREFIX_DELEGATION';

/**
 * Live nodes with more pods than their ENIs have single addresses show that the CNI holds prefixes, where the input does not
 * have its variable: ipamd has no third way. Where live objects are all there is, a kubelet that takes as many pods as EKS
 * computes for prefixes shows it too, unless addresses of two nodes lie in one prefix, which only one of them could hold.
 */
export function showPrefixes(cluster: Cluster): Parsed<Cluster> {
  const { cni } = cluster;
  const settings = ipamSettings(cluster);
  if (settings.ipv6 || settings.prefixDelegation || cni.whole === true || KNOB in cni.env)
    return { value: cluster, issues: [] };
  const shown = shownByPods(cluster, settings) ?? (isBare(cluster) ? shownByKubelet(cluster, settings) : undefined);
  if (shown === undefined) return { value: cluster, issues: [] };
  const value = { ...cluster, cni: { ...cni, settings: { ...cni.settings, prefixDelegation: true } } };
  return { value: assume(value, `${shown}: ${KNOB} is taken to be true`), issues: [] };
}

/** Live objects are all there is: nobody described the VPC, or set the CNI up. */
const isBare = ({ cni, network }: Cluster): boolean => Object.keys(cni.env).length === 0 && isDerived(network);

/** Secondary addresses of all the ENIs of a node that may carry pods. */
export const singleAddresses = ({ enis, addressesPerEni }: InstanceLimits, settings: IpamSettings): number =>
  (Math.min(enis, settings.maxEni ?? enis) - (settings.customNetworking ? 1 : 0)) * (addressesPerEni - 1);

/** Nodes whose ENIs are made here, of a type that can have prefixes. */
const open = ({ nodeSpecs }: Cluster): readonly (readonly [NodeSpec, InstanceLimits])[] =>
  nodeSpecs.flatMap((spec) => {
    const limits = spec.computeType === undefined ? instanceLimits(spec.instanceType) : undefined;
    return limits?.nitro === true && spec.enis.length === 0 ? [[spec, limits] as const] : [];
  });

function shownByPods(cluster: Cluster, settings: IpamSettings): string | undefined {
  const count = new Map<string, number>();
  for (const pod of cluster.pods) {
    const { nodeName } = pod.spec;
    if (nodeName !== undefined && pod.spec.podEni !== true && addressOf(pod) !== undefined)
      count.set(nodeName, (count.get(nodeName) ?? 0) + 1);
  }
  for (const [{ name, instanceType }, limits] of open(cluster)) {
    const room = singleAddresses(limits, settings);
    const pods = count.get(name) ?? 0;
    if (pods > room)
      return `node ${name} has ${pods} pods with addresses, and ENIs of its type ${instanceType} hold ${room} single ones`;
  }
  return undefined;
}

function shownByKubelet(cluster: Cluster, settings: IpamSettings): string | undefined {
  const takes = new Map(
    cluster.nodes.flatMap(({ metadata, status }) =>
      status.capacityPods === undefined || status.addresses.length === 0
        ? []
        : [[metadata.name, status.capacityPods] as const],
    ),
  );
  for (const [{ name, instanceType }, limits] of open(cluster)) {
    const pods = takes.get(name) ?? 0;
    const most = theoreticalMaxPods(limits, false);
    // A few more than there are addresses is a wrong figure of somebody's; what EKS computes for prefixes is one of theirs.
    if (pods > most && pods >= maxPodsOf(limits, { ...settings, prefixDelegation: true }))
      return isShared(cluster)
        ? undefined
        : `node ${name} takes ${pods} pods, and ENIs of its type ${instanceType} have single addresses for ${most}`;
  }
  return undefined;
}

/** Whether a pod's address and one of another node lie in one /28. */
function isShared({ nodes, pods }: Cluster): boolean {
  const homes = new Map<string, string>();
  for (const pod of pods) {
    const [address, node] = [addressOf(pod), pod.spec.nodeName];
    if (address === undefined || node === undefined) continue;
    const block = blockOf(address);
    if ((homes.get(block) ?? node) !== node) return true;
    homes.set(block, node);
  }
  return nodes.some((node) =>
    internalIps(node).some((address) => {
      const home = familyOf(address) === 4 ? homes.get(blockOf(address)) : undefined;
      return home !== undefined && home !== node.metadata.name;
    }),
  );
}

const blockOf = (address: Ip): string => cidrOf(address, 28).text;

import { type Ip, isLinkLocal, PrefixTrie } from '../net/index.ts';
import type { Cluster } from './cluster.ts';
import type { Pod } from './objects.ts';
import { isTerminal } from './pod-phase.ts';

const HYBRID = 'hybrid';

/**
 * The address of a live pod that no subnet of the cluster's VPC has: not aws-node gave it but another CNI, on an overlay of
 * its own. A hybrid node is outside the VPC, and so are its pods' addresses; a hostNetwork pod has its node's. Undefined: none.
 */
export function overlayAddresses(cluster: Cluster): (pod: Pod) => Ip | undefined {
  const { network, nodes } = cluster;
  const inside = new PrefixTrie<true>();
  for (const { cidrs } of network.vpcs.find(({ id }) => id === network.clusterVpc)?.subnets ?? [])
    for (const block of cidrs) inside.add(block, true);
  const elsewhere = new Set(
    nodes
      .filter(({ metadata }) => metadata.labels['eks.amazonaws.com/compute-type'] === HYBRID)
      .map(({ metadata }) => metadata.name),
  );
  return (pod) => {
    if (!isLive(pod) || pod.spec.hostNetwork || isTerminal(pod) || elsewhere.has(pod.spec.nodeName ?? ''))
      return undefined;
    return pod.status.podIPs.find((address) => !isLinkLocal(address) && inside.longest(address) === undefined);
  };
}

/** Only an API server writes these. */
const isLive = ({ metadata }: Pick<Pod, 'metadata'>): boolean =>
  metadata.uid !== undefined || metadata.creationTimestamp !== undefined;

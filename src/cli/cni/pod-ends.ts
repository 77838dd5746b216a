import type { CniResult } from '../../cni/index.ts';
import type { PodEnds } from '../../lab/index.ts';
import type { Netns, NetnsId } from '../../linux/index.ts';
import type { AttachedPod } from '../../load/index.ts';
import type { World } from '../../world/index.ts';

export const labelOf = ({ namespace, name }: Pick<AttachedPod, 'namespace' | 'name'>): NetnsId =>
  `pod/${namespace}/${name}` as NetnsId; // how compiled pods are called
export const nodeLabel = (node: string): NetnsId => `node/${node}` as NetnsId;

/** Both ends of a pod's pair in a World; undefined where its node does not have it. */
export function podEnds(world: World, { vethIfindex, node, address, ...pod }: AttachedPod): PodEnds | undefined {
  const link = world.netns.get(nodeLabel(node))?.links.find(({ ifindex }) => ifindex === vethIfindex);
  if (link === undefined || !world.netns.has(labelOf(pod))) return undefined;
  return { pod: labelOf(pod), node: nodeLabel(node), veth: link.ifname, address };
}

/** What ADD answers: the pair, the address on the pod's end, and nothing that is not wired. */
export function resultOf(world: World, ends: PodEnds, sandbox: string): CniResult {
  const linkOf = (netns: Netns['id'], dev: string) =>
    (world.netns.get(netns)?.links ?? [])
      .filter(({ ifname }) => ifname === dev)
      .map(({ ifname, address, mtu }) => ({ name: ifname, mac: address, mtu }));
  const addresses = world.netns.get(ends.pod)?.addresses.filter(({ dev }) => dev === 'eth0') ?? [];
  return {
    interfaces: [...linkOf(ends.node, ends.veth), ...linkOf(ends.pod, 'eth0').map((link) => ({ ...link, sandbox }))],
    ips: addresses.map(({ local, prefixlen }) => ({ address: `${local}/${prefixlen}`, interface: 1 })),
  };
}

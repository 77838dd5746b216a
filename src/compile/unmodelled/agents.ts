import type { Cluster, Workload } from '../../cluster/index.ts';

/** DaemonSets that work on the packets of nodes beside the VPC CNI and kube-proxy. */
export interface Agents {
  /** Enforces NetworkPolicy objects. */
  readonly filters: Workload | undefined;
  /** Wires pods or routes their packets itself: nothing of what is compiled holds on its nodes. */
  readonly rewires: Workload | undefined;
}

const IMAGES: readonly (readonly [image: RegExp, does: 'filters' | 'rewires'])[] = [
  [/(?:^|\/)calico\/node(?=[:@]|$)/, 'filters'],
  [/(?:^|\/)kube-network-policies(?=[:@]|$)/, 'filters'],
  [/(?:^|\/)weave-npc(?=[:@]|$)/, 'filters'],
  [/(?:^|\/)cilium\/cilium(?=[:@]|$)/, 'rewires'],
  [/(?:^|\/)antrea\/antrea-(?:agent|ubuntu|ubi)[\w-]*(?=[:@]|$)/, 'rewires'],
  [/(?:^|\/)cloudnativelabs\/kube-router(?=[:@]|$)/, 'rewires'],
  [/(?:^|\/)flannel(?:-io)?\/flannel(?=[:@]|$)/, 'rewires'],
  [/(?:^|\/)weave-kube(?=[:@]|$)/, 'rewires'],
];

export function agentsOf(cluster: Cluster): Agents {
  let filters: Workload | undefined;
  let rewires: Workload | undefined;
  for (const workload of cluster.workloads) {
    if (workload.kind !== 'DaemonSet') continue;
    for (const { image, env } of workload.template.spec.containers) {
      const does = IMAGES.find(([known]) => known.test(image))?.[1];
      if (does === undefined) continue;
      // Calico wires pods itself unless it is told to leave that to another plugin (calico/node configuration reference).
      const backend = env.find(({ name }) => name === 'CALICO_NETWORKING_BACKEND')?.value;
      if (does === 'rewires' || (backend !== undefined && backend !== 'none')) rewires ??= workload;
      else filters ??= workload;
    }
  }
  return { filters, rewires };
}

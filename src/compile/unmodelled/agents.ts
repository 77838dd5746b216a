import { type SourceRef, showSource } from '../../base/index.ts';
import type { Cluster, PodSpec } from '../../cluster/index.ts';

/** A DaemonSet, or what its pods show of one that is not in the input. */
export interface Agent {
  /** `NAMESPACE/NAME` */
  readonly name: string;
  readonly source: SourceRef;
}

/**
 * To the packets of nodes: enforces NetworkPolicy objects; wires pods or routes their packets itself, so that nothing of
 * what is compiled holds; or keeps rules of its own beside the ones compiled.
 */
type Does = 'filters' | 'rewires' | 'answers-dns' | 'takes-metadata' | 'masquerades' | 'nothing';

/** The first agent of each kind. */
export type Agents = Readonly<Partial<Record<Does, Agent>>>;

const IMAGES: readonly (readonly [image: RegExp, does: Does])[] = [
  [/(?:^|\/)calico\/node(?=[:@]|$)/, 'filters'],
  [/(?:^|\/)kube-network-policies(?=[:@]|$)/, 'filters'],
  [/(?:^|\/)weave-npc(?=[:@]|$)/, 'filters'],
  [/(?:^|\/)cilium\/cilium(?=[:@]|$)/, 'rewires'],
  [/(?:^|\/)antrea\/antrea-(?:agent|ubuntu|ubi)[\w-]*(?=[:@]|$)/, 'rewires'],
  [/(?:^|\/)cloudnativelabs\/kube-router(?=[:@]|$)/, 'rewires'],
  [/(?:^|\/)flannel(?:-io)?\/flannel(?=[:@]|$)/, 'rewires'],
  [/(?:^|\/)weave-kube(?=[:@]|$)/, 'rewires'],
  [/(?:^|\/)k8s-dns-node-cache[\w-]*(?=[:@]|$)/, 'answers-dns'],
  [/(?:^|\/)(?:kube2iam|kiam)(?=[:@]|$)/, 'takes-metadata'],
  [/(?:^|\/)ip-masq-agent[\w-]*(?=[:@]|$)/, 'masquerades'],
  // Known not to touch a node's packets, whatever they are allowed: what EKS installs, storage drivers, watchers. What
  // Istio's do on a node concerns the pods of the mesh, and those are unsure one by one.
  [/(?:^|\/)(?:aws-node|kube-proxy|amazon-k8s-cni(?:-init)?|aws-network-policy-agent)(?=[:@]|$)/, 'nothing'],
  [/(?:^|\/)[\w-]*(?:csi|node-driver-registrar|livenessprobe)[\w-]*(?=[:@]|$)/, 'nothing'],
  [/(?:^|\/)(?:install-cni|ztunnel)[\w-]*(?=[:@]|$)/, 'nothing'],
  [
    /(?:^|\/)(?:eks-pod-identity-agent|eks-node-monitoring-agent|aws-guardduty-agent|node-exporter|node-problem-detector|falco|cloudwatch-agent|aws-for-fluent-bit|fluent-bit|k8s-device-plugin)(?=[:@]|$)/,
    'nothing',
  ],
];

/** The name NodeLocal DNSCache's own manifest has, whatever registry of one's own, and under what name, its image is from. */
const NODE_LOCAL_DNS = 'kube-system/node-local-dns';

const doesOf = (image: string, { name }: Agent): Does | undefined =>
  IMAGES.find(([known]) => known.test(image))?.[1] ?? (name === NODE_LOCAL_DNS ? 'answers-dns' : undefined);

export function agentsOf(cluster: Cluster): Agents {
  const agents: Partial<Record<Does, Agent>> = {};
  for (const { agent, spec } of daemons(cluster)) {
    for (const { image, env } of spec.containers) {
      const does = doesOf(image, agent);
      if (does === undefined) continue;
      // Calico wires pods itself unless it is told to leave that to another plugin (calico/node configuration reference).
      const backend = env.find(({ name }) => name === 'CALICO_NETWORKING_BACKEND')?.value;
      agents[backend !== undefined && backend !== 'none' ? 'rewires' : does] ??= agent;
    }
  }
  return agents;
}

/** Agents that may change their nodes' network, by what they are allowed, and that nobody knows to leave it alone. */
export function agentAssumptions(cluster: Cluster): readonly string[] {
  const lines = daemons(cluster).flatMap(({ agent, spec }) => {
    const known = spec.containers.some(({ image }) => doesOf(image, agent) !== undefined);
    return spec.hostNetwork && spec.netAdmin === true && !known
      ? [
          `DaemonSet ${agent.name} may change its nodes' routes and rules (hostNetwork with NET_ADMIN): it is taken to leave them as they are (${showSource(agent.source)})`,
        ]
      : [];
  });
  return [...new Set(lines)];
}

interface Daemon {
  readonly agent: Agent;
  readonly spec: PodSpec;
}

function daemons(cluster: Cluster): readonly Daemon[] {
  const found = new Map<string, Daemon>();
  for (const { kind, metadata, template, source } of cluster.workloads) {
    const name = `${metadata.namespace}/${metadata.name}`;
    if (kind === 'DaemonSet') found.set(name, { agent: { name, source }, spec: template.spec });
  }
  for (const { metadata, spec, source } of cluster.pods) {
    const owner = metadata.ownerReferences.find(({ kind }) => kind === 'DaemonSet');
    if (owner === undefined) continue;
    const name = `${metadata.namespace}/${owner.name}`;
    if (!found.has(name)) found.set(name, { agent: { name, source }, spec });
  }
  return [...found.values()];
}

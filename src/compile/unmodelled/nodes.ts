import type { Cluster } from '../../cluster/index.ts';
import type { Unmodelled } from '../../linux/index.ts';
import type { NodePlan } from '../node/plan-types.ts';
import { agentsOf } from './agents.ts';
import { ofNetns } from './say.ts';
import { unlistedDns } from './unlisted-dns.ts';
import { waitingForNodes } from './unmade-nodes.ts';

/** Labels that say a node is of a kind that is not compiled. */
const LABELS: readonly (readonly [key: string, value: string, what: string])[] = [
  ['eks.amazonaws.com/compute-type', 'hybrid', 'A hybrid node is not modelled'],
  ['eks.amazonaws.com/compute-type', 'auto', 'A node of EKS Auto Mode is not modelled'],
  ['kubernetes.io/os', 'windows', 'A Windows node is not modelled'],
];

/** What makes all packets of a node unsure, prepared once a cluster. */
export function nodeReasons(cluster: Cluster): (node: NodePlan) => readonly Unmodelled[] {
  const { mode, detectLocal, source } = cluster.kubeProxy;
  const { rewires } = agentsOf(cluster);
  const everywhere: Unmodelled[] = [...waitingForNodes(cluster), ...unlistedDns(cluster)];
  if (mode === 'nftables' && (detectLocal.kind === 'bridge' || detectLocal.kind === 'interface-prefix')) {
    everywhere.push(
      ofNetns(`kube-proxy mode nftables that tells pods by a device (${detectLocal.name}) is not modelled`, source),
    );
  }
  if (rewires !== undefined) {
    everywhere.push(ofNetns(`DaemonSet ${rewires.name} rewires its nodes and is not modelled`, rewires.source));
  }
  const groups = new Map<string, Unmodelled[]>();
  for (const { what, at, touches } of cluster.unmodelled) {
    if (touches.kind !== 'nodes') continue;
    if (touches.group === undefined) everywhere.push(ofNetns(what, at));
    else groups.set(touches.group, [...(groups.get(touches.group) ?? []), ofNetns(what, at)]);
  }
  return ({ spec, object }) => {
    const labels = { ...spec.labels, ...object?.metadata.labels };
    const kinds = LABELS.filter(([key, value]) => labels[key] === value);
    return [
      ...everywhere,
      ...(groups.get(spec.nodeGroup ?? '') ?? []),
      ...kinds.map(([, , what]) => ofNetns(what, object?.source ?? spec.source)),
    ];
  };
}

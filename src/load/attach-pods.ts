import type { Issue, Parsed } from '../base/index.ts';
import { type Cluster, emptyPodSpec, type NodeSpec, type PlacementSpec, type Pod } from '../cluster/index.ts';
import { eniOfPod } from '../controllers/index.ts';
import type { Ip } from '../net/index.ts';

/** A pod that a runtime brought to a node whose other pods run: what the node's CNI and kernel gave it. */
export interface AttachedPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly address: Ip;
  /** Of the ENI that has the address, or got it for this pod. */
  readonly deviceIndex: number;
  /** Of the host end of its pair. */
  readonly vethIfindex: number;
  /** How the node numbers its namespace. */
  readonly netnsid: number;
  /** Who brought it: said where its lines are explained. */
  readonly by: string;
}

/**
 * A settled cluster with pods that came later. A CNI knows of a pod its name and no more, so it has no labels and no Service
 * selects it; what is settled stays as it is.
 */
export function attachPods(cluster: Cluster, attached: readonly AttachedPod[]): Parsed<Cluster> {
  if (attached.length === 0) return { value: cluster, issues: [] };
  const issues: Issue[] = [];
  const names = new Set(cluster.pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  const addresses = new Map(
    cluster.pods.flatMap(({ metadata, status }) => status.podIPs.map((address) => [address, metadata.name] as const)),
  );
  const nodes = new Map(cluster.nodeSpecs.map((spec) => [spec.name, spec]));
  const pods: Pod[] = [];
  const placements: PlacementSpec[] = [];
  for (const each of attached) {
    const fault = faultOf(each, { names, addresses, nodes });
    if (fault === undefined) {
      pods.push(podOf(each));
      placements.push(placementOf(each));
    } else {
      const message = `Pod "${each.namespace}/${each.name}" cannot stay: ${fault}`;
      issues.push({ code: 'attached-pod', severity: 'error', at: { file: each.by }, message });
    }
  }
  const nodeSpecs = cluster.nodeSpecs.map((spec) =>
    attached.reduce((grown, each) => (each.node === spec.name ? withAddress(grown, each) : grown), spec),
  );
  return {
    value: {
      ...cluster,
      nodeSpecs,
      pods: [...cluster.pods, ...pods],
      placements: [...cluster.placements, ...placements],
    },
    issues,
  };
}

/** An ENI that did not list the address was given it. */
function withAddress(spec: NodeSpec, { address, deviceIndex }: AttachedPod): NodeSpec {
  if (eniOfPod(spec, address) !== undefined) return spec;
  const enis = spec.enis.map((eni) =>
    eni.deviceIndex === deviceIndex ? { ...eni, addresses: [...eni.addresses, address] } : eni,
  );
  return { ...spec, enis };
}

interface Known {
  readonly names: ReadonlySet<string>;
  readonly addresses: ReadonlyMap<string, string>;
  readonly nodes: ReadonlyMap<string, { readonly computeType?: unknown }>;
}

function faultOf({ namespace, name, node, address }: AttachedPod, known: Known): string | undefined {
  const spec = known.nodes.get(node);
  if (spec === undefined) return `node "${node}" is not in the input`;
  if (spec.computeType !== undefined) return `node "${node}" has no CNI of its own`;
  if (known.names.has(`${namespace}/${name}`)) return 'the input has a pod of this name';
  const owner = known.addresses.get(address);
  return owner === undefined ? undefined : `its address ${address} is that of pod "${owner}"`;
}

const placementOf = ({ namespace, name, vethIfindex, netnsid, by }: AttachedPod): PlacementSpec => ({
  namespace,
  pod: name,
  vethIfindex,
  netnsid,
  source: { file: by },
});

function podOf({ namespace, name, node, address, by }: AttachedPod): Pod {
  return {
    kind: 'Pod',
    metadata: { name, namespace, labels: {}, annotations: {}, ownerReferences: [] },
    spec: { ...emptyPodSpec, nodeName: node },
    status: { phase: 'Running', podIPs: [address] },
    source: { file: by },
  };
}

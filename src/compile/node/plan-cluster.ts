import type { Issue, Parsed } from '../../base/index.ts';
import {
  type Cluster,
  isPendingForReal,
  isTerminal,
  type Node,
  type NodeSpec,
  overlayAddresses,
  type Pod,
  type VpcSpec,
} from '../../cluster/index.ts';
import { type Cidr, cidrNth, type Ip } from '../../net/index.ts';
import { planVm } from '../fargate/plan-vm.ts';
import { pathSettings } from '../vpc-cni/settings.ts';
import { macFor, podKey, podNetns } from './names.ts';
import { planNode } from './plan-node.ts';
import type { ClusterPlan, NodePlan, OutsidePod, SubnetPlan } from './plan-types.ts';

/** Resolves a settled cluster once; what does not hold together is an Issue and stays out of the World. */
export function planCluster(cluster: Cluster): Parsed<ClusterPlan> {
  const issues: Issue[] = [];
  const settings = pathSettings(cluster.cni);
  const subnets = planSubnets(cluster.network.vpcs);
  const placed = placePods(cluster, issues);
  const placements = new Map(cluster.placements.map((spec) => [`${spec.namespace}/${spec.pod}`, spec]));
  const objects = new Map(cluster.nodes.map((node) => [node.metadata.name, node]));
  const nodes: NodePlan[] = [];
  for (const spec of cluster.nodeSpecs) {
    const object = objects.get(spec.name);
    const pods = placed.byNode.get(spec.name) ?? [];
    const planned =
      spec.computeType === 'fargate'
        ? planVm({ cluster, subnets, spec, object, pods })
        : planNode({ cluster, settings, subnets, spec, object, pods, placements });
    issues.push(...planned.issues);
    if (planned.value !== undefined) nodes.push(planned.value);
  }
  return {
    value: {
      cluster,
      settings,
      subnets,
      nodes,
      outsidePods: placed.outside,
      servedPorts: servedPorts(cluster),
      healthCheckPorts: healthCheckPorts(cluster),
    },
    issues,
  };
}

function planSubnets(vpcs: readonly VpcSpec[]): ReadonlyMap<string, SubnetPlan> {
  const plans = new Map<string, SubnetPlan>();
  for (const vpc of vpcs) {
    for (const spec of vpc.subnets) {
      const cidr4 = spec.cidrs.find((block) => block.family === 4);
      const cidr6 = spec.cidrs.find((block) => block.family === 6);
      const router = routerOf(cidr4 ?? cidr6);
      if (router === undefined) continue;
      plans.set(spec.id, { spec, vpc, cidr4, cidr6, router, routerMac: macFor(`router ${spec.id}`) });
    }
  }
  return plans;
}

const routerOf = (block: Cidr | undefined): Ip | undefined => (block === undefined ? undefined : cidrNth(block, 1));

interface PlacedPods {
  readonly byNode: ReadonlyMap<string, readonly Pod[]>;
  readonly outside: readonly OutsidePod[];
}

/** Pods that run, by node. One that finished has given its address back; one without node or address is not there yet. */
function placePods(cluster: Cluster, issues: Issue[]): PlacedPods {
  const known = new Set(cluster.nodeSpecs.map((spec: NodeSpec) => spec.name));
  const objects = new Map(cluster.nodes.map((node) => [node.metadata.name, node]));
  const overlayOf = overlayAddresses(cluster);
  const byNode = new Map<string, Pod[]>();
  const outside: OutsidePod[] = [];
  const without: Record<'node' | 'address', Pod[]> = { node: [], address: [] };
  for (const pod of cluster.pods) {
    if (isTerminal(pod) || isPendingForReal(pod)) continue;
    const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const node = pod.spec.nodeName;
    const addresses = pod.status.podIPs;
    const overlay = overlayOf(pod);
    if (node === undefined) without.node.push(pod);
    else if (!pod.spec.hostNetwork && addresses.length === 0) without.address.push(pod);
    else if (overlay !== undefined) {
      // Its own warning is the address's.
      const what = `Another CNI gave pod "${name}" ${overlay}, which no subnet of the VPC has: not modelled`;
      outside.push({
        pod,
        netns: podNetns(pod.metadata.namespace, pod.metadata.name),
        addresses,
        overlay,
        what,
        at: pod.source,
      });
    } else if (known.has(node)) {
      const group = byNode.get(node);
      if (group === undefined) byNode.set(node, [pod]);
      else group.push(pod);
    } else if (addresses.length === 0) {
      const message = `Pod "${name}" is on node "${node}", which is not described, and is left out`;
      issues.push({ code: 'pod-without-node', severity: 'warning', at: pod.source, message });
    } else {
      const { what, at } = whyOutside(pod, node, objects.get(node));
      outside.push({ pod, netns: podNetns(pod.metadata.namespace, pod.metadata.name), addresses, what, at });
      const message = `${what}: walks that reach pod "${name}" end unknown`;
      issues.push({ code: 'pod-without-node', severity: 'warning', at: pod.source, message });
    }
  }
  for (const what of ['node', 'address'] as const) issues.push(...leftOut(without[what], what));
  return { byNode, outside };
}

/** More pods than this without the same thing share a warning. */
const MAX_ALONE = 3;

function leftOut(pods: readonly Pod[], what: 'node' | 'address'): readonly Issue[] {
  const issue = ({ source: at }: Pod, message: string): Issue => ({
    code: `pod-without-${what}`,
    severity: 'warning',
    at,
    message,
  });
  const nameOf = ({ metadata }: Pod): string => `"${metadata.namespace}/${metadata.name}"`;
  const [first] = pods;
  if (first === undefined || pods.length <= MAX_ALONE)
    return pods.map((pod) => issue(pod, `Pod ${nameOf(pod)} has no ${what} and is left out`));
  return [issue(first, `${pods.length} pods have no ${what} and are left out (the first is ${nameOf(first)})`)];
}

function whyOutside(pod: Pod, node: string, object: Node | undefined): Pick<OutsidePod, 'what' | 'at'> {
  if (object === undefined) return { what: `Node "${node}" is not described`, at: pod.source };
  return { what: `Node "${node}" is not modelled`, at: object.source };
}

function healthCheckPorts(cluster: Cluster): readonly number[] {
  const ports: number[] = [];
  for (const { spec } of cluster.services) {
    const { type, externalTrafficPolicy, healthCheckNodePort = 0 } = spec;
    if (type === 'LoadBalancer' && externalTrafficPolicy === 'Local' && healthCheckNodePort > 0)
      ports.push(healthCheckNodePort);
  }
  return ports;
}

/** A Service's endpoints listen where the Service sends, whatever `containerPort` says (it is documentation). */
function servedPorts(cluster: Cluster): ReadonlyMap<string, ReadonlySet<string>> {
  const onHosts = new Set(cluster.pods.filter(({ spec }) => spec.hostNetwork).map(({ metadata }) => podKey(metadata)));
  const served = new Map<string, ReadonlySet<string>>();
  for (const slice of cluster.endpointSlices) {
    const ports: ReadonlySet<string> = new Set(
      slice.ports
        .filter((port) => port.port !== undefined)
        .map((port) => `${port.protocol.toLowerCase()}/${port.port}`),
    );
    for (const { addresses, targetRef } of slice.endpoints) {
      const pod = onHosts.size > 0 && targetRef?.kind === 'Pod' ? podKey(targetRef) : '';
      for (const where of onHosts.has(pod) ? [pod] : addresses) {
        const known = served.get(where);
        served.set(where, known === undefined ? ports : new Set([...known, ...ports]));
      }
    }
  }
  return served;
}

import { showSource } from '../base/index.ts';
import type { Cluster } from './cluster.ts';
import type { Complain } from './complain.ts';
import type { Pod } from './objects.ts';
import { isTerminal } from './pod-phase.ts';

/**
 * Live objects that say two things about one place, as lists collected at two times do. The walk goes by what the real
 * components go by, and the reader is told.
 */
export function checkLive(cluster: Cluster, complain: Complain): void {
  const pods = new Map(cluster.pods.map((pod) => [nameOf(pod), pod]));
  checkEndpointNodes(cluster, pods, complain);
  checkHostAddresses(cluster, complain);
  checkHostPods(cluster, complain);
  checkReadiness(cluster, pods, complain);
  checkZones(cluster, complain);
}

const nameOf = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`;

/** kube-proxy tells local endpoints from others by the slice (pkg/proxy/endpoints.go), never by the pod. */
function checkEndpointNodes(cluster: Cluster, pods: ReadonlyMap<string, Pod>, complain: Complain): void {
  for (const { metadata, endpoints, source } of cluster.endpointSlices) {
    for (const { nodeName, targetRef } of endpoints) {
      if (targetRef?.kind !== 'Pod' || nodeName === undefined) continue;
      const pod = pods.get(`${targetRef.namespace}/${targetRef.name}`);
      const on = pod?.spec.nodeName;
      if (pod === undefined || on === undefined || on === nodeName) continue;
      complain(
        'endpoint-on-other-node',
        source,
        `EndpointSlice "${metadata.namespace}/${metadata.name}" has pod "${nameOf(pod)}" on node "${nodeName}", and the pod is on "${on}"`,
        { severity: 'warning', hint: `kube-proxy goes by the slice; the pod is at ${showSource(pod.source)}` },
      );
    }
  }
}

function checkHostAddresses({ pods, nodes }: Cluster, complain: Complain): void {
  const addresses = new Map(
    nodes.map(({ metadata, status, source }) => [
      metadata.name,
      { source, own: status.addresses.map(({ address }) => address) },
    ]),
  );
  for (const pod of pods) {
    const { hostIP } = pod.status;
    const node = addresses.get(pod.spec.nodeName ?? '');
    if (hostIP === undefined || node === undefined || node.own.length === 0 || node.own.includes(hostIP)) continue;
    complain(
      'host-address-of-other-node',
      pod.source,
      `Pod "${nameOf(pod)}" has hostIP ${hostIP}, and its node "${pod.spec.nodeName}" is ${node.own.join(', ')}`,
      { severity: 'warning', hint: `the walk goes by the pod's nodeName; the node is at ${showSource(node.source)}` },
    );
  }
}

/** A pod on the host network has its node's addresses and no other (kubelet `kubelet_pods.go` generateAPIPodStatus). */
function checkHostPods({ pods, nodes, nodeSpecs }: Cluster, complain: Complain): void {
  const specs = new Map(nodeSpecs.map((spec) => [spec.name, spec]));
  const byName = new Map(nodes.map((node) => [node.metadata.name, node]));
  for (const pod of pods) {
    const node = byName.get(pod.spec.nodeName ?? '');
    if (!pod.spec.hostNetwork || node === undefined || isTerminal(pod)) continue;
    const spec = specs.get(node.metadata.name);
    const own = [
      ...node.status.addresses.map(({ address }) => address),
      ...(spec?.primaryIp === undefined ? [] : [spec.primaryIp]),
      ...(spec?.enis.flatMap(({ primaryIp, addresses }) => [primaryIp, ...addresses]) ?? []),
    ];
    const foreign = pod.status.podIPs.filter((address) => !own.includes(address));
    if (own.length === 0 || foreign.length === 0) continue;
    complain(
      'host-pod-with-other-address',
      pod.source,
      `Pod "${nameOf(pod)}" is on the host network and has ${foreign.join(', ')}, and its node "${node.metadata.name}" is ${[...new Set(own)].join(', ')}`,
      { rests: ['nodes'], expected: `an address of the node, which is at ${showSource(node.source)}` },
    );
  }
}

/** What a slice says is ready is what kube-proxy sends to, whatever the pod says of itself. */
function checkReadiness(cluster: Cluster, pods: ReadonlyMap<string, Pod>, complain: Complain): void {
  for (const { metadata, endpoints, source } of cluster.endpointSlices) {
    for (const { conditions, targetRef } of endpoints) {
      if (targetRef?.kind !== 'Pod' || conditions.ready !== false || conditions.terminating === true) continue;
      const pod = pods.get(`${targetRef.namespace}/${targetRef.name}`);
      if (pod?.status.ready !== true || pod.metadata.deletionTimestamp !== undefined) continue;
      complain(
        'endpoint-not-ready-as-its-pod',
        source,
        `EndpointSlice "${metadata.namespace}/${metadata.name}" says pod "${nameOf(pod)}" is not ready, and the pod says it is`,
        { severity: 'warning', hint: `kube-proxy goes by the slice; the pod is at ${showSource(pod.source)}` },
      );
    }
  }
}

const ZONE = 'topology.kubernetes.io/zone';

function checkZones({ nodes, nodeSpecs, network }: Cluster, complain: Complain): void {
  const specs = new Map(nodeSpecs.map((spec) => [spec.name, spec]));
  const subnets = new Map(network.vpcs.flatMap((vpc) => vpc.subnets.map((subnet) => [subnet.id, subnet] as const)));
  for (const { metadata, source } of nodes) {
    const zone = metadata.labels[ZONE];
    const subnet = subnets.get(specs.get(metadata.name)?.subnet ?? '');
    if (zone === undefined || subnet === undefined || subnet.zone === zone) continue;
    complain(
      'node-in-other-zone',
      source,
      `Node "${metadata.name}" has zone "${zone}" on its label, and is in subnet "${subnet.id}" of zone "${subnet.zone}"`,
      {
        severity: 'warning',
        hint: `the scheduler and kube-proxy go by the label, EC2 by the subnet, at ${showSource(subnet.source)}`,
      },
    );
  }
}

import type { Issue, Parsed } from '../base/index.ts';
import {
  type Cluster,
  type Endpoint,
  type EndpointSlice,
  isManaged,
  isTerminal,
  MANAGED_BY,
  type Node,
  type Pod,
  type Service,
  type ServicePort,
  SLICE_CONTROLLER,
} from '../cluster/index.ts';
import { compareIp, type Family, familyOf, type Ip } from '../net/index.ts';
import { assume } from './assume.ts';
import { keyOf, own } from './labels.ts';
import { PodIndex } from './pod-index.ts';
import { safeString } from './seeded-names.ts';
import { missingHints, topologyAnnotation, ZONE } from './topology-mode.ts';

/** `--max-endpoints-per-slice` of kube-controller-manager. */
const MAX_ENDPOINTS = 100;

/**
 * EndpointSlices of Services that select pods and have none (`staging/src/k8s.io/endpointslice/{reconciler,utils}.go`).
 * A Service with slices of the controller keeps them as they are; slices of others stand beside them, and kube-proxy takes
 * all (`pkg/proxy/endpointslicecache.go`). One without a selector has only what it was given.
 */
export function settleEndpointSlices(cluster: Cluster): Parsed<Cluster> {
  const issues: Issue[] = [];
  const sliced = new Set(
    cluster.endpointSlices.filter(isManaged).map((slice) => `${slice.metadata.namespace}/${slice.serviceName}`),
  );
  const index = new PodIndex(cluster.pods);
  const nodes = new Map(cluster.nodes.map((node) => [node.metadata.name, node]));
  const made: EndpointSlice[] = [];
  const said: string[] = [];
  for (const service of cluster.services) {
    const { selector, type } = service.spec;
    if (selector === undefined || type === 'ExternalName' || sliced.has(keyOf(service))) continue;
    const selected = index.select(service.metadata.namespace, selector);
    const pods = selected.filter((pod) => !isTerminal(pod));
    if (pods.length === 0) issues.push(noPods(service, selected));
    for (const family of familiesOf(service)) {
      const slices = slicesOf(service, pods, family, nodes);
      const endpoints = slices.flatMap((slice) => slice.endpoints);
      made.push(...slices);
      said.push(...missingHints(service, endpoints, nodes));
    }
  }
  if (made.length === 0) return { value: cluster, issues };
  return { value: assume({ ...cluster, endpointSlices: [...cluster.endpointSlices, ...made] }, ...said), issues };
}

const familiesOf = (service: Service): readonly Family[] => service.spec.ipFamilies.map((f) => (f === 'IPv4' ? 4 : 6));

const noPods = (service: Service, ended: readonly Pod[]): Issue => ({
  code: 'service-selects-nothing',
  severity: 'warning',
  at: service.source,
  message:
    ended.length === 0
      ? `Service "${keyOf(service)}" selects no pod`
      : `Service "${keyOf(service)}" selects only pods that have ended, "${ended[0] === undefined ? '' : keyOf(ended[0])}" the first of ${ended.length}`,
  expected: `a selector that matches the labels of some pod${ended.length === 0 ? '' : ' that runs'}`,
});

type SlicePort = EndpointSlice['ports'][number];

interface Group {
  readonly ports: readonly SlicePort[];
  readonly ends: { readonly address: Ip; readonly endpoint: Endpoint }[];
}

/** Pods are grouped by the ports their names resolve to; each group fills slices of its own. */
function slicesOf(
  service: Service,
  pods: readonly Pod[],
  family: Family,
  nodes: ReadonlyMap<string, Node>,
): readonly EndpointSlice[] {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    const address = pod.status.podIPs.find((ip) => familyOf(ip) === family);
    if (address === undefined) continue;
    const ports = service.spec.ports.flatMap((port) => resolvePort(port, pod));
    const key = ports.map((port) => `${port.name}/${port.protocol}/${port.port}`).join(' ');
    const group = groups.get(key) ?? { ports, ends: [] };
    group.ends.push({ address, endpoint: endpointOf(service, pod, address, nodes) });
    groups.set(key, group);
  }
  const slices: Pick<EndpointSlice, 'ports' | 'endpoints'>[] = [];
  for (const { ports, ends } of groups.values()) {
    const sorted = ends.toSorted((a, b) => compareIp(a.address, b.address)).map((end) => end.endpoint);
    for (let from = 0; from < sorted.length; from += MAX_ENDPOINTS) {
      slices.push({ ports, endpoints: sorted.slice(from, from + MAX_ENDPOINTS) });
    }
  }
  // The controller keeps one empty slice, so that "no endpoints" differs from "not looked at yet".
  if (slices.length === 0) slices.push({ ports: [], endpoints: [] });
  return slices.map((slice, i) => withIdentity(service, family, i, slice));
}

function withIdentity(
  service: Service,
  family: Family,
  i: number,
  slice: Pick<EndpointSlice, 'ports' | 'endpoints'>,
): EndpointSlice {
  const { name, namespace } = service.metadata;
  const addressType = family === 4 ? 'IPv4' : 'IPv6';
  const headless = service.spec.clusterIPs.includes('None');
  return {
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${safeString(`${namespace}/${name}/${addressType}/${i}`, 5)}`,
      namespace,
      labels: {
        'kubernetes.io/service-name': name,
        [MANAGED_BY]: SLICE_CONTROLLER,
        ...(headless ? { 'service.kubernetes.io/headless': '' } : {}),
      },
      annotations: {},
      ownerReferences: [{ kind: 'Service', name, controller: true }],
    },
    serviceName: name,
    addressType,
    ...slice,
    source: service.source,
  };
}

/** `utils.go` getEndpointPorts, podutil.FindPort: a named target port is looked up in each pod; where it is missing the port is left out. */
function resolvePort(port: ServicePort, pod: Pod): readonly SlicePort[] {
  const { name, protocol, targetPort } = port;
  if (typeof targetPort === 'number') return [{ name, protocol, port: targetPort || port.port }];
  for (const container of pod.spec.containers) {
    const found = container.ports.find((p) => p.name === targetPort && p.protocol === protocol);
    if (found !== undefined) return [{ name, protocol, port: found.containerPort }];
  }
  return [];
}

/** `utils.go` podToEndpoint. */
function endpointOf(service: Service, pod: Pod, address: Ip, nodes: ReadonlyMap<string, Node>): Endpoint {
  const { spec, metadata, status } = pod;
  const serving = status.ready ?? true;
  const terminating = metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses || (serving && !terminating);
  const node = spec.nodeName === undefined ? undefined : nodes.get(spec.nodeName);
  const zone = node === undefined ? undefined : own(node.metadata.labels, ZONE);
  const named = spec.hostname !== undefined && spec.hostname !== '' && spec.subdomain === service.metadata.name;
  const hints = ready ? hintsOf(service, zone, spec.nodeName) : undefined;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    targetRef: { kind: 'Pod', namespace: metadata.namespace, name: metadata.name },
    ...(spec.nodeName === undefined ? {} : { nodeName: spec.nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(named && spec.hostname !== undefined ? { hostname: spec.hostname } : {}),
    ...(hints === undefined ? {} : { hints }),
  };
}

/** `trafficdist/trafficdist.go` ReconcileHintsForSlices: ready endpoints only. The annotation overrules the field (`reconciler.go`). */
function hintsOf(service: Service, zone: string | undefined, node: string | undefined): Endpoint['hints'] {
  const forZones = zone === undefined ? [] : [zone];
  const { trafficDistribution } = service.spec;
  if (trafficDistribution === undefined || topologyAnnotation(service) !== undefined) return undefined;
  switch (trafficDistribution) {
    case 'PreferClose':
    case 'PreferSameZone':
      return zone === undefined ? undefined : { forZones, forNodes: [] };
    case 'PreferSameNode':
      return node === undefined ? undefined : { forZones, forNodes: [node] };
  }
}

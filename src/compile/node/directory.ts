import { showSource } from '../../base/index.ts';
import {
  type Cluster,
  type EndpointSlice,
  isTerminal,
  type Pod,
  type ServerSpec,
  type Service,
} from '../../cluster/index.ts';
import { type Ip, parseIp } from '../../net/index.ts';
import type {
  AbsentPod,
  Directory,
  HostEntry,
  NodeEntry,
  NodePortScope,
  PodEntry,
  ServiceEntry,
} from '../../world/index.ts';
import { hidingLabel } from '../kube-proxy/service-port.ts';
import { told } from '../unmodelled/say.ts';
import { mayRunElsewhere } from '../unmodelled/unmade-nodes.ts';
import { hostNetns, internetNetns, nodeNetns } from './names.ts';
import type { ClusterPlan, NodePlan } from './plan-types.ts';
import { type Owners, podEntry, protocolName, topOwner } from './pod-entry.ts';
import { podResolvConfs, usesNodeResolvConf } from './resolv-conf.ts';

/** The names people use for what the World holds. */
export function compileDirectory(plan: ClusterPlan, servers: readonly ServerSpec[]): Directory {
  const { cluster } = plan;
  const owners = new Map(
    cluster.workloads.map((workload) => [
      `${workload.kind} ${workload.metadata.namespace}/${workload.metadata.name}`,
      workload,
    ]),
  );
  const slices = new Map<string, EndpointSlice[]>();
  for (const slice of cluster.endpointSlices) {
    const key = `${slice.metadata.namespace}/${slice.serviceName}`;
    const known = slices.get(key);
    if (known === undefined) slices.set(key, [slice]);
    else known.push(slice);
  }
  const services = byNamespace(cluster.services);
  const unready = byNamespace(cluster.pods.filter(isUnready));
  const resolvConf = podResolvConfs(cluster);
  return {
    nodes: plan.nodes.map(nodeEntry),
    pods: [
      ...plan.nodes.flatMap((node) => [
        ...node.pods.map(({ pod, netns, addresses }) => ({
          ...podEntry(pod, netns, addresses, owners),
          ...hostNames(pod, cluster.clusterDomain),
        })),
        ...node.hostPods.map((pod) => {
          const own = pod.status.podIPs;
          return {
            ...podEntry(pod, nodeNetns(node.spec.name), own.length > 0 ? own : node.addresses, owners),
            ...(usesNodeResolvConf(pod) ? {} : { resolvConf: resolvConf(pod, node) }),
          };
        }),
      ]),
      ...plan.outsidePods
        .filter(({ pod }) => !pod.spec.hostNetwork)
        .map(({ pod, netns, addresses }) => podEntry(pod, netns, addresses, owners)),
    ],
    absent: cluster.pods
      .filter((pod) => isTerminal(pod) || isPending(pod))
      .map((pod) => absentPod(pod, services.get(pod.metadata.namespace) ?? [], owners, mayRunElsewhere(cluster, pod))),
    services: serviceEntries(plan, slices, unready),
    hosts: servers.map(hostEntry),
    apiserver: cluster.apiserver.map(({ ip }) => ip),
    nodePorts: nodePortScope(cluster),
    serviceCidrs: cluster.serviceCidrs,
  };
}

function nodeEntry({ spec, netns, addresses, object }: NodePlan): NodeEntry {
  const notReady = object?.status.notReady;
  return {
    name: spec.name,
    netns,
    addresses,
    zone: spec.zone,
    ...(notReady === undefined ? {} : { notReady: showReason(notReady.status, notReady.reason) }),
  };
}

const showReason = (what: string, reason: string | undefined): string =>
  reason === undefined ? what : `${what} (${reason})`;

const nodePortScope = ({ kubeProxy }: Cluster): NodePortScope => ({
  mode: kubeProxy.mode,
  localhostNodePorts: kubeProxy.localhostNodePorts,
  nodePortAddresses:
    kubeProxy.nodePortAddresses === 'primary' ? ['primary'] : kubeProxy.nodePortAddresses.map(({ text }) => text),
  said: kubeProxy.said,
});

function byNamespace<T extends Pod | Service>(objects: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const object of objects) {
    const known = found.get(object.metadata.namespace);
    if (known === undefined) found.set(object.metadata.namespace, [object]);
    else known.push(object);
  }
  return found;
}

/** Not ended: the API server, or the scheduler here, has no address for it. */
const isPending = (pod: Pod): boolean =>
  pod.status.podIPs.length === 0 && (pod.spec.nodeName === undefined || !pod.spec.hostNetwork);

function selects({ metadata, spec }: Service, pod: Pod): boolean {
  const { namespace, labels } = pod.metadata;
  return (
    metadata.namespace === namespace &&
    spec.selector !== undefined &&
    Object.entries(spec.selector).every(([key, value]) => labels[key] === value)
  );
}

function absentPod(pod: Pod, services: readonly Service[], owners: Owners, unsure: string | undefined): AbsentPod {
  const { namespace, name } = pod.metadata;
  const { phase, why } = pod.status;
  const workload = topOwner(pod, owners);
  return {
    namespace,
    name,
    phase: phase === 'Succeeded' || phase === 'Failed' ? phase : 'Pending',
    ...(why === undefined ? {} : { why }),
    ...(unsure === undefined ? {} : { unsure }),
    addresses: pod.spec.hostNetwork ? [] : pod.status.podIPs,
    ...(pod.spec.nodeName === undefined ? {} : { node: pod.spec.nodeName }),
    ...(workload === undefined ? {} : { workload }),
    services: services
      .filter((service) => selects(service, pod))
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  };
}

/** What the kubelet calls it, beside its name (GeneratePodHostNameAndDomain). */
function hostNames({ metadata, spec }: Pod, clusterDomain: string): Pick<PodEntry, 'hostname' | 'hostDomain'> {
  const { hostname, subdomain } = spec;
  return {
    ...(hostname === undefined || hostname === metadata.name ? {} : { hostname }),
    ...(subdomain === undefined ? {} : { hostDomain: `${subdomain}.${metadata.namespace}.svc.${clusterDomain}` }),
  };
}

/** Nodes whose kube-proxy calls itself by another name than their Node object, by the name of the object. */
const calledOtherwise = ({ nodes }: ClusterPlan): ReadonlyMap<string, string> =>
  new Map(
    nodes.flatMap(({ spec: { name, kubeProxyNodeName } }) =>
      kubeProxyNodeName === undefined ? [] : [[name, kubeProxyNodeName]],
    ),
  );

const isUnready = (pod: Pod): boolean => pod.status.ready === false && !isTerminal(pod) && !isPending(pod);

/** Pods that say of themselves they are ready. */
const readyPods = ({ pods }: Cluster): ReadonlySet<string> =>
  new Set(
    pods
      .filter(({ status, metadata }) => status.ready === true && metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  );

/** `slices` and `unready`: by Service, and by namespace. */
function serviceEntries(
  plan: ClusterPlan,
  slices: ReadonlyMap<string, readonly EndpointSlice[]>,
  unready: ReadonlyMap<string, readonly Pod[]>,
): readonly ServiceEntry[] {
  const { cluster } = plan;
  const ready = readyPods(cluster);
  const called = calledOtherwise(plan);
  const unbuilt = unbuiltIngresses(cluster);
  return cluster.services.map((service) => {
    const { namespace, name } = service.metadata;
    const entry = serviceEntry(
      service,
      slices.get(`${namespace}/${name}`) ?? [],
      (unready.get(namespace) ?? []).filter((pod) => selects(service, pod)),
      ready,
      called,
      unknownGroups(cluster, service),
    );
    const ingresses = unbuilt.get(`${namespace}/${name}`);
    const why = cluster.unmadeBalancers?.get(`${namespace}/${name}`);
    return {
      ...entry,
      ...(ingresses === undefined ? {} : { unbuiltIngresses: ingresses }),
      ...(why === undefined ? {} : { withoutBalancer: why }),
    };
  });
}

function serviceEntry(
  service: Service,
  slices: readonly EndpointSlice[],
  unready: readonly Pod[],
  ready: ReadonlySet<string>,
  called: ReadonlyMap<string, string>,
  registeredIn: NonNullable<ServiceEntry['registeredIn']>,
): ServiceEntry {
  const { metadata, spec, status } = service;
  const addresses = (list: readonly (string | undefined)[]): readonly Ip[] =>
    list.map((text) => (text === undefined ? undefined : parseIp(text))).filter((address) => address !== undefined);
  const waiting = notReady(slices, unready);
  const readyThemselves = waiting.filter((pod) => ready.has(pod));
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    type: spec.type,
    clusterIPs: addresses(spec.clusterIPs),
    externalIPs: addresses(spec.externalIPs),
    loadBalancerIPs: addresses(status.ingress.map((ingress) => ingress.ip)),
    loadBalancerHostnames: status.ingress.map((ingress) => ingress.hostname).filter((name) => name !== undefined),
    ports: spec.ports.map(({ name, port, protocol, nodePort }) => ({
      ...(name === '' ? {} : { name }),
      port,
      protocol: protocolName(protocol),
      ...(nodePort === undefined || nodePort === 0 ? {} : { nodePort }),
      endpoints: endpointTexts(slices, name, protocol),
    })),
    notReady: waiting,
    ...(readyThemselves.length === 0 ? {} : { readyThemselves }),
    ...(registeredIn.length === 0 ? {} : { registeredIn }),
    ...hiddenBy(service),
    externalTrafficPolicy: spec.externalTrafficPolicy,
    internalTrafficPolicy: spec.internalTrafficPolicy,
    ...healthCheckOf(spec, slices, called),
  };
}

function hiddenBy(service: Service): Pick<ServiceEntry, 'hiddenBy'> {
  const label = hidingLabel(service);
  return label === undefined ? {} : { hiddenBy: { label, at: showSource(service.source) } };
}

/** By Service: Ingresses that name it, and of whose load balancer nothing is known. */
function unbuiltIngresses({ loadBalancers }: Cluster): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { unbuiltFor = [], unmodelled = '', madeFor, source } of loadBalancers)
    for (const service of unbuiltFor) {
      const why = told(`Ingress ${madeFor.join(', ')}: ${unmodelled}`, source);
      const known = found.get(service);
      if (known === undefined) found.set(service, [why]);
      else known.push(why);
    }
  return found;
}

/** Target groups a Service's endpoints or nodes are registered in, and whose load balancer nobody described. */
const unknownGroups = (
  { targetGroupBindings }: Cluster,
  { metadata }: Service,
): NonNullable<ServiceEntry['registeredIn']> =>
  targetGroupBindings
    .filter(({ metadata: { namespace }, spec, targetGroup }) => {
      const { name } = spec.serviceRef;
      return targetGroup === undefined && namespace === metadata.namespace && name === metadata.name;
    })
    .map(({ metadata: { namespace, name }, spec, source }) => ({
      targetGroup: spec.targetGroupARN ?? spec.targetGroupName ?? '',
      by: `TargetGroupBinding ${namespace}/${name} (${showSource(source)})`,
    }));

/** Endpoints that are not ready, and pods that say so of themselves and are no endpoint. */
function notReady(slices: readonly EndpointSlice[], unready: readonly Pod[]): readonly string[] {
  const nameOf = ({ targetRef, addresses }: EndpointSlice['endpoints'][number]): readonly string[] =>
    targetRef?.kind === 'Pod' ? [`${targetRef.namespace}/${targetRef.name}`] : addresses;
  const waiting = new Set<string>();
  for (const { endpoints } of slices)
    for (const endpoint of endpoints)
      if (endpoint.conditions.ready === false) for (const name of nameOf(endpoint)) waiting.add(name);
  if (unready.length > 0) {
    const listed = new Set(slices.flatMap(({ endpoints }) => endpoints.flatMap(nameOf)));
    for (const { metadata } of unready) {
      const name = `${metadata.namespace}/${metadata.name}`;
      if (!listed.has(name)) waiting.add(name);
    }
  }
  return [...waiting].sort();
}

/**
 * Ready endpoints a node has itself, each address once (pkg/proxy/endpointschangetracker.go, LocalReadyEndpoints). Its
 * kube-proxy compares by the name it calls itself.
 */
function healthCheckOf(
  spec: Service['spec'],
  slices: readonly EndpointSlice[],
  called: ReadonlyMap<string, string>,
): Pick<ServiceEntry, 'healthCheck'> {
  const nodePort = spec.healthCheckNodePort ?? 0;
  if (spec.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local' || nodePort === 0) return {};
  const byNode = new Map<string, Set<string>>();
  for (const { nodeName, conditions, addresses } of slices.flatMap(({ endpoints }) => endpoints)) {
    if (nodeName === undefined || conditions.ready === false || (called.get(nodeName) ?? nodeName) !== nodeName)
      continue;
    const known = byNode.get(nodeName) ?? new Set();
    for (const address of addresses) known.add(address);
    byNode.set(nodeName, known);
  }
  const nodes = [...byNode].sort(([a], [b]) => (a < b ? -1 : 1));
  return { healthCheck: { nodePort, localEndpoints: nodes.map(([node, known]) => ({ node, ready: known.size })) } };
}

function endpointTexts(slices: readonly EndpointSlice[], name: string, protocol: string): readonly string[] {
  const texts = new Set<string>();
  for (const slice of slices) {
    for (const port of slice.ports) {
      if (port.name !== name || port.protocol !== protocol || port.port === undefined) continue;
      for (const { addresses } of slice.endpoints) {
        for (const address of addresses)
          texts.add(address.includes(':') ? `[${address}]:${port.port}` : `${address}:${port.port}`);
      }
    }
  }
  return [...texts].sort();
}

const hostEntry = ({ name, kind, addresses, log }: ServerSpec): HostEntry => ({
  name,
  netns: kind === 'internet' ? internetNetns(name) : hostNetns(name),
  kind,
  addresses,
  ...(log === undefined ? {} : { log }),
});

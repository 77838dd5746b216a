import type { Parsed, SourceRef } from '../base/index.ts';
import {
  type Cluster,
  COMPUTE_TYPE,
  type EndpointSlice,
  emptyPodSpec,
  emptyServiceSpec,
  type ObjectMeta,
  type PodSpec,
  type Service,
  type Workload,
} from '../cluster/index.ts';
import { cidrNth, familyOf } from '../net/index.ts';
import { listedApiServer, pickApiServer } from './api-server-enis.ts';
import { assume } from './assume.ts';
import { missingDns } from './missing-dns.ts';

const source: SourceRef = { file: 'EKS defaults' };

/**
 * What every EKS cluster has and no manifest says: CoreDNS, aws-node and kube-proxy (the default add-ons), and the Service
 * default/kubernetes, which the API server itself keeps (`pkg/controlplane/controller/kubernetesservice`). Add-ons are
 * made only where the input is a description: a list from a live API server that lacks them may just be incomplete.
 */
export function settleEssentials(cluster: Cluster): Parsed<Cluster> {
  const described = !isLive(cluster);
  let value = withApiServer(cluster);
  if (described) value = withAddons(value);
  else if (value.unlistedDns === undefined) {
    const missing = missingDns(value);
    if (missing !== undefined) value = { ...value, unlistedDns: missing };
  }
  return { value, issues: [] };
}

/** An API server gave this: only it sets uids. */
const isLive = (cluster: Cluster): boolean =>
  [cluster.nodes, cluster.pods, cluster.services].some((list) => list.some((o) => o.metadata.uid !== undefined));

function hasWorkload(cluster: Cluster, name: string): boolean {
  const there = (meta: ObjectMeta): boolean => meta.namespace === 'kube-system' && meta.name === name;
  return (
    cluster.workloads.some((workload) => there(workload.metadata)) ||
    cluster.pods.some((pod) => pod.metadata.namespace === 'kube-system' && pod.metadata.name.startsWith(`${name}-`))
  );
}

const hasService = (cluster: Cluster, namespace: string, name: string): boolean =>
  cluster.services.some((service) => service.metadata.namespace === namespace && service.metadata.name === name);

function withAddons(cluster: Cluster): Cluster {
  const workloads = [coreDns(cluster), daemon('aws-node'), daemon('kube-proxy')].filter(
    (workload) => !hasWorkload(cluster, workload.metadata.name),
  );
  const services = hasService(cluster, 'kube-system', 'kube-dns') ? [] : [kubeDns(cluster)];
  if (workloads.length + services.length === 0) return cluster;
  const names = [...workloads, ...services].map((object) => object.metadata.name).join(', ');
  const value = {
    ...cluster,
    workloads: [...cluster.workloads, ...workloads],
    services: [...cluster.services, ...services],
  };
  return assume(value, `kube-system has EKS's default add-ons, which the input does not list: ${names}`);
}

function withApiServer(cluster: Cluster): Cluster {
  let value = cluster;
  const listed = listedApiServer(value);
  if (value.apiserver.length === 0 && listed.length > 0) value = { ...value, apiserver: listed };
  if (value.apiserver.length === 0) {
    const apiserver = pickApiServer(cluster);
    if (apiserver.length > 0) {
      const at = apiserver.map((end) => end.ip).join(' and ');
      value = assume({ ...value, apiserver }, `the control plane's ENIs are not in the input: taken to be ${at}`);
    }
  }
  if (!hasService(value, 'default', 'kubernetes')) {
    value = { ...value, services: [...value.services, kubernetes(value)] };
  }
  const sliced = value.endpointSlices.some(
    (slice) => slice.metadata.namespace === 'default' && slice.serviceName === 'kubernetes',
  );
  const slices = sliced ? [] : apiServerSlices(value);
  return slices.length === 0 ? value : { ...value, endpointSlices: [...value.endpointSlices, ...slices] };
}

function meta(namespace: string, name: string, labels: Readonly<Record<string, string>>): ObjectMeta {
  return { name, namespace, labels, annotations: {}, ownerReferences: [] };
}

const dnsPorts = [
  { name: 'dns', port: 53, protocol: 'UDP' },
  { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  { name: 'metrics', port: 9153, protocol: 'TCP' },
] as const;

/** What EKS's own manifests keep off: nodes whose network or kernel these do not run on. */
const notOn = (
  key: string,
  ...values: readonly string[]
): PodSpec['requiredNodeAffinity'][number]['matchExpressions'] => [
  { key: 'kubernetes.io/os', operator: 'NotIn', values: ['windows'] },
  { key, operator: 'NotIn', values },
];

const CORE_DNS: Workload = {
  kind: 'Deployment',
  metadata: meta('kube-system', 'coredns', { 'k8s-app': 'kube-dns', 'eks.amazonaws.com/component': 'coredns' }),
  replicas: 2,
  selector: {
    matchLabels: { 'k8s-app': 'kube-dns', 'eks.amazonaws.com/component': 'coredns' },
    matchExpressions: [],
  },
  template: {
    labels: { 'k8s-app': 'kube-dns', 'eks.amazonaws.com/component': 'coredns' },
    annotations: {},
    spec: {
      ...emptyPodSpec,
      dnsPolicy: 'Default',
      priorityClassName: 'system-cluster-critical',
      requiredNodeAffinity: [{ matchExpressions: notOn(COMPUTE_TYPE, 'fargate', 'hybrid'), matchFields: [] }],
      tolerations: [
        { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', value: '', effect: 'NoSchedule' },
        { key: 'CriticalAddonsOnly', operator: 'Exists', value: '' },
      ],
      containers: [
        {
          name: 'coredns',
          image: 'eks/coredns',
          env: [],
          ports: dnsPorts.map(({ name, port, protocol }) => ({ name, containerPort: port, protocol })),
          probes: [{ port: 8181 }, { port: 8080 }],
        },
      ],
    },
  },
  source,
};

/** The addon's, as its configuration changes it. */
function coreDns({ coreDnsPods = {} }: Cluster): Workload {
  const { replicas = CORE_DNS.replicas, ...placement } = coreDnsPods;
  const { template } = CORE_DNS;
  return { ...CORE_DNS, replicas, template: { ...template, spec: { ...template.spec, ...placement } } };
}

function daemon(name: 'aws-node' | 'kube-proxy'): Workload {
  const labels = { 'k8s-app': name };
  const container = { name, image: `eks/${name}`, ports: [], env: [] };
  const spec: PodSpec = {
    ...emptyPodSpec,
    hostNetwork: true,
    priorityClassName: 'system-node-critical',
    requiredNodeAffinity: [
      {
        matchExpressions: notOn(COMPUTE_TYPE, 'fargate', ...(name === 'aws-node' ? ['hybrid', 'auto'] : ['auto'])),
        matchFields: [],
      },
    ],
    tolerations: [{ operator: 'Exists', value: '' }],
    containers: [container],
  };
  return {
    kind: 'DaemonSet',
    metadata: meta('kube-system', name, labels),
    replicas: 0,
    selector: { matchLabels: labels, matchExpressions: [] },
    template: { labels, annotations: {}, spec },
    source,
  };
}

function serviceOf(metadata: ObjectMeta, clusterIPs: readonly string[], ports: Service['spec']['ports']): Service {
  return {
    kind: 'Service',
    metadata,
    spec: { ...emptyServiceSpec, clusterIPs, ports },
    status: { ingress: [] },
    source,
  };
}

function kubeDns(cluster: Cluster): Service {
  const given = cluster.clusterDns.length > 0 ? cluster.clusterDns : cluster.serviceCidrs.map((c) => cidrNth(c, 10));
  const ports = dnsPorts.map(({ name, port, protocol }) => ({ name, port, protocol, targetPort: port }));
  const service = serviceOf(meta('kube-system', 'kube-dns', { 'k8s-app': 'kube-dns' }), given.slice(0, 1), ports);
  return { ...service, spec: { ...service.spec, selector: { 'k8s-app': 'kube-dns' } } };
}

function kubernetes(cluster: Cluster): Service {
  const first = cluster.serviceCidrs.slice(0, 1).map((block) => cidrNth(block, 1));
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  return serviceOf(meta('default', 'kubernetes', labels), first, [
    { name: 'https', protocol: 'TCP', port: 443, targetPort: 443 },
  ]);
}

function apiServerSlices(cluster: Cluster): readonly EndpointSlice[] {
  return ([4, 6] as const).flatMap((family): EndpointSlice[] => {
    const ends = cluster.apiserver.filter((end) => familyOf(end.ip) === family);
    if (ends.length === 0) return [];
    const name = family === 4 ? 'kubernetes' : 'kubernetes-ipv6';
    const slice: EndpointSlice = {
      kind: 'EndpointSlice',
      metadata: meta('default', name, { 'kubernetes.io/service-name': 'kubernetes' }),
      serviceName: 'kubernetes',
      addressType: family === 4 ? 'IPv4' : 'IPv6',
      ports: [{ name: 'https', protocol: 'TCP', port: 443 }],
      endpoints: ends.map((end) => ({ addresses: [end.ip], conditions: { ready: true } })),
      source,
    };
    return [slice];
  });
}

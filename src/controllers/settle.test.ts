import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  Cluster,
  EniSpec,
  LabelSelector,
  Node,
  NodeSpec,
  Pod,
  PodSpec,
  Service,
  Workload,
} from '../cluster/index.ts';
import { cidr, cidrContains, ip, parseIp } from '../net/index.ts';
import { eniOfPod } from './ipam/eni-of-pod.ts';
import { settle } from './settle.ts';

const source = { file: 'test.yaml' };
const meta = (name: string, namespace = 'default', labels: Record<string, string> = {}) => ({
  name,
  namespace,
  labels,
  annotations: {},
  ownerReferences: [],
});
const spec = (over: Partial<PodSpec> = {}): PodSpec => ({
  hostNetwork: false,
  dnsPolicy: 'ClusterFirst',
  containers: [{ name: 'c', image: 'i', env: [], ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] }],
  nodeSelector: {},
  requiredNodeAffinity: [],
  podAffinity: [],
  podAntiAffinity: [],
  tolerations: [],
  topologySpreadConstraints: [],
  ...over,
});
const pod = (name: string, over: Partial<PodSpec> = {}, status: Partial<Pod['status']> = {}): Pod => ({
  kind: 'Pod',
  metadata: meta(name, 'default', { app: name.split('-')[0] ?? '' }),
  spec: spec(over),
  status: { podIPs: [], ...status },
  source,
});
const workload = (kind: Workload['kind'], name: string, replicas: number, over: Partial<PodSpec> = {}): Workload => ({
  kind,
  metadata: meta(name),
  replicas,
  selector: { matchLabels: { app: name }, matchExpressions: [] },
  template: { labels: { app: name }, annotations: {}, spec: spec(over) },
  source,
});
const service = (name: string, over: Partial<Service['spec']> = {}): Service => ({
  kind: 'Service',
  metadata: meta(name),
  spec: {
    type: 'ClusterIP',
    clusterIPs: [],
    ipFamilies: [],
    selector: { app: name },
    ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 'http' }],
    externalIPs: [],
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    sessionAffinity: 'None',
    sessionAffinityTimeout: 10800,
    loadBalancerSourceRanges: [],
    allocateLoadBalancerNodePorts: true,
    publishNotReadyAddresses: false,
    ...over,
  },
  status: { ingress: [] },
  source,
});
const machine = (name: string, over: Partial<NodeSpec> = {}): NodeSpec => ({
  name,
  instanceType: 'm5.large',
  subnet: 'a',
  zone: 'us-east-1a',
  os: 'AmazonLinux2023',
  enis: [],
  sysctls: {},
  labels: {},
  source,
  ...over,
});
const eni = (deviceIndex: number, primaryIp: string, addresses: readonly string[] = []): EniSpec => ({
  id: `eni-${deviceIndex}`,
  deviceIndex,
  subnet: 'a',
  primaryIp: ip(primaryIp),
  addresses: addresses.map((address) => ip(address)),
  prefixes: [],
  securityGroups: ['sg-1'],
});
const nodeObject = (name: string, labels: Record<string, string> = {}, over: Partial<Node['spec']> = {}): Node => ({
  kind: 'Node',
  metadata: meta(name, '', { 'topology.kubernetes.io/zone': 'us-east-1a', ...labels }),
  spec: { taints: [], unschedulable: false, ...over },
  status: { addresses: [], ready: true },
  source,
});
const env = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value, source }]));

function cluster(over: Partial<Cluster> = {}, settings: Record<string, string> = {}): Cluster {
  const subnet = (id: string, zone: string, ...blocks: string[]) => ({
    id,
    zone,
    cidrs: blocks.map((block) => cidr(block)),
    routeTable: 'rt',
    mapPublicIp: false,
    dns64: false,
    tags: {},
    source,
  });
  return {
    name: 'c',
    region: 'us-east-1',
    version: '1.34',
    ipFamily: 'IPv4',
    serviceCidrs: [cidr('172.20.0.0/16')],
    clusterDomain: 'cluster.local',
    clusterDns: [],
    apiserver: [],
    endpointAccess: { public: true, private: true },
    network: {
      region: 'us-east-1',
      clusterVpc: 'vpc-1',
      peerings: [],
      vpcs: [
        {
          id: 'vpc-1',
          region: 'us-east-1',
          cidrs: [cidr('10.0.0.0/16'), cidr('100.64.0.0/16')],
          dhcpDomain: 'ec2.internal',
          subnets: [
            subnet('a', 'us-east-1a', '10.0.0.0/18', '2600:1f18:1:1::/64'),
            subnet('b', 'us-east-1b', '10.0.64.0/18', '2600:1f18:1:2::/64'),
            subnet('pods', 'us-east-1a', '100.64.0.0/18'),
            subnet('tiny', 'us-east-1a', '10.0.255.0/28'),
          ],
          routeTables: [],
          natGateways: [{ id: 'nat', subnet: 'a', privateIp: ip('10.0.0.5'), connectivity: 'public', source }],
          source,
        },
      ],
    },
    cni: { version: { major: 1, minor: 21, patch: 1 }, env: env(settings), initEnv: {}, enableNetworkPolicy: false },
    kubeProxy: {
      mode: 'iptables',
      masqueradeAll: false,
      masqueradeBit: 14,
      clusterCIDR: [],
      detectLocal: { kind: 'none' },
      localhostNodePorts: true,
      nodePortAddresses: [],
      nfacct: false,
      randomFully: true,
      conntrackTcpBeLiberal: true,
    },
    nodeSpecs: [machine('n1'), machine('n2')],
    servers: [],
    placements: [],
    patches: [],
    flows: [],
    dnsNames: [],
    namespaces: [],
    nodes: [],
    pods: [],
    workloads: [],
    services: [],
    endpointSlices: [],
    configMaps: [],
    eniConfigs: [],
    unacted: [],
    unmodelled: [],
    assumptions: [],
    ...over,
  };
}

const own = (c: Cluster): readonly Pod[] => c.pods.filter((p) => p.metadata.namespace === 'default');
const specOf = (c: Cluster, name: string): NodeSpec => {
  const found = c.nodeSpecs.find((s) => s.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};
const podOf = (c: Cluster, name: string): Pod => {
  const found = c.pods.find((p) => p.metadata.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};
const serviceOf = (c: Cluster, name: string): Service => {
  const found = c.services.find((s) => s.metadata.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};
/** Codes of what went wrong, essentials aside. */
const codes = (c: Cluster): readonly string[] => settle(c).issues.map((issue) => issue.code);

describe('workloads', () => {
  test('a Deployment makes a ReplicaSet and pods with names of the real shape', () => {
    const { value } = settle(cluster({ workloads: [workload('Deployment', 'web', 3)] }));
    expect(own(value)).toHaveLength(3);
    const safe = '[bcdfghjklmnpqrstvwxz2456789]';
    for (const made of own(value)) {
      expect(made.metadata.name).toMatch(new RegExp(`^web-${safe}{8,10}-${safe}{5}$`));
      const owner = made.metadata.ownerReferences[0]?.name;
      expect(value.workloads.find((w) => w.kind === 'ReplicaSet' && w.metadata.name === owner)).toBeDefined();
    }
    expect(new Set(own(value).map((p) => p.metadata.name)).size).toBe(3);
  });
  test.each([
    ['StatefulSet', 2, ['db-0', 'db-1']],
    ['StatefulSet', 0, []],
  ] as const)('%s of %i', (kind, replicas, names) => {
    const { value } = settle(cluster({ workloads: [workload(kind, 'db', replicas)] }));
    expect(own(value).map((p) => p.metadata.name)).toEqual(names);
  });
  test('a DaemonSet runs once on each node it tolerates', () => {
    const nodes = [
      nodeObject('n1'),
      nodeObject('n2', {}, { taints: [{ key: 'gpu', value: '1', effect: 'NoSchedule' }] }),
    ];
    const { value } = settle(cluster({ nodes, workloads: [workload('DaemonSet', 'agent', 0)] }));
    expect(own(value).map((p) => p.spec.nodeName)).toEqual(['n1']);
  });
  test('live pods stand for their workload, by owner, by ReplicaSet name, or by name and labels', () => {
    const owners = [{ kind: 'ReplicaSet', name: 'web-545755bc68', controller: true }];
    const live = pod('web-545755bc68-v5kdv', { nodeName: 'n1' }, { podIPs: ['10.0.3.193'] });
    for (const given of [live, { ...live, metadata: { ...live.metadata, ownerReferences: owners } }]) {
      const { value } = settle(cluster({ pods: [given], workloads: [workload('Deployment', 'web', 2)] }));
      expect(own(value).map((p) => p.metadata.name)).toEqual(['web-545755bc68-v5kdv']);
    }
  });
});

describe('essentials', () => {
  test('a description gets CoreDNS, the node agents, kube-dns and kubernetes', () => {
    const { value } = settle(cluster());
    expect(value.clusterDns).toEqual(['172.20.0.10']);
    expect(serviceOf(value, 'kube-dns').spec.clusterIPs).toEqual(['172.20.0.10']);
    expect(serviceOf(value, 'kubernetes').spec.clusterIPs).toEqual(['172.20.0.1']);
    const dns = value.endpointSlices.find((slice) => slice.serviceName === 'kube-dns');
    expect(dns?.endpoints).toHaveLength(2);
    expect(value.apiserver.map((end) => end.subnet)).toEqual(['a', 'b']);
    expect(value.pods.filter((p) => p.spec.hostNetwork)).toHaveLength(4);
  });
  test("the control plane's addresses are those the API server lists for itself", () => {
    const metadata = meta('kubernetes', 'default', { 'kubernetes.io/service-name': 'kubernetes' });
    const { value } = settle(
      cluster({
        endpointSlices: [
          {
            kind: 'EndpointSlice',
            metadata,
            serviceName: 'kubernetes',
            addressType: 'IPv4',
            ports: [{ name: 'https', protocol: 'TCP', port: 443 }],
            endpoints: [{ addresses: ['10.0.0.201'], conditions: { ready: true } }],
            source,
          },
        ],
      }),
    );
    expect(value.apiserver).toEqual([{ ip: '10.0.0.201', subnet: 'a' }]);
    expect(value.assumptions.join()).not.toContain('control plane');
  });
  test('a live list without CoreDNS gets none, and says so', () => {
    const live = pod('x', { nodeName: 'n1' });
    const { value } = settle(cluster({ pods: [{ ...live, metadata: { ...live.metadata, uid: 'u' } }] }));
    expect(value.pods).toHaveLength(1);
    expect(value.assumptions.join()).toContain('without CoreDNS');
  });
});

describe('scheduler', () => {
  const zoned = [
    nodeObject('n1', { disk: 'ssd', n: '5' }),
    nodeObject('n2', { 'topology.kubernetes.io/zone': 'us-east-1b' }),
  ];
  const term = (
    key: string,
    operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt',
    ...values: string[]
  ) => ({
    requiredNodeAffinity: [{ matchExpressions: [{ key, operator, values }], matchFields: [] }],
  });
  test.each<[string, Partial<PodSpec>, string]>([
    ['nodeSelector', { nodeSelector: { disk: 'ssd' } }, 'n1'],
    ['In', term('disk', 'In', 'ssd', 'nvme'), 'n1'],
    ['NotIn matches an absent key', term('disk', 'NotIn', 'ssd'), 'n2'],
    ['Exists', term('disk', 'Exists'), 'n1'],
    ['DoesNotExist', term('disk', 'DoesNotExist'), 'n2'],
    ['Gt', term('n', 'Gt', '4'), 'n1'],
    ['Lt', term('n', 'Lt', '6'), 'n1'],
    [
      'fields',
      {
        requiredNodeAffinity: [
          { matchExpressions: [], matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] },
        ],
      },
      'n2',
    ],
    ['given node wins', { nodeName: 'n2', nodeSelector: { disk: 'ssd' } }, 'n2'],
  ])('%s', (_name, over, want) => {
    expect(podOf(settle(cluster({ nodes: zoned, pods: [pod('x', over)] })).value, 'x').spec.nodeName).toBe(want);
  });
  test('says why a pod stays Pending, node by node', () => {
    const nodes = [
      nodeObject('n1', {}, { unschedulable: true }),
      nodeObject('n2', {}, { taints: [{ key: 'gpu', value: '1', effect: 'NoSchedule' }] }),
    ];
    const { value, issues } = settle(cluster({ nodes, pods: [pod('x')] }));
    expect(podOf(value, 'x').spec.nodeName).toBeUndefined();
    expect(issues.find((issue) => issue.message.includes('default/x'))?.message).toBe(
      'Pod "default/x" stays Pending: 0/2 nodes are available: 1 node(s) had untolerated taint {gpu: 1}, 1 node(s) were unschedulable',
    );
  });
  test('maxPods counts host network pods', () => {
    const nodeSpecs = [machine('n1', { maxPods: 4 })];
    const { value } = settle(cluster({ nodeSpecs, workloads: [workload('Deployment', 'web', 9)] }));
    expect(value.pods.filter((p) => p.spec.nodeName === 'n1')).toHaveLength(4);
  });
  const self: LabelSelector = { matchLabels: { app: 'web' }, matchExpressions: [] };
  test.each<[string, Partial<PodSpec>, number, number]>([
    [
      'anti-affinity on hostname',
      { podAntiAffinity: [{ labelSelector: self, namespaces: [], topologyKey: 'topology.kubernetes.io/zone' }] },
      2,
      2,
    ],
    [
      'affinity with itself',
      { podAffinity: [{ labelSelector: self, namespaces: [], topologyKey: 'topology.kubernetes.io/zone' }] },
      3,
      1,
    ],
    [
      'spread',
      {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'topology.kubernetes.io/zone',
            whenUnsatisfiable: 'DoNotSchedule',
            labelSelector: self,
          },
        ],
      },
      3,
      2,
    ],
  ])('%s', (_name, over, placed, zones) => {
    const { value } = settle(cluster({ nodes: zoned, workloads: [workload('Deployment', 'web', 3, over)] }));
    const on = own(value).flatMap((p) => p.spec.nodeName ?? []);
    expect([on.length, new Set(on).size]).toEqual([placed, zones]);
  });
  test('a full zone blocks the other where the spread must hold', () => {
    const nodes = [
      nodeObject('n1'),
      nodeObject('n2', { 'topology.kubernetes.io/zone': 'us-east-1b' }, { unschedulable: true }),
    ];
    const over: Partial<PodSpec> = {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: self,
        },
      ],
    };
    const { value } = settle(cluster({ nodes, workloads: [workload('Deployment', 'web', 3, over)] }));
    expect(own(value).filter((p) => p.spec.nodeName !== undefined)).toHaveLength(1);
  });
});

describe('ipam', () => {
  const shape = (s: NodeSpec): string =>
    s.enis.map((e) => `${e.subnet}:${e.addresses.length}+${e.prefixes.length}`).join(' ');
  const bare = (count: number): readonly Pod[] =>
    Array.from({ length: count }, (_, i) => pod(`p-${i}`, { nodeName: 'n1' }));
  const live = { metadata: { ...meta('seen', '', {}), uid: 'u' } };
  /** A live list, so that no add-on joins the count. */
  const only = (count: number, settings: Record<string, string> = {}, over: Partial<NodeSpec> = {}): NodeSpec => {
    const base = cluster({ pods: bare(count), nodeSpecs: [machine('n1', over)] }, settings);
    return specOf(
      settle({
        ...base,
        nodes: [{ ...nodeObject('n1'), metadata: { ...nodeObject('n1').metadata, uid: live.metadata.uid } }],
      }).value,
      'n1',
    );
  };
  test.each<[string, number, Record<string, string>, string, string]>([
    ['no pod', 0, {}, 'm5.large', 'a:9+0'],
    ['first pod', 1, {}, 'm5.large', 'a:9+0 a:9+0'],
    ['tenth pod', 10, {}, 'm5.large', 'a:9+0 a:9+0 a:9+0'],
    ['WARM_IP_TARGET', 5, { WARM_IP_TARGET: '1', MINIMUM_IP_TARGET: '1' }, 't3.small', 'a:3+0 a:3+0'],
    ['MAX_ENI', 10, { MAX_ENI: '2' }, 'm5.large', 'a:9+0 a:9+0'],
    ['prefixes', 17, { ENABLE_PREFIX_DELEGATION: 'true' }, 't3.small', 'a:0+3'],
    ['prefixes, Xen', 1, { ENABLE_PREFIX_DELEGATION: 'true' }, 't2.medium', 'a:5+0 a:5+0'],
  ])('%s', (_name, count, settings, instanceType, want) => {
    expect(shape(only(count, settings, { instanceType }))).toBe(want);
  });
  test('custom networking puts pods on secondary ENIs of the ENIConfig of the zone', () => {
    const eniConfigs = [
      {
        kind: 'ENIConfig' as const,
        metadata: meta('us-east-1a', ''),
        spec: { subnet: 'pods', securityGroups: ['sg-p'] },
        source,
      },
    ];
    const settings = {
      AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: 'true',
      ENI_CONFIG_LABEL_DEF: 'topology.kubernetes.io/zone',
    };
    const { value } = settle(cluster({ eniConfigs, pods: bare(2) }, settings));
    const [primary, second] = specOf(value, 'n1').enis;
    expect([primary?.addresses.length, second?.subnet, second?.securityGroups]).toEqual([0, 'pods', ['sg-p']]);
    for (const p of own(value)) expect(p.status.podIPs[0]).toMatch(/^100\.64\./);
    expect(codes(cluster({}, settings))).toContain('eni-config-missing');
  });
  test('addresses already owned are never given out, nor the reserved ones', () => {
    const { value } = settle(cluster({ pods: bare(8) }));
    const dealt = value.nodeSpecs.flatMap((s) => s.enis.flatMap((e) => [e.primaryIp, ...e.addresses]));
    expect(new Set(dealt).size).toBe(dealt.length);
    for (const never of ['10.0.0.0', '10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.5'])
      expect(dealt).not.toContain(never);
    expect(dealt).toContain('10.0.0.4');
  });
  test('given ENIs and live addresses win, and nothing warm is added', () => {
    const enis = [eni(0, '10.0.0.75', ['10.0.1.60']), eni(1, '10.0.0.85', ['10.0.1.51'])];
    const pods = [
      pod('x', { nodeName: 'n1' }, { podIPs: ['10.0.1.51'] }),
      pod('y', { nodeName: 'n1' }, { podIPs: ['10.0.2.2'] }),
      pod('z', { nodeName: 'n1' }),
      pod('h', { nodeName: 'n1', hostNetwork: true }),
    ];
    const base = cluster({ pods, nodeSpecs: [machine('n1', { enis })] });
    const { value } = settle({
      ...base,
      nodes: [{ ...nodeObject('n1'), metadata: { ...nodeObject('n1').metadata, uid: 'u' } }],
    });
    const n1 = specOf(value, 'n1');
    expect(eniOfPod(n1, ip('10.0.1.51'))?.deviceIndex).toBe(1);
    expect(eniOfPod(n1, ip('10.0.2.2'))?.deviceIndex).toBe(0);
    expect(podOf(value, 'z').status.podIPs).toEqual(['10.0.1.60']);
    expect(podOf(value, 'h').status.podIPs).toEqual(['10.0.0.75']);
    expect(shape(n1)).toBe('a:2+0 a:1+0');
    expect(value.assumptions.join()).toContain('which ENI a pod sits on');
  });
  test('a placement names the device and the address', () => {
    const placements = [{ namespace: 'default', pod: 'p-0', deviceIndex: 1, ip: ip('10.0.9.9'), source }];
    const { value } = settle(cluster({ placements, pods: bare(1) }));
    expect(podOf(value, 'p-0').status.podIPs).toEqual(['10.0.9.9']);
    expect(eniOfPod(specOf(value, 'n1'), ip('10.0.9.9'))?.deviceIndex).toBe(1);
  });
  test('live pods of one /28 share its prefix', () => {
    const pods = ['10.0.8.16', '10.0.8.31'].map((address, i) =>
      pod(`p-${i}`, { nodeName: 'n1' }, { podIPs: [address] }),
    );
    const { value } = settle(cluster({ pods }, { ENABLE_PREFIX_DELEGATION: 'true' }));
    expect(specOf(value, 'n1').enis[0]?.prefixes.map((block) => block.text)).toContain('10.0.8.16/28');
  });
  test.each<[string, Partial<Cluster>, string]>([
    ['unknown type', { nodeSpecs: [machine('n1', { instanceType: 'm5.larg' })] }, 'instance-type-unknown'],
    ['subnet full', { nodeSpecs: [machine('n1', { subnet: 'tiny' })], pods: bare(5) }, 'subnet-exhausted'],
    ['subnet unknown', { nodeSpecs: [machine('n1', { subnet: 'nope' })] }, 'subnet-unknown'],
    ['address outside', { pods: [pod('x', { nodeName: 'n1' }, { podIPs: ['192.0.2.1'] })] }, 'pod-address-unplaced'],
  ])('%s is an error', (_name, over, code) => {
    expect(codes(cluster(over))).toContain(code);
  });
  test('an IPv6 cluster: one /80 on the primary ENI, IPv6 node and pod addresses', () => {
    const { value } = settle(
      cluster({
        ipFamily: 'IPv6',
        serviceCidrs: [cidr('fd30:1c53:5f8a::/108')],
        pods: bare(3),
        services: [service('p')],
      }),
    );
    const n1 = specOf(value, 'n1');
    expect(n1.enis).toHaveLength(1);
    const prefix = n1.enis[0]?.prefixes[0];
    expect(prefix?.prefix).toBe(80);
    for (const p of own(value)) {
      const address = parseIp(p.status.podIPs[0] ?? '');
      expect(prefix !== undefined && address !== undefined && cidrContains(prefix, address)).toBe(true);
    }
    expect(value.nodes[0]?.status.addresses[0]?.address).toMatch(/^2600:/);
    expect(value.endpointSlices.find((slice) => slice.serviceName === 'p')?.addressType).toBe('IPv6');
    expect(value.clusterDns).toEqual(['fd30:1c53:5f8a::a']);
  });
});

describe('services', () => {
  test('dynamic addresses and ports come from above the static bands, whatever the order of the input', () => {
    const many = Array.from({ length: 200 }, (_, i) => service(`s${i}`, { type: 'NodePort' }));
    const there = settle(cluster({ services: many })).value;
    const back = settle(cluster({ services: many.toReversed() })).value;
    const ips = many.map((s) => serviceOf(there, s.metadata.name).spec.clusterIPs[0] ?? '');
    expect(many.map((s) => serviceOf(back, s.metadata.name).spec.clusterIPs[0])).toEqual(ips);
    expect(new Set(ips).size).toBe(200);
    for (const address of ips) expect(cidrContains(cidr('172.20.0.0/24'), ip(address))).toBe(false);
    const ports = many.map((s) => serviceOf(there, s.metadata.name).spec.ports[0]?.nodePort ?? 0);
    expect(new Set(ports).size).toBe(200);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(30086);
    expect(Math.max(...ports)).toBeLessThanOrEqual(32767);
  });
  test('what a Service has it keeps', () => {
    const ports = [{ name: '', protocol: 'TCP' as const, port: 80, targetPort: 8080, nodePort: 32385 }];
    const given = service('x', { type: 'NodePort', clusterIPs: ['172.20.152.84'], ports });
    const { value } = settle(cluster({ services: [given, service('hl', { clusterIPs: ['None'] })] }));
    expect(serviceOf(value, 'x').spec.clusterIPs).toEqual(['172.20.152.84']);
    expect(serviceOf(value, 'x').spec.ports).toEqual(ports);
    expect(serviceOf(value, 'hl').spec.clusterIPs).toEqual(['None']);
  });
  test.each<[string, Partial<Service['spec']>, boolean, boolean]>([
    ['ClusterIP', {}, false, false],
    ['LoadBalancer', { type: 'LoadBalancer' }, true, false],
    ['LoadBalancer, Local', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }, true, true],
    ['no node ports', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }, false, false],
    ['NodePort, Local', { type: 'NodePort', externalTrafficPolicy: 'Local' }, true, false],
  ])('%s', (_name, over, nodePort, health) => {
    const { spec: made } = serviceOf(settle(cluster({ services: [service('x', over)] })).value, 'x');
    expect([made.ports[0]?.nodePort !== undefined, made.healthCheckNodePort !== undefined]).toEqual([nodePort, health]);
  });
  test('dual stack follows the policy and the cluster', () => {
    const serviceCidrs = [cidr('172.20.0.0/16'), cidr('fd00::/108')];
    const services = [service('x', { ipFamilyPolicy: 'PreferDualStack' }), service('y')];
    const { value } = settle(cluster({ serviceCidrs, services }));
    expect(serviceOf(value, 'x').spec.ipFamilies).toEqual(['IPv4', 'IPv6']);
    expect(serviceOf(value, 'y').spec.ipFamilies).toEqual(['IPv4']);
    expect(codes(cluster({ services: [service('z', { ipFamilyPolicy: 'RequireDualStack' })] }))).toContain(
      'service-family-missing',
    );
  });
  test.each<[string, Partial<Service['spec']>, string]>([
    ['address', { clusterIPs: ['172.20.5.5'] }, 'cluster-ip-taken'],
    [
      'port',
      { ports: [{ name: '', protocol: 'TCP', port: 1, targetPort: 1, nodePort: 30001 }], type: 'NodePort' },
      'node-port-taken',
    ],
  ])('two Services with one %s', (_name, over, code) => {
    expect(codes(cluster({ services: [service('x', over), service('y', over)] }))).toContain(code);
  });
  test('a full CIDR is an error, after the static band is used up too', () => {
    const services = Array.from({ length: 20 }, (_, i) => service(`s${i}`));
    const small = settle(cluster({ serviceCidrs: [cidr('172.20.0.0/28')], services }));
    expect(small.issues.filter((issue) => issue.code === 'cluster-ip-exhausted')).toHaveLength(8);
  });
});

describe('endpoint slices', () => {
  const slices = (c: Cluster, name: string) => settle(c).value.endpointSlices.filter((s) => s.serviceName === name);
  const named = (name: string, ready: boolean, deleted = false): Pod => {
    const made = pod(name, { nodeName: 'n1' }, { ready });
    return deleted ? { ...made, metadata: { ...made.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } } : made;
  };
  test.each<[string, Pod, boolean, object]>([
    ['ready', named('web-1', true), false, { ready: true, serving: true, terminating: false }],
    ['not ready', named('web-1', false), false, { ready: false, serving: false, terminating: false }],
    ['terminating', named('web-1', true, true), false, { ready: false, serving: true, terminating: true }],
    ['published', named('web-1', false, true), true, { ready: true, serving: false, terminating: true }],
  ])('%s', (_name, given, publishNotReadyAddresses, conditions) => {
    const made = slices(cluster({ pods: [given], services: [service('web', { publishNotReadyAddresses })] }), 'web');
    expect(made[0]?.endpoints[0]?.conditions).toEqual(conditions);
  });
  test('named ports are looked up per pod, a slice per answer', () => {
    const other = [
      { name: 'c', image: 'i', env: [], ports: [{ name: 'http', containerPort: 9090, protocol: 'TCP' as const }] },
    ];
    const pods = [named('web-1', true), { ...named('web-2', true), spec: spec({ nodeName: 'n1', containers: other }) }];
    const made = slices(cluster({ pods, services: [service('web')] }), 'web');
    expect(made.map((slice) => slice.ports[0]?.port).sort()).toEqual([8080, 9090]);
  });
  test('100 endpoints a slice, sorted by address', () => {
    const nodeSpecs = [machine('n1', { instanceType: 'm5.24xlarge' })];
    const made = slices(
      cluster({ nodeSpecs, workloads: [workload('Deployment', 'web', 150)], services: [service('web')] }),
      'web',
    );
    expect(made.map((slice) => slice.endpoints.length)).toEqual([100, 50]);
  });
  test.each<[NonNullable<Service['spec']['trafficDistribution']>, object]>([
    ['PreferClose', { forZones: ['us-east-1a'], forNodes: [] }],
    ['PreferSameZone', { forZones: ['us-east-1a'], forNodes: [] }],
    ['PreferSameNode', { forZones: ['us-east-1a'], forNodes: ['n1'] }],
  ])('%s writes hints', (trafficDistribution, hints) => {
    const made = slices(
      cluster({ pods: [named('web-1', true)], services: [service('web', { trafficDistribution })] }),
      'web',
    );
    expect(made[0]?.endpoints[0]?.hints).toEqual(hints);
  });
  test('a StatefulSet behind a headless Service has hostnames', () => {
    const set = { ...workload('StatefulSet', 'db', 1), serviceName: 'db' };
    const made = slices(cluster({ workloads: [set], services: [service('db', { clusterIPs: ['None'] })] }), 'db');
    expect(made[0]?.endpoints[0]?.hostname).toBe('db-0');
  });
  test('no pod: an empty slice and a word; no selector: nothing', () => {
    const base = cluster({ services: [service('web')] });
    expect(slices(base, 'web').map((slice) => slice.endpoints)).toEqual([[]]);
    expect(codes(base)).toContain('service-selects-nothing');
    const { selector: _, ...without } = service('ext').spec;
    expect(slices(cluster({ services: [{ ...service('ext'), spec: without }] }), 'ext')).toEqual([]);
  });
  test('given slices stay as they are', () => {
    const given = {
      kind: 'EndpointSlice' as const,
      metadata: meta('web-x'),
      serviceName: 'web',
      addressType: 'IPv4' as const,
      ports: [],
      endpoints: [],
      source,
    };
    expect(
      slices(cluster({ pods: [named('web-1', true)], services: [service('web')], endpointSlices: [given] }), 'web'),
    ).toEqual([given]);
  });
});

describe('settling again', () => {
  test('changes nothing', () => {
    const arbitrary = fc.record({
      nodes: fc.array(
        fc.record({
          type: fc.constantFrom('m5.large', 't3.small', 'm5.4xlarge', 't2.medium'),
          subnet: fc.constantFrom('a', 'b', 'tiny'),
          given: fc.boolean(),
        }),
        { maxLength: 4 },
      ),
      workloads: fc.array(
        fc.record({
          kind: fc.constantFrom(
            'Deployment' as const,
            'StatefulSet' as const,
            'DaemonSet' as const,
            'Job' as const,
            'ReplicaSet' as const,
          ),
          replicas: fc.nat(12),
          hostNetwork: fc.boolean(),
        }),
        { maxLength: 4 },
      ),
      live: fc.uniqueArray(fc.nat(200), { maxLength: 6 }),
      types: fc.array(fc.constantFrom('ClusterIP' as const, 'NodePort' as const, 'LoadBalancer' as const), {
        maxLength: 4,
      }),
      settings: fc.constantFrom<Record<string, string>>(
        {},
        { ENABLE_PREFIX_DELEGATION: 'true' },
        { WARM_IP_TARGET: '2' },
        { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: 'true' },
      ),
      ipv6: fc.boolean(),
    });
    fc.assert(
      fc.property(arbitrary, ({ nodes, workloads, live, types, settings, ipv6 }) => {
        const once = settle(
          cluster(
            {
              ...(ipv6 ? { ipFamily: 'IPv6', serviceCidrs: [cidr('fd30::/108')] } : {}),
              nodeSpecs: nodes.map((n, i) =>
                machine(`n${i}`, {
                  instanceType: n.type,
                  subnet: n.subnet,
                  ...(n.given ? { enis: [eni(0, `10.0.50.${i + 1}`)] } : {}),
                }),
              ),
              workloads: workloads.map((w, i) => workload(w.kind, `w${i}`, w.replicas, { hostNetwork: w.hostNetwork })),
              pods: live.map((n) =>
                pod(
                  `live-${n}`,
                  { nodeName: 'n0' },
                  { podIPs: [ipv6 ? `2600:1f18:1:1:5::${n.toString(16)}` : `10.0.40.${n}`] },
                ),
              ),
              services: types.map((type, i) => service(`w${i}`, { type })),
              eniConfigs: [
                {
                  kind: 'ENIConfig',
                  metadata: meta('default', ''),
                  spec: { subnet: 'pods', securityGroups: [] },
                  source,
                },
              ],
            },
            settings,
          ),
        ).value;
        for (const n of live)
          expect(podOf(once, `live-${n}`).status.podIPs[0]).toMatch(ipv6 ? /^2600:1f18:1:1:5::/ : /^10\.0\.40\./);
        const owners = once.pods.filter((p) => !p.spec.hostNetwork).flatMap((p) => p.status.podIPs);
        expect(new Set(owners).size).toBe(owners.length);
        expect(settle(once).value).toEqual(once);
      }),
      { numRuns: 120, seed: 7 },
    );
  });
  test('1,000 nodes and 30,000 pods settle quickly', () => {
    const nodeSpecs = Array.from({ length: 1000 }, (_, i) =>
      machine(`n${i}`, { instanceType: 'm5.4xlarge', subnet: i % 2 === 0 ? 'a' : 'b' }),
    );
    const workloads = Array.from({ length: 300 }, (_, i) => workload('Deployment', `w${i}`, 100));
    const big = cluster({ nodeSpecs, workloads, services: workloads.map((w) => service(w.metadata.name)) });
    const network = {
      ...big.network,
      vpcs: big.network.vpcs.map((vpc) => ({
        ...vpc,
        subnets: vpc.subnets.map((s) => ({ ...s, cidrs: [cidr(s.id === 'a' ? '10.0.0.0/9' : '10.128.0.0/9')] })),
      })),
    };
    const start = performance.now();
    const { value, issues } = settle({ ...big, network });
    const took = performance.now() - start;
    expect(issues.filter((issue) => issue.severity === 'error')).toEqual([]);
    expect(value.pods.every((p) => p.status.podIPs.length === 1)).toBe(true);
    expect(took).toBeLessThan(20_000);
  });
  test('an empty cluster with no network is no crash', () => {
    const base = cluster({ nodeSpecs: [], serviceCidrs: [] });
    expect(() => settle({ ...base, network: { ...base.network, vpcs: [] } })).not.toThrow();
  });
});

import fc from 'fast-check';
import type { KnobSetting } from '../../src/cluster/index.ts';
import type { InputFile } from '../../src/load/index.ts';

/** A small cluster of any shape a user may have: what is not given is for the controllers to fill in. */
export interface ArbitraryCluster {
  readonly files: readonly InputFile[];
  readonly sets: readonly KnobSetting[];
}

const APPS = ['web', 'api', 'db'] as const;

interface App {
  readonly replicas: number;
  readonly hostNetwork: boolean;
}

const app: fc.Arbitrary<App> = fc.record({
  replicas: fc.integer({ min: 0, max: 3 }),
  hostNetwork: fc.boolean(),
});

const service = fc.record({
  type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
  selector: fc.constantFrom(...APPS, ...APPS, 'nobody'),
  externalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
  internalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
  sessionAffinity: fc.constantFrom('None', 'ClientIP'),
  protocols: fc.constantFrom(['TCP'], ['UDP'], ['TCP', 'UDP']),
  headless: fc.constantFrom(false, false, false, true),
  externalIPs: fc.constantFrom<readonly string[]>([], [], ['203.0.113.99']),
});

const network = fc.record({
  ipFamily: fc.constantFrom('IPv4', 'IPv4', 'IPv6'),
  nat: fc.constantFrom('Single', 'HighlyAvailable', 'Disable'),
  privateNetworking: fc.boolean(),
  nodes: fc.integer({ min: 1, max: 4 }),
});

/** Settings of aws-node and kube-proxy, by the way `--set` spells them. */
const knobs = fc.record(
  {
    AWS_VPC_K8S_CNI_EXTERNALSNAT: fc.constantFrom('true', 'false'),
    AWS_VPC_K8S_CNI_RANDOMIZESNAT: fc.constantFrom('none', 'hashrandom', 'prng'),
    AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: fc.constantFrom('', '10.12.0.0/16', '10.12.0.0/16,198.51.100.0/24'),
    AWS_VPC_CNI_NODE_PORT_SUPPORT: fc.constantFrom('true', 'false'),
    AWS_VPC_K8S_CNI_VETHPREFIX: fc.constantFrom('eni', 'vpc'),
    vpcCniVersion: fc.constantFrom('1.12.0', '1.16.0', '1.21.1', '1.23.1'),
    'kubeProxy.masqueradeAll': fc.constantFrom('true', 'false'),
    'kubeProxy.localhostNodePorts': fc.constantFrom('true', 'false'),
  },
  { requiredKeys: [] },
);

export const arbitraryCluster: fc.Arbitrary<ArbitraryCluster> = fc
  .tuple(network, fc.tuple(app, app, app), fc.array(service, { minLength: 1, maxLength: 4 }), knobs)
  .map(([net, apps, services, settings]) => {
    const objects = [
      clusterConfig(net),
      ...apps.flatMap((made, i) => (made.replicas === 0 ? [] : [deployment(APPS[i] ?? 'web', made, 8080 + i)])),
      ...services.map((made, i) => serviceObject(`svc-${i}`, made)),
    ];
    return {
      files: [{ path: 'cluster.json', text: `${objects.map((each) => JSON.stringify(each, null, 1)).join('\n')}\n` }],
      sets: Object.entries(settings).map(([key, value]) => ({
        key,
        value: String(value),
        source: { file: `--set ${key}` },
      })),
    };
  });

type NetworkOf = typeof network extends fc.Arbitrary<infer T> ? T : never;
type ServiceOf = typeof service extends fc.Arbitrary<infer T> ? T : never;

const clusterConfig = ({ ipFamily, nat, privateNetworking, nodes }: NetworkOf): unknown => ({
  apiVersion: 'eksctl.io/v1alpha5',
  kind: 'ClusterConfig',
  metadata: { name: 'any', region: 'eu-west-1', version: '1.34' },
  kubernetesNetworkConfig: { ipFamily },
  vpc: { cidr: '10.0.0.0/16', nat: { gateway: nat } },
  ...(ipFamily === 'IPv6'
    ? { iam: { withOIDC: true }, addons: ['vpc-cni', 'coredns', 'kube-proxy'].map((name) => ({ name })) }
    : {}),
  managedNodeGroups: [{ name: 'ng', instanceType: 'm5.large', desiredCapacity: nodes, privateNetworking }],
});

const deployment = (name: string, { replicas, hostNetwork }: App, port: number): unknown => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'any' },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { hostNetwork, containers: [{ name: 'c', image: 'i', ports: [{ containerPort: port }] }] },
    },
  },
});

const serviceObject = (name: string, of: ServiceOf): unknown => {
  const outside = of.type === 'ClusterIP' ? {} : { externalTrafficPolicy: of.externalTrafficPolicy };
  const type = of.headless ? { type: 'ClusterIP', clusterIP: 'None' } : { type: of.type, ...outside };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'any' },
    spec: {
      ...type,
      selector: { app: of.selector },
      internalTrafficPolicy: of.internalTrafficPolicy,
      sessionAffinity: of.headless ? 'None' : of.sessionAffinity,
      ports: of.protocols.map((protocol) => ({
        name: protocol.toLowerCase(),
        port: 80,
        targetPort: 8080 + Math.max(0, (APPS as readonly string[]).indexOf(of.selector)),
        protocol,
      })),
      ...(of.externalIPs.length === 0 || of.headless ? {} : { externalIPs: of.externalIPs }),
    },
  };
};

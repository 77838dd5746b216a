import { createRng, type Rng } from '../../src/base/index.ts';
import type { InputFile } from '../../src/load/index.ts';
import { ipv6Files } from '../lab/worlds.ts';

const SERVICE = 'service.beta.kubernetes.io/aws-load-balancer-';
const INGRESS = 'alb.ingress.kubernetes.io/';
const LBC_CLASS = 'service.k8s.aws/nlb';
const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c'];

/** Where the pods of an app listen. Nobody listens where `nobody` is asked. */
const PORTS = { web: 8080, api: 9090, nobody: 7 } as const;
const APPS = ['web', 'web', 'api', 'nobody'] as const;
type App = (typeof APPS)[number];

type Labels = Readonly<Record<string, string>>;
type Manifest = Readonly<Record<string, unknown>>;

/**
 * A cluster of a few nodes and pods behind load balancers of every kind, drawn so that most of them lead somewhere: of the AWS
 * Load Balancer Controller and of the cloud controller manager, to nodes and to pods, in one family or both. Same seed, same bytes.
 */
export function balancedCluster(seed: number): readonly InputFile[] {
  const rng = createRng(seed);
  if (rng.next() < 0.2) {
    const services = Array.from({ length: rng.int(1, 3) }, (_, i) => randomService(rng, `six-${i}`, 6, false));
    return [...ipv6Files(), { path: 'services.json', text: print(services) }];
  }
  const guarded = rng.next() < 0.5;
  const zones = ZONES.slice(0, rng.int(2, ZONES.length));
  const manifests = [
    network(zones),
    cluster(guarded),
    ...(guarded ? GROUPS : []),
    ...nodes(rng, zones, guarded),
    ...APPS.filter((app, i) => app !== 'nobody' && APPS.indexOf(app) === i).map((app) => deployment(rng, app)),
    ...Array.from({ length: rng.int(1, 4) }, (_, i) => randomService(rng, `svc-${i}`, 4, guarded)),
    ...randomIngresses(rng),
  ];
  return [{ path: 'balanced.json', text: print(manifests) }];
}

const print = (manifests: readonly Manifest[]): string => manifests.map((each) => JSON.stringify(each)).join('\n');

const own = (kind: string, spec: Manifest, name = 'one'): Manifest => ({
  apiVersion: 'packetwalk.dev/v1alpha1',
  kind,
  metadata: { name },
  spec,
});

function network(zones: readonly string[]): Manifest {
  const subnets = zones.flatMap((zone, i) => [
    { id: `private-${i}`, cidr: `10.0.${i}.0/24`, zone, routeTable: 'private' },
    { id: `public-${i}`, cidr: `10.0.10${i}.0/24`, zone, routeTable: 'public' },
  ]);
  const routeTables = [
    { id: 'private', routes: [{ destination: '0.0.0.0/0', target: 'nat' }] },
    { id: 'public', routes: [{ destination: '0.0.0.0/0', target: 'igw' }] },
  ];
  const natGateways = [{ id: 'nat', subnet: 'public-0', privateIp: '10.0.100.5', publicIp: '198.51.100.250' }];
  const vpc = { id: 'vpc-1', cidrs: ['10.0.0.0/16'], internetGateway: 'igw', subnets, routeTables, natGateways };
  return own('Network', { region: 'us-east-1', clusterVpc: 'vpc-1', vpcs: [vpc] });
}

const cluster = (guarded: boolean): Manifest =>
  own('Cluster', {
    name: 'lbs',
    region: 'us-east-1',
    version: '1.34',
    serviceCidrs: ['172.20.0.0/16'],
    vpcCniVersion: 'v1.21.1',
    ...(guarded ? { securityGroup: 'sg-cluster' } : {}),
  });

/** Whatever else the targets have to let in the controllers write. */
const GROUPS: readonly Manifest[] = [
  own('SecurityGroup', {
    id: 'sg-node',
    tags: { 'kubernetes.io/cluster/lbs': 'owned' },
    ingress: [{ protocol: 'all', from: 'self' }],
  }),
  own('SecurityGroup', { id: 'sg-given', ingress: [{ protocol: 'tcp', ports: 80, from: '0.0.0.0/0' }] }, 'given'),
];

function nodes(rng: Rng, zones: readonly string[], guarded: boolean): readonly Manifest[] {
  return Array.from({ length: rng.int(1, 4) }, (_, i) => {
    const at = rng.int(0, zones.length - 1);
    const name = `n${i}`;
    const address = `10.0.${at}.${10 + i}`;
    const groups = guarded ? { securityGroups: ['sg-node'] } : {};
    return [
      own('NodeNetwork', { node: name, subnet: `private-${at}`, primaryIp: address, ...groups }, name),
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: {
          name,
          labels: {
            'node.kubernetes.io/instance-type': 'm5.large',
            'topology.kubernetes.io/zone': zones[at],
            pool: rng.pick(['blue', 'green']),
            ...(rng.next() < 0.1 ? { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } : {}),
          },
        },
        spec: { providerID: `aws:///${zones[at]}/i-000000000000000${i}` },
        status: { addresses: [{ type: 'InternalIP', address }] },
      },
    ];
  }).flat();
}

const deployment = (rng: Rng, app: App): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: app, namespace: 'lbs' },
  spec: {
    replicas: rng.int(1, 4),
    selector: { matchLabels: { app } },
    template: {
      metadata: { labels: { app } },
      spec: {
        hostNetwork: app === 'api' && rng.next() < 0.2,
        containers: [
          {
            name: 'c',
            image: rng.pick(['nginx', 'registry.example.com/app:1']),
            ports: (['TCP', 'UDP'] as const).map((protocol) => ({ containerPort: PORTS[app], protocol })),
          },
        ],
      },
    },
  },
});

function randomService(rng: Rng, name: string, family: 4 | 6, guarded: boolean): Manifest {
  const app = family === 6 ? 'web' : rng.pick(APPS);
  const protocols = rng.pick([['TCP'], ['TCP'], ['UDP'], ['TCP', 'UDP']]);
  const targetPort = family === 6 ? 80 : PORTS[app];
  const externalTrafficPolicy = rng.pick(['Cluster', 'Local']);
  const maker = family === 6 ? 'controller' : rng.pick(['controller', 'controller', 'controller', 'cloud', 'classic']);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: family === 6 ? 'default' : 'lbs', annotations: annotationsOf(rng, maker, family) },
    spec: {
      type: 'LoadBalancer',
      ...(maker === 'controller' ? { loadBalancerClass: LBC_CLASS } : {}),
      selector: { app: app === 'nobody' ? 'web' : app },
      externalTrafficPolicy,
      internalTrafficPolicy: rng.pick(['Cluster', 'Cluster', 'Local']),
      sessionAffinity: rng.pick(['None', 'None', 'ClientIP']),
      ...(guarded && rng.next() < 0.2 ? { loadBalancerSourceRanges: ['203.0.113.0/24', '10.0.0.0/23'] } : {}),
      ports: protocols.map((protocol) => ({ name: protocol.toLowerCase(), port: 80, targetPort, protocol })),
    },
  };
}

function annotationsOf(rng: Rng, maker: string, family: 4 | 6): Labels {
  const said = (name: string, value: string): Labels => ({ [SERVICE + name]: value });
  const sometimes = (odds: number, name: string, ...values: readonly string[]): Labels =>
    rng.next() < odds ? said(name, rng.pick(values)) : {};
  const crossZone = sometimes(0.3, 'cross-zone-load-balancing-enabled', 'true');
  if (maker !== 'controller')
    return {
      ...(maker === 'cloud' ? said('type', 'nlb') : {}),
      ...sometimes(0.3, 'internal', 'true'),
      ...crossZone,
      ...(maker === 'classic' ? sometimes(0.5, 'backend-protocol', 'http') : {}),
      ...(maker === 'classic' ? sometimes(0.2, 'proxy-protocol', '*') : {}),
    };
  const attributes = [
    ...(rng.next() < 0.6 ? [`preserve_client_ip.enabled=${rng.pick(['true', 'false'])}`] : []),
    ...(rng.next() < 0.2 ? ['stickiness.enabled=true,stickiness.type=source_ip'] : []),
    ...(rng.next() < 0.2 ? [`load_balancing.cross_zone.enabled=${rng.pick(['true', 'false'])}`] : []),
    ...(rng.next() < 0.1 ? ['proxy_protocol_v2.enabled=true'] : []),
  ];
  return {
    ...said('scheme', rng.pick(['internal', 'internet-facing'])),
    ...said('nlb-target-type', rng.pick(['instance', 'ip'])),
    ...(attributes.length === 0 ? {} : said('target-group-attributes', attributes.join(','))),
    ...crossZone,
    ...(family === 6 ? said('ip-address-type', 'dualstack') : {}),
    ...sometimes(0.5, 'enable-tcp-udp-listener', 'true'),
    ...sometimes(0.15, 'target-node-labels', 'pool=blue'),
    ...sometimes(0.1, 'healthcheck-port', '10250', '9'),
  };
}

const CLASS: Manifest = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: 'alb' },
  spec: { controller: 'ingress.k8s.aws/alb' },
};

/** Backends of Ingresses: a Service of node ports for each app, and whatever annotations answer with. */
function randomIngresses(rng: Rng): readonly Manifest[] {
  const count = rng.int(0, 2);
  if (count === 0) return [];
  const scheme = rng.pick(['internal', 'internet-facing']);
  const grouped = rng.next() < 0.5;
  const backends = ['web', 'api', 'nobody'] as const;
  return [
    CLASS,
    ...backends.map((app) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: app, namespace: 'lbs' },
      spec: {
        type: 'NodePort',
        externalTrafficPolicy: rng.pick(['Cluster', 'Cluster', 'Local']),
        selector: { app: app === 'nobody' ? 'web' : app },
        ports: [{ port: 80, targetPort: PORTS[app] }],
      },
    })),
    ...Array.from({ length: count }, (_, i) => randomIngress(rng, i, scheme, grouped)),
  ];
}

function randomIngress(rng: Rng, at: number, scheme: string, grouped: boolean): Manifest {
  const names = ['web', 'api', 'nobody', 'split', 'away', 'said'] as const;
  const paths = Array.from({ length: rng.int(1, 4) }, (_, i) => {
    const name = rng.pick(names);
    const annotated = name === 'split' || name === 'away' || name === 'said';
    const path = `/${rng.pick(['a', 'b', 'a/b', `p${i}`, ''])}`;
    const pathType = rng.pick(['Prefix', 'Exact']);
    return {
      path,
      pathType,
      backend: { service: { name, port: annotated ? { name: 'use-annotation' } : { number: 80 } } },
    };
  });
  const shares = [
    { serviceName: 'web', servicePort: 80, weight: rng.int(0, 3) },
    { serviceName: 'api', servicePort: 80, weight: rng.int(1, 3) },
  ];
  const annotations: Labels = {
    [`${INGRESS}scheme`]: scheme,
    [`${INGRESS}target-type`]: rng.pick(['ip', 'instance']),
    [`${INGRESS}actions.split`]: JSON.stringify({ type: 'forward', forwardConfig: { targetGroups: shares } }),
    [`${INGRESS}actions.away`]: JSON.stringify({
      type: 'redirect',
      redirectConfig: { statusCode: 'HTTP_301', path: '/moved/#{path}' },
    }),
    [`${INGRESS}actions.said`]: JSON.stringify({
      type: 'fixed-response',
      fixedResponseConfig: { statusCode: '418', contentType: 'text/plain', messageBody: 'short and stout' },
    }),
    ...(grouped ? { [`${INGRESS}group.name`]: 'shared', [`${INGRESS}group.order`]: String(rng.int(-5, 5)) } : {}),
    ...(rng.next() < 0.3 ? { [`${INGRESS}success-codes`]: '200-499' } : {}),
  };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: `in-${at}`, namespace: 'lbs', annotations },
    spec: {
      ingressClassName: 'alb',
      rules: [{ ...(rng.next() < 0.5 ? { host: `h${at}.example.com` } : {}), http: { paths } }],
    },
  };
}

import { describe, expect, test } from 'vitest';
import { readWorld, type World, worldFiles } from '../../src/world/index.ts';
import { eksctlWorldWith, walk, worldWith } from './testing.ts';

/**
 * What the input describes and the model does not have must end the walks it touches `unknown`, naming where it is
 * written, and leave every other walk as it was.
 */
interface Row {
  readonly what: string;
  readonly extra?: string;
  /** Edits of the base. */
  readonly replace?: readonly (readonly [string, string])[];
  /** Each ends unknown, and says these words. */
  readonly touched: readonly (readonly [from: string, to: string])[];
  readonly says: readonly string[];
  /** Each is delivered as if nothing had been added. */
  readonly untouched: readonly (readonly [from: string, to: string])[];
}

async function expectWalks(
  world: World,
  touched: Row['touched'],
  says: readonly string[],
  untouched: Row['untouched'],
): Promise<void> {
  for (const [from, to] of touched) {
    const { verdict, unknowns } = await walk(world, from, to);
    expect({ from, to, verdict }, unknowns.join('\n')).toEqual({ from, to, verdict: 'unknown' });
    for (const words of says) expect(unknowns.join('\n')).toContain(words);
  }
  for (const [from, to] of untouched) {
    const { verdict, unknowns } = await walk(world, from, to);
    expect({ from, to, verdict, unknowns }).toEqual({ from, to, verdict: 'delivered', unknowns: [] });
  }
}

const POLICY_ON = `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: aws-node, namespace: kube-system }
spec:
  selector: { matchLabels: { k8s-app: aws-node } }
  template:
    metadata: { labels: { k8s-app: aws-node } }
    spec:
      hostNetwork: true
      containers:
        - { name: aws-node, image: "amazon-k8s-cni:v1.21.1", env: [{ name: NETWORK_POLICY_ENFORCING_MODE, value: @MODE@ }, { name: ENABLE_POD_ENI, value: "true" }] }
        - { name: aws-eks-nodeagent, image: "nodeagent:1", args: ["--enable-network-policy=true"] }
---
`;
const STANDARD = POLICY_ON.replace('@MODE@', 'standard');
const policyObject = (apiVersion: string, kind: string, spec: string, namespace = 'shop'): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: deny, namespace: ${namespace} }\nspec: ${spec}\n`;
const calico = (backend: string): string => `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: calico-node, namespace: kube-system }
spec:
  selector: { matchLabels: { k8s-app: calico-node } }
  template:
    metadata: { labels: { k8s-app: calico-node } }
    spec: { hostNetwork: true, containers: [{ name: calico-node, image: "quay.io/calico/node:v3.29", env: [{ name: CALICO_NETWORKING_BACKEND, value: "${backend}" }] }] }
---
`;

const daemonSet = (name: string, image: string, more = ''): string => `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: ${name}, namespace: kube-system }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { hostNetwork: true, containers: [{ name: main, image: "${image}"${more} }] }
---
`;

const toWeb = ['pod/shop/client', 'svc/shop/web'] as const;
const fromWeb = ['pod/shop/web', 'host/legacy'] as const;
const plainOut = ['pod/shop/plain', 'host/legacy'] as const;
const plainToClient = ['pod/shop/plain', 'pod/shop/client:8080'] as const;
const n1Out = ['node/n1', 'host/legacy'] as const;

const annotated = (annotations: string): readonly (readonly [string, string])[] => [
  ['labels: { app: web } }\nspec', `labels: { app: web }, annotations: ${annotations} }\nspec`],
];

const rows: readonly Row[] = [
  {
    what: 'nothing: the base itself',
    touched: [],
    says: [],
    untouched: [toWeb, fromWeb, plainOut, plainToClient, n1Out, ['pod/shop/plain', 'far.example.com:443']],
  },
  {
    what: 'NetworkPolicy, enforced by the CNI',
    extra:
      STANDARD +
      policyObject('networking.k8s.io/v1', 'NetworkPolicy', '{ podSelector: { matchLabels: { app: web } } }'),
    touched: [toWeb, fromWeb],
    says: ['NetworkPolicy shop/deny', 'extra.yaml:14:1'],
    untouched: [plainOut, plainToClient],
  },
  {
    what: 'NetworkPolicy, enforced by Calico',
    extra:
      calico('none') +
      policyObject('networking.k8s.io/v1', 'NetworkPolicy', '{ podSelector: { matchLabels: { app: web } } }'),
    touched: [toWeb, fromWeb],
    says: ['NetworkPolicy shop/deny', 'extra.yaml:10'],
    untouched: [plainOut, plainToClient],
  },
  {
    what: 'what EKS made of a NetworkPolicy, loaded by the policy agent',
    extra:
      STANDARD +
      policyObject(
        'networking.k8s.aws/v1alpha1',
        'PolicyEndpoint',
        '{ podIsolation: [Ingress], podSelector: { matchLabels: { app: web } }, policyRef: { name: deny, namespace: shop } }',
      ),
    touched: [toWeb, fromWeb],
    says: ['PolicyEndpoint shop/deny', 'extra.yaml:14:1'],
    untouched: [plainOut, plainToClient],
  },
  {
    what: 'what EKS made of a NetworkPolicy, with the policy agent off',
    extra: policyObject(
      'networking.k8s.aws/v1alpha1',
      'PolicyEndpoint',
      '{ podIsolation: [Ingress], podSelector: { matchLabels: { app: web } }, policyRef: { name: deny, namespace: shop } }',
    ),
    touched: [],
    says: [],
    untouched: [toWeb, plainOut],
  },
  {
    what: "NetworkPolicy of Calico's own group",
    extra: policyObject('crd.projectcalico.org/v1', 'NetworkPolicy', `{ selector: "app == 'web'" }`),
    touched: [toWeb, plainOut],
    says: ['NetworkPolicy shop/deny', 'extra.yaml:1'],
    untouched: [n1Out],
  },
  {
    what: 'a cluster-wide policy',
    extra: policyObject(
      'policy.networking.k8s.io/v1alpha1',
      'AdminNetworkPolicy',
      '{ subject: { namespaces: { matchLabels: { kubernetes.io/metadata.name: shop } } } }',
    ),
    touched: [toWeb, plainOut],
    says: ['AdminNetworkPolicy deny', 'extra.yaml:1'],
    untouched: [n1Out],
  },
  {
    what: 'a cluster-wide policy for another namespace',
    extra: policyObject(
      'policy.networking.k8s.io/v1alpha1',
      'AdminNetworkPolicy',
      '{ subject: { namespaces: { matchLabels: { kubernetes.io/metadata.name: bank } } } }',
    ),
    touched: [],
    says: [],
    untouched: [toWeb, plainOut],
  },
  {
    what: 'a cluster-wide policy for some pods',
    extra: policyObject(
      'policy.networking.k8s.io/v1alpha2',
      'ClusterNetworkPolicy',
      '{ subject: { pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: web } } } } }',
    ),
    touched: [toWeb],
    says: ['ClusterNetworkPolicy deny', 'extra.yaml:1'],
    untouched: [plainOut],
  },
  {
    what: 'the strict enforcing mode: every pod starts with everything denied',
    extra: POLICY_ON.replace('@MODE@', 'strict'),
    touched: [toWeb, plainOut],
    says: ['NETWORK_POLICY_ENFORCING_MODE', 'extra.yaml:11'],
    untouched: [n1Out],
  },
  {
    what: 'SecurityGroupPolicy with pod ENIs on',
    extra:
      STANDARD +
      policyObject(
        'vpcresources.k8s.aws/v1beta1',
        'SecurityGroupPolicy',
        '{ podSelector: { matchLabels: { app: web } }, securityGroups: { groupIds: [sg-1] } }',
      ),
    touched: [toWeb, fromWeb],
    says: ['SecurityGroupPolicy shop/deny', 'extra.yaml:14:1'],
    untouched: [plainOut, plainToClient],
  },
  {
    what: 'a pod that has a branch ENI',
    replace: annotated(`{ vpc.amazonaws.com/pod-eni: '[{"eniId":"eni-0a","vlanId":1}]' }`),
    touched: [toWeb, fromWeb],
    says: ['vpc.amazonaws.com/pod-eni', 'base.yaml:'],
    untouched: [plainOut],
  },
  {
    what: 'a pod on several network cards',
    extra: STANDARD.replace('ENABLE_POD_ENI', 'ENABLE_MULTI_NIC'),
    replace: annotated('{ k8s.amazonaws.com/nicConfig: multi-nic-attachment }'),
    touched: [toWeb, fromWeb],
    says: ['k8s.amazonaws.com/nicConfig', 'base.yaml:'],
    untouched: [plainOut],
  },
  {
    what: "a pod with more interfaces, Multus'",
    replace: annotated('{ k8s.v1.cni.cncf.io/networks: storage }'),
    touched: [toWeb, fromWeb],
    says: ['k8s.v1.cni.cncf.io/networks', 'base.yaml:'],
    untouched: [plainOut],
  },
  {
    what: 'a pod whose sidecar takes its traffic',
    replace: annotated('{ sidecar.istio.io/status: "{}" }'),
    touched: [toWeb, fromWeb],
    says: ['sidecar.istio.io/status', 'base.yaml:'],
    untouched: [plainOut],
  },
  {
    what: 'an init container that may rewrite the pod',
    replace: [
      [
        'containers: [{ name: main, image: shop/web:1',
        'initContainers: [{ name: redirect, image: "mesh/init:1", securityContext: { capabilities: { add: [NET_ADMIN] } } }], containers: [{ name: main, image: shop/web:1',
      ],
    ],
    touched: [toWeb, fromWeb],
    says: ['init container "redirect"', 'NET_ADMIN', 'base.yaml:'],
    untouched: [plainOut],
  },
  {
    what: 'a namespace a service mesh has',
    replace: [
      [
        'kind: Namespace\nmetadata: { name: shop }',
        'kind: Namespace\nmetadata: { name: shop, labels: { istio-injection: enabled } }',
      ],
    ],
    touched: [toWeb, plainOut],
    says: ['istio-injection', 'base.yaml:'],
    untouched: [n1Out],
  },
  {
    what: 'a hostPort',
    replace: [
      [
        'image: shop/web:1, ports: [{ containerPort: 8080 }]',
        'image: shop/web:1, ports: [{ containerPort: 8080, hostPort: 9000 }]',
      ],
    ],
    touched: [['pod/shop/client', 'node/n2:9000']],
    says: ['CNI-HOSTPORT-DNAT', 'nodes/n2/iptables-save'],
    untouched: [toWeb, plainOut],
  },
  {
    what: 'IPv6 egress of a pod in an IPv4 cluster',
    extra: STANDARD.replace('ENABLE_POD_ENI', 'ENABLE_V6_EGRESS'),
    touched: [['pod/shop/client', '[2001:db8::9]:443']],
    says: ['ENABLE_V6_EGRESS', 'extra.yaml:11'],
    untouched: [toWeb, plainOut],
  },
  {
    what: 'kube-proxy in ipvs mode',
    replace: [['vpcCniVersion: v1.21.1', 'vpcCniVersion: v1.21.1, kubeProxy: { mode: ipvs }']],
    touched: [toWeb, plainOut, n1Out],
    says: ['ipvs', 'base.yaml:20:131'],
    untouched: [],
  },
  {
    what: "kube-proxy's ConfigMap in nftables mode",
    extra:
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: kube-proxy-config, namespace: kube-system }\ndata:\n  config: |\n    mode: nftables\n',
    touched: [toWeb, plainOut],
    says: ['nftables', 'extra.yaml:5'],
    untouched: [],
  },
  {
    what: 'another network plugin',
    extra: calico('vxlan').replace('---\n', ''),
    touched: [toWeb, plainOut, n1Out],
    says: ['DaemonSet kube-system/calico-node', 'extra.yaml:1'],
    untouched: [],
  },
  {
    what: 'a node AWS runs (Auto Mode)',
    replace: [['name: n2\n  labels: { ', 'name: n2\n  labels: { eks.amazonaws.com/compute-type: auto, ']],
    touched: [toWeb],
    says: ['Auto Mode', 'base.yaml:'],
    untouched: [plainOut],
  },
  {
    what: 'a Windows node',
    replace: [['name: n2\n  labels: { ', 'name: n2\n  labels: { kubernetes.io/os: windows, ']],
    touched: [toWeb],
    says: ['Windows', 'base.yaml:'],
    untouched: [plainOut],
  },
  {
    what: 'a Fargate node and the pod on it',
    replace: [['name: n2\n  labels: { ', 'name: n2\n  labels: { eks.amazonaws.com/compute-type: fargate, ']],
    touched: [toWeb, fromWeb, ['pod/shop/client', '10.0.1.21:8080']],
    says: ['Fargate', 'base.yaml:'],
    untouched: [plainOut, plainToClient],
  },
  {
    what: 'a hybrid node and the pod on it',
    replace: [
      ['name: n2\n  labels: { ', 'name: n2\n  labels: { eks.amazonaws.com/compute-type: hybrid, '],
      ['address: 10.0.0.12', 'address: 192.168.5.12'],
      ['podIP: 10.0.1.21', 'podIP: 192.168.6.21'],
      [
        'routes: [{ destination: 0.0.0.0/0, target: nat-a }]',
        'routes: [{ destination: 0.0.0.0/0, target: nat-a }, { destination: 192.168.0.0/16, target: tgw-1 }]',
      ],
    ],
    touched: [toWeb, fromWeb],
    says: [],
    untouched: [plainOut, plainToClient],
  },
  {
    what: 'the pod on a hybrid node itself',
    replace: [
      ['name: n2\n  labels: { ', 'name: n2\n  labels: { eks.amazonaws.com/compute-type: hybrid, '],
      ['address: 10.0.0.12', 'address: 192.168.5.12'],
      ['podIP: 10.0.1.21', 'podIP: 192.168.6.21'],
    ],
    touched: [fromWeb],
    says: ['Node "n2" is not modelled', 'base.yaml:'],
    untouched: [plainOut],
  },
  {
    what: 'a pod on a node nobody described',
    extra:
      'apiVersion: v1\nkind: Pod\nmetadata: { name: lost, namespace: shop, labels: { app: web } }\nspec: { nodeName: n9, containers: [{ name: main, image: "shop/web:1", ports: [{ containerPort: 8080 }] }] }\nstatus: { phase: Running, podIP: 10.0.1.99 }\n',
    touched: [toWeb, ['pod/shop/client', '10.0.1.99:8080'], ['pod/shop/lost', 'host/legacy']],
    says: ['n9', 'extra.yaml:1'],
    untouched: [plainOut, plainToClient],
  },
  {
    what: 'a SecurityGroup',
    extra: 'apiVersion: packetwalk.dev/v1alpha1\nkind: SecurityGroup\nmetadata: { name: web }\nspec: {}\n',
    touched: [toWeb, ['node/n1', 'node/n2:10250']],
    says: ['SecurityGroup', 'extra.yaml:1'],
    untouched: [plainToClient],
  },
  {
    what: 'network ACLs of another VPC',
    replace: [
      [
        '    - id: vpc-main\n',
        '    - { id: vpc-2, cidrs: [10.2.0.0/16], subnets: [{ id: other, cidr: 10.2.0.0/24, zone: us-east-1a, routeTable: r2 }], routeTables: [{ id: r2, routes: [] }], networkAcls: [] }\n    - id: vpc-main\n',
      ],
    ],
    extra:
      'apiVersion: packetwalk.dev/v1alpha1\nkind: Server\nmetadata: { name: a }\nspec: { kind: server, subnet: other, addresses: [10.2.0.9], listens: [{ port: 80 }] }\n---\napiVersion: packetwalk.dev/v1alpha1\nkind: Server\nmetadata: { name: b }\nspec: { kind: server, subnet: other, addresses: [10.2.0.10], listens: [{ port: 80 }] }\n',
    touched: [['host/a', 'host/b']],
    says: ['networkAcls', 'base.yaml:7:173'],
    untouched: [toWeb, plainOut],
  },
  {
    what: 'a route to a transit gateway',
    replace: [
      [
        'routes: [{ destination: 0.0.0.0/0, target: nat-a }]',
        'routes: [{ destination: 0.0.0.0/0, target: nat-a }, { destination: 172.31.0.0/16, target: tgw-1 }]',
      ],
    ],
    touched: [['pod/shop/client', '172.31.0.5:80']],
    says: ['tgw-1', 'private: 172.31.0.0/16'],
    untouched: [toWeb, plainOut],
  },
  {
    what: 'a load balancer of our own kind with an address in the VPC',
    extra:
      'apiVersion: packetwalk.dev/v1alpha1\nkind: LoadBalancer\nmetadata: { name: front }\nspec: { addresses: [10.0.2.50], dnsName: front.elb.example.com }\n',
    touched: [
      ['pod/shop/client', '10.0.2.50:80'],
      ['pod/shop/client', 'front.elb.example.com'],
    ],
    says: ['LoadBalancer', 'extra.yaml:1'],
    untouched: [toWeb, plainOut],
  },
  {
    what: 'the name of an Ingress',
    extra:
      'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: front, namespace: shop }\nspec: { rules: [{ host: shop.example.com }] }\nstatus: { loadBalancer: { ingress: [{ hostname: k8s-shop.elb.amazonaws.com }] } }\n',
    touched: [
      ['pod/shop/client', 'shop.example.com'],
      ['pod/shop/client', 'k8s-shop.elb.amazonaws.com'],
    ],
    says: ['Ingress shop/front', 'extra.yaml:1'],
    untouched: [toWeb, ['pod/shop/plain', 'far.example.com:443']],
  },
  {
    what: 'the name of a load balancer a Service has',
    extra:
      'apiVersion: v1\nkind: Service\nmetadata: { name: lb, namespace: shop }\nspec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }\nstatus: { loadBalancer: { ingress: [{ hostname: lb-1.elb.amazonaws.com }] } }\n',
    touched: [['pod/shop/client', 'lb-1.elb.amazonaws.com']],
    says: ['Service shop/lb', 'extra.yaml:1'],
    untouched: [toWeb, ['pod/shop/client', 'svc/shop/lb']],
  },
  {
    what: 'the public address of a load balancer a Service has',
    extra:
      'apiVersion: v1\nkind: Service\nmetadata: { name: lb, namespace: shop }\nspec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }\nstatus: { loadBalancer: { ingress: [{ ip: 203.0.113.50 }] } }\n',
    touched: [
      ['host/far', '203.0.113.50:80'],
      ['internet/198.51.100.99', '203.0.113.50:443'],
      ['pod/shop/client', '203.0.113.50:443'],
    ],
    says: ['The load balancer of Service shop/lb', 'extra.yaml:1'],
    untouched: [toWeb, ['pod/shop/client', '203.0.113.50:80'], ['pod/shop/plain', 'far.example.com:443']],
  },
  {
    what: 'the address in the VPC of a load balancer a Service has',
    extra:
      'apiVersion: v1\nkind: Service\nmetadata: { name: lb, namespace: shop }\nspec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }\nstatus: { loadBalancer: { ingress: [{ ip: 10.0.2.77 }] } }\n',
    touched: [
      ['host/legacy', '10.0.2.77:80'],
      ['pod/shop/client', '10.0.2.77:443'],
    ],
    says: ['The load balancer of Service shop/lb', 'extra.yaml:1'],
    untouched: [toWeb, ['pod/shop/client', '10.0.2.77:80']],
  },
  {
    what: 'the name of a gateway',
    extra:
      'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: front, namespace: shop }\nspec: { hostnames: [shop.example.com] }\n',
    touched: [['pod/shop/client', 'shop.example.com']],
    says: ['HTTPRoute shop/front', 'extra.yaml:1'],
    untouched: [toWeb],
  },
  {
    what: 'a name nobody in the input knows',
    touched: [['pod/shop/client', 'www.example.org']],
    says: ['www.example.org', 'DnsName'],
    untouched: [toWeb],
  },
  {
    what: "a pod's own hosts file",
    replace: [
      [
        'spec: { nodeName: n1, containers: [{ name: main, image: shop/client:1',
        'spec: { nodeName: n1, hostAliases: [{ ip: 10.0.3.9, hostnames: [far.example.com] }], containers: [{ name: main, image: shop/client:1',
      ],
    ],
    touched: [['pod/shop/client', 'far.example.com:443']],
    says: ['hostAliases', 'base.yaml:'],
    untouched: [toWeb, ['pod/shop/plain', 'far.example.com:443']],
  },
  {
    what: 'a Corefile that sends a zone elsewhere',
    extra:
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: coredns, namespace: kube-system }\ndata:\n  Corefile: |\n    .:53 {\n        kubernetes cluster.local in-addr.arpa ip6.arpa {\n          pods insecure\n        }\n        forward . /etc/resolv.conf\n    }\n    example.com:53 {\n        forward . 10.9.9.9\n    }\n',
    touched: [['pod/shop/client', 'far.example.com:443']],
    says: ['Corefile', 'example.com', 'extra.yaml:1:1'],
    untouched: [toWeb],
  },
  {
    what: 'a DNS cache on every node',
    extra: daemonSet('node-local-dns', 'registry.k8s.io/dns/k8s-dns-node-cache:1.26.4'),
    touched: [
      ['pod/shop/client', '172.20.0.10:53'],
      ['node/n1', '172.20.0.10:53'],
    ],
    says: ['NODE-LOCAL-DNS', 'nodes/n1/iptables-save'],
    untouched: [plainOut, plainToClient, n1Out],
  },
  {
    what: 'an agent that masquerades what leaves a node',
    extra: daemonSet('ip-masq-agent', 'registry.k8s.io/networking/ip-masq-agent:v2.12.0'),
    touched: [plainOut],
    says: ['IP-MASQ-AGENT', 'nodes/n1/iptables-save'],
    untouched: [],
  },
  {
    what: 'an agent that stands in front of the metadata service: other packets pass it by',
    extra: daemonSet('kube2iam', 'jtblin/kube2iam:0.11.1'),
    touched: [],
    says: [],
    untouched: [toWeb, plainOut, n1Out],
  },
  {
    what: 'a Service another proxy serves',
    replace: [
      [
        'metadata: { name: web, namespace: shop }\nspec',
        'metadata: { name: web, namespace: shop, labels: { service.kubernetes.io/service-proxy-name: other } }\nspec',
      ],
    ],
    touched: [toWeb],
    says: ['OTHER-SERVICE-PROXY', 'nodes/n1/iptables-save'],
    untouched: [plainOut, plainToClient],
  },
];

describe('what the model does not have', () => {
  for (const { what, extra = '', replace = [], touched, says, untouched } of rows) {
    test(what, () => expectWalks(worldWith(extra, replace), touched, says, untouched));
  }
});

describe('what a ClusterConfig has and the model does not', () => {
  const toWeb = ['deploy/shop/client', 'deploy/shop/web:8080'] as const;
  const near = ['deploy/shop/client', 'deploy/shop/plain:8080'] as const;
  const addons = 'addons: [{ name: vpc-cni, version: v1.21.1 }, { name: kube-proxy }]';
  const right = '{ name: right, ';
  for (const [what, replace, touched, says, untouched] of [
    ['nothing: the base itself', [], [], [], [toWeb, near]],
    [
      'a Fargate profile that takes some pods',
      [[addons, `${addons}\nfargateProfiles: [{ name: fp, selectors: [{ namespace: "sh*", labels: { app: web } }] }]`]],
      [toWeb],
      ['Fargate profile "fp"', 'cluster.yaml:6:'],
      [near],
    ],
    ['an outpost', [[addons, `${addons}\noutpost: {}`]], [toWeb], ['Outposts', 'cluster.yaml:6:'], [near]],
    [
      'no default addons and none named',
      [[addons, 'addonsConfig: { disableDefaultAddons: true }\naddons: [{ name: kube-proxy }]']],
      [toWeb, near],
      ['"vpc-cni"', 'cluster.yaml:5:'],
      [],
    ],
    [
      'a group in a Local Zone',
      [
        [right, `${right}localZones: [eu-west-1-zzz-1a], `],
        ['managedNodeGroups', 'nodeGroups'],
      ],
      [toWeb],
      ['localZones', 'cluster.yaml:8:'],
      [near],
    ],
    [
      'a group with its own name server',
      [
        [`  - ${right}`, `  - { clusterDNS: 10.1.1.1, name: right, `],
        ['managedNodeGroups', 'nodeGroups'],
      ],
      [toWeb],
      ['clusterDNS', 'cluster.yaml:8:'],
      [near],
    ],
    [
      'a VPC that was there before, by its id',
      [[addons, `${addons}\nvpc: { id: vpc-1, cidr: 10.0.0.0/16 }`]],
      [['deploy/shop/client', 'internet/203.0.113.9:443']],
      ['not-in-the-input', 'cluster.yaml:6:'],
      [toWeb, near],
    ],
    [
      'a VPC that was there before, by its subnets',
      [
        [
          addons,
          `${addons}\nvpc: { cidr: 10.0.0.0/16, subnets: { private: { eu-west-1a: { id: subnet-a }, eu-west-1b: { id: subnet-b } } } }`,
        ],
      ],
      [['deploy/shop/client', 'internet/203.0.113.9:443']],
      ['not-in-the-input', 'cluster.yaml:6:'],
      [toWeb, near],
    ],
    [
      'networks of hybrid nodes',
      [
        [
          addons,
          `${addons}\nremoteNetworkConfig: { vpcGatewayID: tgw-1, remotePodNetworks: [{ cidrs: [10.80.0.0/16] }] }`,
        ],
      ],
      [['deploy/shop/client', '10.80.0.9:80']],
      ['tgw-1', '10.80.0.0/16'],
      [toWeb, near],
    ],
  ] as const satisfies readonly (readonly [
    string,
    readonly (readonly [string, string])[],
    Row['touched'],
    readonly string[],
    Row['untouched'],
  ])[]) {
    test(what, () => expectWalks(eksctlWorldWith(replace), touched, says, untouched));
  }

  test('a fully private cluster has no way out', async () => {
    const world = eksctlWorldWith([[addons, `${addons}\nprivateCluster: { enabled: true }`]]);
    const [trip] = (await walk(world, 'deploy/shop/client', 'internet/203.0.113.9:443')).roundTrips;
    expect(trip?.disposition).toBe('dropped');
    expect(world.fabric.internetGateways).toEqual([]);
  });
});

describe('a DaemonSet with NET_ADMIN in the network of its nodes', () => {
  const allowed = ', securityContext: { capabilities: { add: [NET_ADMIN] } }';
  test.each([
    ['one nobody knows', 'shop/tuner:1', allowed, true],
    ['privileged', 'shop/tuner:1', ', securityContext: { privileged: true }', true],
    ['without the capability', 'shop/tuner:1', '', false],
    ['one known to leave the network alone', 'eks/aws-ebs-csi-driver:v1.40', allowed, false],
  ])('%s', (_what, image, more, said) => {
    const { assumptions } = worldWith(daemonSet('tuner', image, more));
    const found = assumptions.filter((line) => line.includes('DaemonSet kube-system/tuner'));
    expect(found).toEqual(said ? [expect.stringContaining('extra.yaml:1:1')] : []);
  });
});

test('a World written to a folder says the same', async () => {
  const world = worldWith(
    'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: i, namespace: shop }\nspec: { rules: [{ host: shop.example.com }] }\n',
    [
      ['nodeName: n2', 'nodeName: n9'],
      [
        'spec: { nodeName: n1, containers: [{ name: main, image: shop/client:1',
        'spec: { nodeName: n1, hostAliases: [{ ip: 10.0.3.9, hostnames: [far.example.com] }], containers: [{ name: main, image: shop/client:1',
      ],
    ],
  );
  const again = readWorld(new Map([...worldFiles(world)].map(({ path, text }) => [path, text])), 'world').value;
  for (const [from, to] of [
    toWeb,
    fromWeb,
    ['pod/shop/plain', 'shop.example.com'],
    ['pod/shop/client', 'far.example.com:443'],
  ] as const) {
    const { verdict, unknowns } = await walk(world, from, to);
    const { verdict: verdictAgain, unknowns: unknownsAgain } = await walk(again, from, to);
    expect([verdict, unknowns]).toEqual(['unknown', [expect.any(String)]]);
    expect([verdictAgain, unknownsAgain]).toEqual([verdict, unknowns]);
  }
});

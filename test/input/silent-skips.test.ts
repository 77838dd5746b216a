import { describe, expect, test } from 'vitest';
import { showIssue } from '../../src/base/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import { BASE, EKSCTL, walk } from '../unmodelled/testing.ts';

type Text = readonly (readonly [string, string])[];

function load(base: string, extra = '', replace: Text = []) {
  let text = base;
  for (const [from, to] of replace) {
    if (!text.includes(from)) throw new Error(`The base has no "${from}"`);
    text = text.replaceAll(from, to);
  }
  const files = [{ path: 'base.yaml', text }];
  const { world, cluster, issues } = loadWorld(
    extra === '' ? files : [...files, { path: 'extra.yaml', text: extra }],
    [],
  );
  const said = issues.map(showIssue);
  const ports = (service: string): readonly (number | undefined)[] =>
    cluster?.endpointSlices
      .filter(({ serviceName }) => serviceName === service)
      .flatMap((slice) => slice.ports.map(({ port }) => port)) ?? [];
  return { world, cluster, issues, said, ports };
}

async function verdict({ world, said }: ReturnType<typeof load>, from: string, to: string): Promise<string> {
  if (world === undefined) throw new Error(said.join('\n'));
  return (await walk(world, from, to)).verdict;
}

describe('the VPC CNI addon', () => {
  const values = (json: string): Text => [
    ['{ name: vpc-cni, version: v1.21.1 }', `{ name: vpc-cni, version: v1.21.1, configurationValues: '${json}' }`],
  ];
  test('a variable beside "env" is where EKS refuses it', () => {
    const { said, world } = load(EKSCTL, '', values('{"AWS_VPC_K8S_CNI_EXTERNALSNAT": "true"}'));
    expect(said.join('\n')).toMatch(/AWS_VPC_K8S_CNI_EXTERNALSNAT.*"env"/);
    expect(world).toBeUndefined();
  });
  test('a misspelt part of it', () => {
    expect(load(EKSCTL, '', values('{"evn": {"AWS_VPC_K8S_CNI_EXTERNALSNAT": "true"}}')).said.join('\n')).toMatch(
      /evn.*did you mean "env"/,
    );
  });
  test('its ENIConfigs are made', () => {
    const { cluster, said } = load(
      EKSCTL,
      '',
      values(
        '{"env": {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true", "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone"}, "eniConfig": {"create": true, "region": "eu-west-1", "subnets": {"eu-west-1a": {"id": "subnet-private-eu-west-1a", "securityGroups": ["sg-1"]}, "eu-west-1b": {"id": "subnet-private-eu-west-1b"}}}}',
      ),
    );
    expect(said).toEqual([]);
    expect(cluster?.eniConfigs.map(({ metadata, spec }) => [metadata.name, spec.subnet])).toEqual([
      ['eu-west-1a', 'subnet-private-eu-west-1a'],
      ['eu-west-1b', 'subnet-private-eu-west-1b'],
    ]);
  });
  test('and are not, where it does not say to create them', () => {
    const { cluster } = load(EKSCTL, '', values('{"eniConfig": {"create": false, "subnets": {"a": {"id": "b"}}}}'));
    expect(cluster?.eniConfigs).toEqual([]);
  });
});

describe('aws-node', () => {
  const daemonSet = (container: string): string => `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: aws-node, namespace: kube-system }
spec:
  selector: { matchLabels: { k8s-app: aws-node } }
  template:
    metadata: { labels: { k8s-app: aws-node } }
    spec: { hostNetwork: true, containers: [{ name: aws-node, image: "amazon-k8s-cni:v1.21.1", ${container} }] }
`;
  const config = `---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: cni, namespace: kube-system }\ndata: { snat: "true" }\n`;
  const from =
    'env: [{ name: AWS_VPC_K8S_CNI_EXTERNALSNAT, valueFrom: { configMapKeyRef: { name: cni, key: snat } } }]';
  test('a variable from a ConfigMap of the input', () => {
    const { cluster } = load(BASE, daemonSet(from) + config);
    expect(cluster?.cni.settings.externalSnat).toBe(true);
  });
  test('from one that is not there: no walk over a node is sure', async () => {
    const loaded = load(BASE, daemonSet(from));
    expect(await verdict(loaded, 'pod/shop/client', 'svc/shop/web:80')).toBe('unknown');
  });
  test('all of a ConfigMap', () => {
    const all = daemonSet('envFrom: [{ configMapRef: { name: cni } }]');
    const { cluster } = load(BASE, all + config.replace('snat:', 'AWS_VPC_K8S_CNI_EXTERNALSNAT:'));
    expect(cluster?.cni.settings.externalSnat).toBe(true);
  });
  test('all of one that is not there', async () => {
    const loaded = load(BASE, daemonSet('envFrom: [{ configMapRef: { name: cni } }]'));
    expect(await verdict(loaded, 'pod/shop/client', 'svc/shop/web:80')).toBe('unknown');
  });
  test('what names its own pod and node decides nothing', async () => {
    const own = daemonSet('env: [{ name: MY_NODE_NAME, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }]');
    expect(await verdict(load(BASE, own), 'pod/shop/client', 'svc/shop/web:80')).toBe('delivered');
  });
});

describe('kube-proxy', () => {
  const config = (text: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: kube-proxy-config, namespace: kube-system }\ndata:\n  config: |\n    ${text}\n`;
  test('one name for every node, in its file', async () => {
    const fixed = load(BASE, config('hostnameOverride: node-1'));
    expect(await verdict(fixed, 'pod/shop/client', 'svc/shop/web:80')).toBe('unknown');
    const none = load(BASE, config('hostnameOverride: ""'));
    expect(await verdict(none, 'pod/shop/client', 'svc/shop/web:80')).toBe('delivered');
  });
  test('a detector by the blocks of nodes, which this cluster does not have or does not model', async () => {
    const nodes = load(BASE, config('detectLocalMode: NodeCIDR'));
    expect(await verdict(nodes, 'pod/shop/client', 'svc/shop/web:80')).toBe('unknown');
  });
});

describe('eksctl', () => {
  const kubelet = (text: string): Text => [
    [
      'managedNodeGroups:\n',
      `nodeGroups:\n  - { name: own, instanceType: m5.large, desiredCapacity: 1, privateNetworking: true, kubeletExtraConfig: ${text} }\nmanagedNodeGroups:\n`,
    ],
  ];
  test.each(['clusterDomain: shop.local', 'resolvConf: /etc/other'])('kubeletExtraConfig with %s', (text) => {
    const { said, cluster } = load(EKSCTL, '', kubelet(`{ ${text} }`));
    expect(said.join('\n')).toMatch(/kubeletExtraConfig\.(?:clusterDomain|resolvConf).*not modelled/);
    expect(cluster?.unmodelled.map(({ touches }) => touches)).toEqual([{ kind: 'nodes', group: 'own' }]);
  });
  test('maxPods of a kubelet', () => {
    const { cluster } = load(EKSCTL, '', kubelet('{ maxPods: 7 }'));
    expect(cluster?.nodeSpecs.find(({ nodeGroup }) => nodeGroup === 'own')?.maxPods).toBe(7);
  });
  test('what its kubelets let pods set', () => {
    const pod = `apiVersion: v1
kind: Pod
metadata: { name: tuned, namespace: shop }
spec:
  nodeSelector: { alpha.eksctl.io/nodegroup-name: own }
  securityContext: { sysctls: [{ name: net.ipv4.ip_default_ttl, value: "40" }] }
  containers: [{ name: main, image: "shop/tuned:1" }]
`;
    expect(load(EKSCTL, pod, kubelet('{ allowedUnsafeSysctls: ["net.ipv4.*"] }')).said).toEqual([]);
    expect(load(EKSCTL, pod, kubelet('{ allowedUnsafeSysctls: ["kernel.msg*"] }')).said.join()).toMatch(
      /ip_default_ttl/,
    );
  });
});

describe('pods', () => {
  const web = (spec: string): Text => [
    ['containers: [{ name: main, image: shop/web:1, ports: [{ containerPort: 8080 }] }]', spec],
  ];
  test('a named port of a sidecar that starts as an init container', async () => {
    const sidecar =
      'initContainers: [{ name: front, image: "f:1", restartPolicy: Always, ports: [{ name: http, containerPort: 9000 }] }], containers: [{ name: main, image: shop/web:1 }]';
    const loaded = load(BASE, '', [...web(sidecar), ['targetPort: 8080', 'targetPort: http']]);
    expect(loaded.ports('web')).toEqual([9000]);
    expect(await verdict(loaded, 'pod/shop/client', 'svc/shop/web:80')).toBe('delivered');
  });
  test('what an init container that ends declares is no port', () => {
    const once =
      'initContainers: [{ name: front, image: "f:1", ports: [{ name: http, containerPort: 9000 }] }], containers: [{ name: main, image: shop/web:1 }]';
    expect(load(BASE, '', [...web(once), ['targetPort: 8080', 'targetPort: http']]).ports('web')).toEqual([]);
  });
  test('a scheduling gate keeps a pod from every node', () => {
    const pod = `apiVersion: v1
kind: Pod
metadata: { name: gated, namespace: shop, labels: { app: web } }
spec: { schedulingGates: [{ name: example.com/quota }], containers: [{ name: main, image: "shop/web:1" }] }
`;
    const { world, said } = load(BASE, pod);
    expect(world?.directory.pods.map(({ name }) => name)).not.toContain('gated');
    expect(said.join('\n')).toMatch(/"shop\/gated" stays Pending.*SchedulingGated.*example\.com\/quota/);
  });
  test('a runtime with a network stack of its own', async () => {
    const of = (name: string) =>
      web(
        `runtimeClassName: ${name}, containers: [{ name: main, image: shop/web:1, ports: [{ containerPort: 8080 }] }]`,
      );
    expect(await verdict(load(BASE, '', of('gvisor')), 'pod/shop/client', 'svc/shop/web:80')).toBe('unknown');
    expect(await verdict(load(BASE, '', of('kata-qemu')), 'pod/shop/client', 'svc/shop/web:80')).toBe('unknown');
    expect(await verdict(load(BASE, '', of('nvidia')), 'pod/shop/client', 'svc/shop/web:80')).toBe('delivered');
  });
});

describe('services', () => {
  test('kube-proxy does not watch one with the label of headless ones', () => {
    const labelled = load(BASE, '', [
      [
        'metadata: { name: web, namespace: shop }\nspec',
        'metadata: { name: web, namespace: shop, labels: { service.kubernetes.io/headless: "" } }\nspec',
      ],
    ]);
    expect(
      labelled.world?.netns
        .get('node/n1' as never)
        ?.iptables.ip.get('nat')
        ?.chains.get('KUBE-SERVICES')
        ?.rules.filter((rule) => JSON.stringify(rule).includes('shop/web')),
    ).toEqual([]);
  });
});

describe('nodes', () => {
  test('an image nobody models is taken for another, and that is said', () => {
    const { world } = load(BASE, '', [
      ['status: { addresses:', 'status: { nodeInfo: { osImage: "Flatcar Container Linux" }, addresses:'],
    ]);
    expect(world?.assumptions.join('\n')).toMatch(/Flatcar Container Linux.*Amazon Linux 2023/);
  });
});

describe('ENIs nobody described', () => {
  const cni = (name: string, value: string): string => `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: aws-node, namespace: kube-system }
spec:
  selector: { matchLabels: { k8s-app: aws-node } }
  template:
    metadata: { labels: { k8s-app: aws-node } }
    spec: { hostNetwork: true, containers: [{ name: aws-node, image: "amazon-k8s-cni:v1.21.1", env: [{ name: ${name}, value: "${value}" }] }] }
`;
  const tagged: Text = [
    [
      'subnets:\n',
      'subnets:\n        - { id: pods-a, cidr: 10.0.8.0/22, zone: us-east-1a, routeTable: private, tags: { kubernetes.io/role/cni: "1" } }\n',
    ],
  ];
  const assumed = (loaded: ReturnType<typeof load>): string => loaded.world?.assumptions.join('\n') ?? '';
  test('a subnet tagged for the CNI could have them', () => {
    expect(assumed(load(BASE, '', tagged))).toMatch(/kubernetes\.io\/role\/cni.*"pods-a"/);
    expect(assumed(load(BASE, cni('ENABLE_SUBNET_DISCOVERY', 'false'), tagged))).not.toMatch(/role\/cni/);
  });
  test('nor can the CNI attach any itself', () => {
    expect(assumed(load(BASE, cni('DISABLE_NETWORK_RESOURCE_PROVISIONING', 'true')))).toMatch(
      /DISABLE_NETWORK_RESOURCE_PROVISIONING/,
    );
    expect(assumed(load(BASE))).not.toMatch(/PROVISIONING/);
  });
  test('DISABLE_POD_V6 turns IPv6 off in pods', () => {
    const { world } = load(BASE, cni('DISABLE_POD_V6', 'true'));
    const of = (name: string) =>
      world?.netns.get('pod/shop/web' as never)?.sysctls.get(`net.ipv6.conf.${name}.disable_ipv6`);
    expect(['all', 'default', 'lo', 'eth0'].map(of)).toEqual(['1', '1', '1', '1']);
    const own = (loaded: ReturnType<typeof load>) =>
      loaded.world?.netns.get('pod/shop/web' as never)?.addresses.map(({ local }) => local) ?? [];
    expect(own({ world } as never)).not.toContain('::1');
    expect(own(load(BASE))).toContain('::1');
    expect(
      load(BASE)
        .world?.netns.get('pod/shop/web' as never)
        ?.sysctls.get('net.ipv6.conf.all.disable_ipv6'),
    ).toBe('0');
  });
});

test('terms of pod affinity that are not read are said', () => {
  const pod = `apiVersion: v1
kind: Pod
metadata: { name: near, namespace: shop }
spec:
  affinity:
    podAntiAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        - { topologyKey: kubernetes.io/hostname, namespaceSelector: {}, labelSelector: { matchLabels: { app: web } } }
  containers: [{ name: main, image: "shop/near:1" }]
`;
  expect(load(BASE, pod).said.join('\n')).toMatch(/namespaceSelector/);
});

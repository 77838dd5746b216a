import { describe, expect, test } from 'vitest';
import { showIssue } from '../../base/index.ts';
import { cniSettings, loadCluster } from '../index.ts';
import type { EnvValue } from '../vpc-cni.ts';

const config = (env: Readonly<Record<string, string>>) => ({
  version: { major: 1, minor: 23, patch: 1 },
  env: Object.fromEntries(
    Object.entries(env).map(([k, value]): [string, EnvValue] => [k, { value, source: { file: 'e' } }]),
  ),
  initEnv: {},
  enableNetworkPolicy: false,
});

test('defaults of the v1.23 manifest', () => {
  const { value, issues } = cniSettings(config({}));
  expect(issues).toEqual([]);
  expect(value).toMatchObject({
    externalSnat: false,
    randomizeSnat: 'prng',
    nodePortSupport: true,
    connmark: 0x80,
    vethPrefix: 'eni',
    eniMtu: 9001,
    podMtu: 9001,
    customNetworking: false,
    subnetDiscovery: true,
    ipv4: true,
    ipv6: false,
    warmEniTarget: 1,
    warmPrefixTarget: 1,
    ipCooldownSeconds: 30,
  });
});

describe('what the plugin makes of a value', () => {
  test.each([
    ['AWS_VPC_K8S_CNI_RANDOMIZESNAT', 'hashrandom', { randomizeSnat: 'hashrandom' }, 0],
    ['AWS_VPC_K8S_CNI_RANDOMIZESNAT', 'random', { randomizeSnat: 'prng' }, 1],
    ['AWS_VPC_K8S_CNI_EXTERNALSNAT', 'True', { externalSnat: true }, 0],
    ['AWS_VPC_K8S_CNI_EXTERNALSNAT', 'yes', { externalSnat: false }, 1],
    ['AWS_VPC_K8S_CNI_EXTERNALSNAT', '', { externalSnat: false }, 0],
    ['AWS_VPC_K8S_CNI_CONNMARK', '0x40', { connmark: 0x40 }, 0],
    ['AWS_VPC_K8S_CNI_CONNMARK', 'x', { connmark: 0x80 }, 1],
    ['AWS_VPC_K8S_CNI_CONNMARK', '0', { connmark: 0x80 }, 1],
    ['AWS_VPC_K8S_CNI_CONNMARK', '-1', { connmark: 0x80 }, 1],
    ['AWS_VPC_K8S_CNI_CONNMARK', '08', { connmark: 0x80 }, 1],
    ['AWS_VPC_K8S_CNI_CONNMARK', '1__0', { connmark: 0x80 }, 1],
    ['AWS_VPC_K8S_CNI_CONNMARK', '0x100000000', { connmark: 0x80 }, 1],
    ['AWS_VPC_K8S_CNI_CONNMARK', '0b1000', { connmark: 8 }, 0],
    ['AWS_VPC_K8S_CNI_CONNMARK', '0o200', { connmark: 0x80 }, 0],
    ['AWS_VPC_K8S_CNI_CONNMARK', '0100', { connmark: 0x40 }, 0],
    ['AWS_VPC_K8S_CNI_CONNMARK', '+0x_f_f', { connmark: 0xff }, 0],
    ['AWS_VPC_K8S_CNI_CONNMARK', '0xffffffff', { connmark: 0xffffffff }, 0],
    ['AWS_VPC_K8S_CNI_VETHPREFIX', 'veth', { vethPrefix: 'veth' }, 0],
    ['AWS_VPC_K8S_CNI_VETHPREFIX', 'vlan', { vethPrefix: 'eni' }, 1],
    ['AWS_VPC_K8S_CNI_VETHPREFIX', 'longer', { vethPrefix: 'eni' }, 1],
    ['AWS_VPC_ENI_MTU', '1500', { eniMtu: 1500, podMtu: 1500 }, 0],
    ['AWS_VPC_ENI_MTU', '9002', { eniMtu: 9001 }, 1],
    ['AWS_VPC_ENI_MTU', '575', { eniMtu: 9001 }, 1],
    ['AWS_VPC_ENI_MTU', '', { eniMtu: 9001 }, 1],
    ['AWS_VPC_ENI_MTU', '0x100', { eniMtu: 9001 }, 1],
    ['AWS_VPC_ENI_MTU', '+01500', { eniMtu: 1500 }, 0],
    ['IP_COOLDOWN_PERIOD', '-1', { ipCooldownSeconds: 30 }, 1],
    ['WARM_ENI_TARGET', '-1', { warmEniTarget: 1 }, 1],
    ['WARM_ENI_TARGET', '0x2', { warmEniTarget: 1 }, 1],
    ['POD_MTU', '1400', { eniMtu: 9001, podMtu: 1400 }, 0],
    ['WARM_IP_TARGET', '5', { warmIpTarget: 5 }, 0],
    ['ENABLE_IPv6', 'true', { ipv4: false, ipv6: true }, 0],
    ['ENABLE_IPv4', 'false', { ipv4: false, ipv6: false }, 1],
  ])('%s=%s', (name, value, expected, warnings) => {
    const found = cniSettings(config({ [name]: value }));
    expect(found.value).toMatchObject(expected);
    expect(found.issues.map((issue) => issue.severity)).toEqual(Array(warnings).fill('warning'));
  });

  const MTU = /^Variable AWS_VPC_ENI_MTU is "\w+": (.*)$/;
  test.each([
    ['100', undefined, 9001, 'aws-node refuses to start; walks use 9001'],
    ['9002', undefined, 9001, 'aws-node refuses to start; walks use 9001'],
    ['100', { major: 1, minor: 16, patch: 3 }, 576, 'the plugin uses 576'],
    ['9002', { major: 1, minor: 15, patch: 5 }, 9001, 'the plugin uses 9001'],
    ['x', { major: 1, minor: 12, patch: 0 }, 9001, 'the plugin uses 9001'],
  ])('AWS_VPC_ENI_MTU=%s of version %o', (mtu, version, eniMtu, effect) => {
    const { value, issues } = cniSettings(config({ AWS_VPC_ENI_MTU: mtu }), version);
    expect(value.eniMtu).toBe(eniMtu);
    expect(issues.map(({ message }) => MTU.exec(message)?.[1])).toEqual([effect]);
  });

  test.each<[Record<string, string>, boolean]>([
    [{ WARM_PREFIX_TARGET: '0' }, true],
    [{ WARM_PREFIX_TARGET: '' }, true],
    [{ WARM_PREFIX_TARGET: '0', WARM_IP_TARGET: '0', MINIMUM_IP_TARGET: '0' }, true],
    [{ WARM_PREFIX_TARGET: '0', WARM_IP_TARGET: '1' }, false],
    [{ WARM_PREFIX_TARGET: '0', MINIMUM_IP_TARGET: '1' }, false],
    [{}, false],
  ])('prefixes with %o: refuses to start %s', (targets, refused) => {
    const { issues } = cniSettings(config({ ENABLE_PREFIX_DELEGATION: 'true', ...targets }));
    expect(issues.map(({ message }) => message)).toEqual(
      refused
        ? [
            `Variable WARM_PREFIX_TARGET is "${targets['WARM_PREFIX_TARGET']}": aws-node refuses to start with ENABLE_PREFIX_DELEGATION; walks go on as if it ran`,
          ]
        : [],
    );
    expect(cniSettings(config(targets)).issues).toEqual([]);
  });

  test('a list of blocks leaves the wrong ones out', () => {
    const { value, issues } = cniSettings(
      config({ AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: '10.12.0.0/16, 10.13.1.0/16,nope' }),
    );
    expect(value.excludeSnatCidrs.map((block) => block.text)).toEqual(['10.12.0.0/16', '10.13.0.0/16']);
    expect(issues.map((issue) => issue.message)).toEqual([
      'Variable AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS is "10.12.0.0/16, 10.13.1.0/16,nope": the plugin leaves "nope" out',
    ]);
  });
});

const cluster = (values: string) => `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: c, region: eu-west-1}
addons:
  - name: vpc-cni
    version: v1.20.3-eksbuild.1
    configurationValues: |
${values.replace(/^/gm, '      ')}
`;

const daemonSet = `---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: aws-node, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: aws-node}}
  template:
    metadata: {labels: {k8s-app: aws-node}}
    spec:
      initContainers: [{name: aws-vpc-cni-init, image: x, env: [{name: DISABLE_TCP_EARLY_DEMUX, value: "true"}]}]
      containers:
        - name: aws-node
          image: 602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni:v1.21.1-eksbuild.3
          env: [{name: AWS_VPC_K8S_CNI_EXTERNALSNAT, value: "false"}, {name: MY_NODE_NAME, valueFrom: {}}]
`;

const load = (text: string, key?: string, value = '') =>
  loadCluster([{ path: 'in', text }], key === undefined ? [] : [{ key, value, source: { file: '--set' } }]);

describe('who wins', () => {
  const addon = cluster(
    '{"env":{"AWS_VPC_K8S_CNI_EXTERNALSNAT":"true","WARM_IP_TARGET":"5"},"enableNetworkPolicy":"true"}',
  );
  const snat = 'AWS_VPC_K8S_CNI_EXTERNALSNAT';
  test('the addon alone', () => {
    const { value, issues } = load(addon);
    expect(issues).toEqual([]);
    expect(value.cni.env[snat]).toMatchObject({ value: 'true', source: { file: 'in', line: 8 } });
    expect(value.cni).toMatchObject({ version: { major: 1, minor: 20, patch: 3 }, enableNetworkPolicy: true });
  });

  test('a DaemonSet over the addon, its other values kept; what differs is said', () => {
    const { value, issues } = load(addon + daemonSet);
    expect(issues.map(({ code }) => code)).toEqual(['cni-differs', 'cni-differs']);
    expect(value.cni.env[snat]).toMatchObject({ value: 'false', source: { file: 'in', line: 22 } });
    expect(value.cni.env.WARM_IP_TARGET?.value).toBe('5');
    expect(value.cni.initEnv.DISABLE_TCP_EARLY_DEMUX?.value).toBe('true');
    expect(value.cni.env.MY_NODE_NAME).toBeUndefined();
  });

  test('without the DaemonSet its pods say the same; where they differ, that is said', () => {
    const pod = (name: string, snatted: string) => `---
apiVersion: v1
kind: Pod
metadata: {name: aws-node-${name}, namespace: kube-system, labels: {k8s-app: aws-node}}
spec:
  hostNetwork: true
  containers: [{name: aws-node, image: "amazon-k8s-cni:v1.21.1", env: [{name: ${snat}, value: "${snatted}"}]}]
status: {phase: Running}
`;
    const alike = load(addon + pod('a', 'false') + pod('b', 'false'));
    expect(alike.value.cni).toMatchObject({ env: { [snat]: { value: 'false' } } });
    expect(alike.issues.map((issue) => issue.code)).not.toContain('cni-rollout');
    const rollout = load(addon + pod('a', 'false') + pod('b', 'true'));
    expect(rollout.value.cni.env[snat]?.value).toBe('false');
    expect(rollout.issues.find((issue) => issue.code === 'cni-rollout')?.message).toContain(snat);
    expect(load(addon + daemonSet + pod('a', 'true')).value.cni.env[snat]?.value).toBe('false');
  });

  test('--set over all', () => {
    expect(load(addon + daemonSet, snat, 'true').value.cni.env[snat]).toEqual({
      value: 'true',
      source: { file: '--set' },
    });
  });

  test('the image says the version where no addon does', () => {
    const text = cluster('{}').replace(/addons:[\s\S]*/, '') + daemonSet;
    expect(load(text).value.cni.version).toEqual({ major: 1, minor: 21, patch: 1 });
    const { value } = load(cluster('{}').replace(/addons:[\s\S]*/, ''));
    expect(value.cni.version).toEqual({ major: 1, minor: 23, patch: 1 });
    expect(value.assumptions).toContain('VPC CNI version not given: v1.23.1');
  });

  test.each([
    ['{"env":{"WARM_IP_TARGET":5}}', 'in:8:32: Field "env.WARM_IP_TARGET" is the number 5 (expected a string'],
    [
      'env:\n  AWS_VPC_K8S_CNI_EXTERNALSNT: "true"',
      'in:9:38: Unknown variable "AWS_VPC_K8S_CNI_EXTERNALSNT" of the VPC CNI (did you mean "AWS_VPC_K8S_CNI_EXTERNALSNAT"?)',
    ],
    ['{"env":', 'in:8:14: Cannot read configurationValues of addon vpc-cni'],
  ])('configurationValues %s', (values, expected) => {
    expect(load(cluster(values)).issues.map(showIssue).join('\n')).toContain(expected);
  });
});

describe('kube-proxy', () => {
  const configMap = (text: string) =>
    `${cluster('{}')}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-proxy-config, namespace: kube-system}\ndata:\n  config: |-\n${text.replace(/^/gm, '    ')}\n`;

  test('EKS defaults', () => {
    expect(load(cluster('{}')).value.kubeProxy).toMatchObject({
      mode: 'iptables',
      detectLocal: { kind: 'none' },
      masqueradeBit: 14,
      nodePortAddresses: [],
    });
  });

  test.each([
    ['mode: ""\nclusterCIDR: ""\nnodePortAddresses: null', { mode: 'iptables', detectLocal: { kind: 'none' } }],
    [
      'mode: nftables\nnftables: {masqueradeAll: true}',
      { mode: 'nftables', masqueradeAll: true, nodePortAddresses: 'primary' },
    ],
    ['clusterCIDR: 10.0.0.0/16,fd00::/56', { detectLocal: { kind: 'cluster-cidr' } }],
    [
      'detectLocalMode: InterfaceNamePrefix\ndetectLocal: {interfaceNamePrefix: eni}',
      { detectLocal: { kind: 'interface-prefix', name: 'eni' } },
    ],
    ['nodePortAddresses: [10.0.0.0/16]\nconntrack: {tcpBeLiberal: true}', { conntrack: { tcpBeLiberal: true } }],
  ])('%s', (text, expected) => {
    const { value, issues } = load(configMap(text));
    expect(issues).toEqual([]);
    expect(value.kubeProxy).toMatchObject(expected);
  });

  test('a misspelt field', () => {
    expect(load(configMap('masqueradAll: true\nmod: nftables')).issues.map((issue) => issue.hint)).toContain(
      'did you mean "mode"?',
    );
  });
});

test('a variable of aws-node that is nearly one the plugin reads', () => {
  const text = `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: aws-node, namespace: kube-system }
spec:
  selector: { matchLabels: { k8s-app: aws-node } }
  template:
    metadata: { labels: { k8s-app: aws-node } }
    spec:
      containers:
        - name: aws-node
          image: "amazon-k8s-cni:v1.21.1"
          env:
            - { name: AWS_VPC_K8S_CNI_EXTERNAL_SNAT, value: "true" }
            - { name: HTTPS_PROXY, value: "http://proxy" }
            - { name: ENABLE_PREFIX_DELEGATION, value: "true" }
`;
  const { issues } = loadCluster([{ path: 'c.yaml', text }], []);
  expect(issues.filter(({ code }) => code === 'unknown-variable').map(showIssue)).toEqual([
    expect.stringMatching(/c\.yaml:13:.*EXTERNAL_SNAT.*"AWS_VPC_K8S_CNI_EXTERNALSNAT"/s),
  ]);
});

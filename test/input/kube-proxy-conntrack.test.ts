import { describe, expect, test } from 'vitest';
import { showIssue } from '../../src/base/index.ts';
import { printIptablesSave } from '../../src/linux/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import { ip } from '../../src/net/index.ts';
import { openSession } from '../../src/sim/index.ts';
import { BASE } from '../unmodelled/testing.ts';

const configMap = (conntrack: string, more = ''): string => `apiVersion: v1
kind: ConfigMap
metadata: { name: kube-proxy-config, namespace: kube-system }
data:
  config: |
    mode: iptables
    ${more}
    conntrack: ${conntrack}
`;

const flags = (...words: readonly string[]): string => `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: kube-proxy, namespace: kube-system }
spec:
  selector: { matchLabels: { k8s-app: kube-proxy } }
  template:
    metadata: { labels: { k8s-app: kube-proxy } }
    spec: { hostNetwork: true, containers: [{ name: kube-proxy, image: "kube-proxy:v1", command: ${JSON.stringify(['kube-proxy', ...words])} }] }
`;

const sized = (type: string, cpu = ''): readonly (readonly [string, string])[] => [
  ['{ node.kubernetes.io/instance-type: m5.large', `{ node.kubernetes.io/instance-type: ${type}`],
  ...(cpu === '' ? [] : [['status: { addresses:', `status: { capacity: { cpu: "${cpu}" }, addresses:`] as const]),
];

function load(extra: string, replace: readonly (readonly [string, string])[] = []) {
  let text = BASE;
  for (const [from, to] of replace) text = text.replace(from, to);
  const files = [{ path: 'base.yaml', text }];
  const { world, issues } = loadWorld(extra === '' ? files : [...files, { path: 'proxy.yaml', text: extra }], []);
  const n1 = [...(world?.netns ?? [])].find(([id]) => id === 'node/n1')?.[1];
  const conntrack = (name: string): string | undefined => n1?.sysctls.get(`net.netfilter.nf_conntrack_${name}`);
  return { world, n1, conntrack, said: issues.filter(({ at }) => at.file === 'proxy.yaml').map(showIssue) };
}

const version = (text: string): readonly [string, string] => ['version: "1.34"', `version: "${text}"`];

describe('conntrack settings of kube-proxy are sysctls of its nodes', () => {
  test.each([
    ['{ tcpEstablishedTimeout: 2h30m0s }', 'tcp_timeout_established', '9000'],
    ['{ tcpCloseWaitTimeout: 90s }', 'tcp_timeout_close_wait', '90'],
    ['{ udpTimeout: 10s }', 'udp_timeout', '10'],
    ['{ udpStreamTimeout: 3m }', 'udp_timeout_stream', '180'],
    ['{ tcpBeLiberal: true }', 'tcp_be_liberal', '1'],
    ['{}', 'tcp_timeout_established', '86400'],
    ['{}', 'tcp_timeout_close_wait', '3600'],
    ['{ tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s }', 'tcp_timeout_established', '432000'],
    ['{ tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s }', 'tcp_timeout_close_wait', '60'],
    ['{ tcpEstablishedTimeout: 0s, udpTimeout: 0s }', 'udp_timeout', '30'],
    ['{ min: 200000 }', 'max', '200000'],
    ['{ maxPerCore: 100000 }', 'max', '200000'],
    ['{ maxPerCore: 0, min: 999999 }', 'max', undefined],
    ['{}', 'max', '131072'],
  ])('%s: %s is %s', (text, name, value) => {
    const { conntrack, said } = load(configMap(text));
    expect(said).toEqual([]);
    expect(conntrack(name)).toBe(value);
  });

  test.each([
    ['--conntrack-tcp-timeout-established=1h', 'tcp_timeout_established', '3600'],
    ['--conntrack-tcp-timeout-close-wait=2m', 'tcp_timeout_close_wait', '120'],
    ['--conntrack-udp-timeout=5s', 'udp_timeout', '5'],
    ['--conntrack-udp-timeout-stream=7s', 'udp_timeout_stream', '7'],
    ['--conntrack-max-per-core=90000', 'max', '180000'],
    ['--conntrack-min=150000', 'max', '150000'],
  ])('as a flag, %s: %s is %s', (flag, name, value) => {
    const { conntrack, world } = load(flags(flag));
    expect(conntrack(name)).toBe(value);
    expect(world?.netns.size).toBeGreaterThan(0);
  });

  test("cores are the node's own, or its type's; of a machine nobody counted there is no limit to tell", () => {
    expect(load('', sized('m5.4xlarge')).conntrack('max')).toBe(String(16 * 32768));
    expect(load('', sized('m5.4xlarge', '12')).conntrack('max')).toBe(String(12 * 32768));
    expect(load('', sized('m5.metal')).conntrack('max')).toBeUndefined();
  });

  test('Kubernetes 1.22 to 1.28 only raises what is there', () => {
    const { conntrack } = load('', [version('1.28')]);
    expect(conntrack('tcp_timeout_established')).toBe('432000');
    expect(conntrack('tcp_timeout_close_wait')).toBe('3600');
    expect(conntrack('max')).toBeUndefined();
    expect(
      load(configMap('{ tcpEstablishedTimeout: 200h }'), [version('1.28')]).conntrack('tcp_timeout_established'),
    ).toBe('720000');
  });

  test('from 1.36 the cores count up to a limit, and a larger table is left alone: not known', () => {
    expect(load('', [version('1.36')]).conntrack('max')).toBeUndefined();
    expect(load('', [version('1.36')]).conntrack('tcp_timeout_established')).toBe('86400');
  });

  test.each([
    ['{ tcpEstablishedTimeout: 1 day }', /tcpEstablishedTimeout.*"1 day".*"24h0m0s"/],
    ['{ tcpEstablishedTimeout: 3600 }', /tcpEstablishedTimeout.*3600/],
    ['{ udpTimeout: -1s }', /udpTimeout.*"-1s"/],
    ['{ tcpEstablishdTimeout: 1h }', /tcpEstablishdTimeout.*tcpEstablishedTimeout/],
    ['{ maxPerCore: many }', /maxPerCore/],
  ])('%s is reported', (text, says) => {
    expect(load(configMap(text)).said.join()).toMatch(says);
  });

  test('problems of the file in a ConfigMap are told at their own lines', () => {
    expect(load(configMap('{ maxPerCore: many, udpTimeout: soon }', 'clusterCIDR: 10.0.0.0/99')).said).toEqual([
      expect.stringMatching(/^proxy\.yaml:7:18: .*clusterCIDR/),
      expect.stringMatching(/^proxy\.yaml:8:30: .*maxPerCore/),
      expect.stringMatching(/^proxy\.yaml:8:48: .*udpTimeout/),
    ]);
  });

  test('a connection is forgotten when the configured time is over', () => {
    const { world } = load(configMap('{ udpTimeout: 4s }'));
    if (world === undefined) throw new Error('no world');
    const session = openSession(world);
    const far = { from: 'pod/shop/client', dst: ip('203.0.113.9'), dport: 9, protocol: 'udp' } as const;
    session.send(far);
    const left = (): number => session.conntrack('node/n1' as never).length;
    session.advance(3);
    expect(left()).toBe(1);
    session.advance(2);
    expect(left()).toBe(0);
  });
});

describe('kube-proxy reads the node as it starts', () => {
  const rule = 'KUBE-FORWARD -m conntrack --ctstate INVALID';
  const nodeNetwork = (value: string): string =>
    `apiVersion: packetwalk.dev/v1alpha1\nkind: NodeNetwork\nspec: { node: n1, sysctls: { net.netfilter.nf_conntrack_tcp_be_liberal: "${value}" } }\n`;
  const saved = (extra: string, node = 'node/n1'): string => {
    const { world } = load(extra);
    const found = [...(world?.netns ?? [])].find(([id]) => id === node)?.[1];
    return found === undefined ? '' : printIptablesSave(found.iptables.ip);
  };
  test('a liberal node has no rule against INVALID, the next one has', () => {
    expect(saved(nodeNetwork('0'))).toContain(rule);
    expect(saved(nodeNetwork('1'))).not.toContain(rule);
    expect(saved(nodeNetwork('1'), 'node/n2')).toContain(rule);
  });

  test('a block of node port addresses takes what every device has in it', () => {
    const { n1 } = load(configMap('{}', 'nodePortAddresses: [10.0.0.0/16]'));
    const own = n1?.addresses.filter(({ dev }) => dev !== 'lo').map(({ local }) => local) ?? [];
    const text = n1 === undefined ? '' : printIptablesSave(n1.iptables.ip);
    expect(own.length).toBeGreaterThan(1);
    for (const address of own) expect(text).toContain(`-A KUBE-SERVICES -d ${address}/32 -m comment`);
  });

  test.each([
    ['nodePortAddresses: []', '1'],
    ['nodePortAddresses: [10.0.0.0/16]', '0'],
    ['nodePortAddresses: [primary]', '0'],
    ['nodePortAddresses: [10.0.0.0/16, 127.0.0.0/8]', '1'],
  ])('%s: node ports of localhost need an address there (route_localnet=%s)', (text, value) => {
    const { n1 } = load(configMap('{}', text));
    expect(n1?.sysctls.get('net.ipv4.conf.all.route_localnet')).toBe(value);
    const saved4 = n1 === undefined ? '' : printIptablesSave(n1.iptables.ip);
    expect(saved4.includes('-d 127.0.0.1/32')).toBe(text.includes('127.'));
  });
});

import { describe, expect, test } from 'vitest';
import { loadCluster } from '../index.ts';

const FILE = '--config=/var/lib/kube-proxy-config/config';

function load(command: readonly string[], configMap = '') {
  const daemonSet = `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: kube-proxy, namespace: kube-system }
spec:
  selector: { matchLabels: { k8s-app: kube-proxy } }
  template:
    metadata: { labels: { k8s-app: kube-proxy } }
    spec: { hostNetwork: true, containers: [{ name: kube-proxy, image: "kube-proxy:v1", command: ${JSON.stringify(command)} }] }
`;
  return loadCluster([{ path: 'k.yaml', text: `${daemonSet}${configMap}` }], []);
}

const CONFIG_MAP = `---
apiVersion: v1
kind: ConfigMap
metadata: { name: kube-proxy-config, namespace: kube-system }
data: { config: "mode: iptables\\nclusterCIDR: 10.0.0.0/8" }
`;

describe('flags of kube-proxy', () => {
  test.each([
    [['--proxy-mode=ipvs'], { mode: 'ipvs' }],
    [['--proxy-mode', 'nftables', '--v=2'], { mode: 'nftables', nodePortAddresses: 'primary' }],
    [['--masquerade-all'], { masqueradeAll: true }],
    [['--masquerade-all=false'], { masqueradeAll: false }],
    [['--iptables-masquerade-bit=13'], { masqueradeBit: 13 }],
    [['--iptables-localhost-nodeports=false'], { localhostNodePorts: false }],
    [['--cluster-cidr=10.1.0.0/16'], { detectLocal: { kind: 'cluster-cidr' } }],
    [
      ['--detect-local-mode=InterfaceNamePrefix', '--pod-interface-name-prefix=eni'],
      { detectLocal: { kind: 'interface-prefix', name: 'eni' } },
    ],
    [
      ['--metrics-bind-address=0.0.0.0'],
      { metricsBind: { local: '*', port: 10249 }, healthzBind: { local: '*', port: 10256 } },
    ],
    [
      ['--bind-address=::', '--healthz-bind-address=[::1]:9'],
      { metricsBind: { local: '::1', port: 10249 }, healthzBind: { local: '::1', port: 9 } },
    ],
    [['--nodeport-addresses=primary'], { nodePortAddresses: 'primary' }],
    [['--conntrack-tcp-be-liberal'], { conntrack: { tcpBeLiberal: true } }],
    [['/bin/sh', '-c', 'kube-proxy --masquerade-all=true 1>>/var/log/kube-proxy.log'], { masqueradeAll: true }],
  ])('%j', (flags, expected) => {
    const { value, issues } = load(flags[0] === '/bin/sh' ? flags : ['kube-proxy', ...flags]);
    expect(value.kubeProxy).toMatchObject(expected);
    expect(value.unmodelled).toEqual([]);
    expect(issues.filter(({ at }) => at.line === 8)).toEqual([]);
  });

  test('without --config the ConfigMap is not what it reads', () => {
    expect(load(['kube-proxy', '--masquerade-all'], CONFIG_MAP).value.kubeProxy.clusterCIDR).toEqual([]);
  });

  test('beside --config they are ignored, as EKS starts it', () => {
    const { value } = load(
      ['kube-proxy', '--v=2', FILE, '--hostname-override=$(NODE_NAME)', '--masquerade-all', '--proxy-mode=ipvs'],
      CONFIG_MAP,
    );
    expect(value.kubeProxy).toMatchObject({ mode: 'iptables', masqueradeAll: false });
    expect(value.kubeProxy.clusterCIDR.map(({ text }) => text)).toEqual(['10.0.0.0/8']);
    expect(value.unmodelled).toEqual([]);
  });

  test('what EKS ships tells metrics at every address, another file only what it says', () => {
    const metrics = (configMap: string) => load(['kube-proxy', FILE], configMap).value.kubeProxy.metricsBind.local;
    expect([metrics(''), metrics(CONFIG_MAP)]).toEqual(['*', '127.0.0.1']);
    const wrong = CONFIG_MAP.replace('mode: iptables', 'metricsBindAddress: here:1');
    expect(load(['kube-proxy', FILE], wrong).issues).toContainEqual(
      expect.objectContaining({ severity: 'error', message: expect.stringContaining('metricsBindAddress') }),
    );
  });

  test('a wrong value is said where it is written', () => {
    const [issue] = load(['kube-proxy', '--proxy-mode=iptable']).issues.filter(({ at }) => at.line === 8);
    expect(issue).toMatchObject({ severity: 'error', message: expect.stringContaining('"iptable"') });
  });

  test.each([
    [['--udp-timeout=5s'], '--udp-timeout=5s'],
    [['--masqurade-all'], '--masqurade-all=true'],
    [['--hostname-override=node-1'], '--hostname-override=node-1'],
    [[FILE, '--hostname-override=node-1'], '--hostname-override=node-1'],
  ])('%j leaves every node unsure', (flags, says) => {
    expect(load(['kube-proxy', ...flags]).value.unmodelled).toEqual([
      { what: expect.stringContaining(says), at: expect.objectContaining({ line: 8 }), touches: { kind: 'nodes' } },
    ]);
  });
});

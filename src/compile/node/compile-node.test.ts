import { describe, expect, test } from 'vitest';
import { NODE, netns, table } from '../../../test/compile/compiled.ts';
import { articleCluster, articleNode, testPod, testService, withOs } from '../../../test/compile/test-cluster.ts';
import type { Cluster } from '../../cluster/index.ts';
import { showVirtualServer } from '../../linux/index.ts';

describe('a node', () => {
  test('routes: main, a table a secondary interface, local', () => {
    const node = netns(articleCluster, NODE);
    expect(table(node, 254)).toEqual([
      'default via 10.0.0.1 dev ens5 proto dhcp src 10.0.0.75 metric 512',
      '10.0.0.0/22 dev ens5 proto kernel scope link src 10.0.0.75 metric 512',
      '10.0.0.1 dev ens5 proto dhcp scope link src 10.0.0.75 metric 512',
      '10.0.0.2 dev ens5 proto dhcp scope link src 10.0.0.75 metric 512',
      '10.0.1.51 dev eniaee705c1f69 scope link',
      '10.0.1.60 dev eni36f7c958f87 scope link',
    ]);
    expect(table(node, 2)).toEqual(['default via 10.0.0.1 dev ens6', '10.0.0.1 dev ens6 scope link']);
    expect(table(node, 3)).toEqual(['default via 10.0.0.1 dev ens7', '10.0.0.1 dev ens7 scope link']);
    expect(table(node, 255)).toEqual([
      'local 10.0.0.75 dev ens5 proto kernel scope host src 10.0.0.75',
      'local 10.0.0.84 dev ens7 proto kernel scope host src 10.0.0.84',
      'local 10.0.0.85 dev ens6 proto kernel scope host src 10.0.0.85',
      'broadcast 10.0.3.255 dev ens5 proto kernel scope link src 10.0.0.75',
      'broadcast 10.0.3.255 dev ens6 proto kernel scope link src 10.0.0.85',
      'broadcast 10.0.3.255 dev ens7 proto kernel scope link src 10.0.0.84',
      'local 127.0.0.0/8 dev lo proto kernel scope host src 127.0.0.1',
      'local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1',
      'broadcast 127.255.255.255 dev lo proto kernel scope link src 127.0.0.1',
      'local ::1 dev lo proto kernel metric 0 pref medium',
    ]);
  });

  test('links, addresses and neighbours', () => {
    const node = netns(articleCluster, NODE);
    expect(node.links.map((link) => `${link.ifindex} ${link.ifname} ${link.mtu}`)).toEqual([
      '1 lo 65536',
      '2 ens5 9001',
      '3 eni36f7c958f87 9001',
      '165 ens6 9001',
      '264 ens7 9001',
      '336 eniaee705c1f69 9001',
    ]);
    expect(node.addresses.map(({ local, prefixlen }) => `${local}/${prefixlen}`)).toEqual([
      '127.0.0.1/8',
      '::1/128',
      '10.0.0.75/22',
      '10.0.0.85/22',
      '10.0.0.84/22',
    ]);
    const toolbox = node.neighbours.find((entry) => entry.dst === '10.0.1.51');
    expect(toolbox).toMatchObject({ dev: 'eniaee705c1f69', lladdr: '0a:12:c5:d0:e4:e1', state: 'REACHABLE' });
  });

  test('sysctls follow the image, the CNI and kube-proxy, and the input wins', () => {
    const read = (cluster: Cluster, name: string): string | undefined => netns(cluster, NODE).sysctls.get(name);
    const al2 = withOs(articleCluster, 'AmazonLinux2');
    const own = { ...articleNode, sysctls: { 'net.ipv4.conf.ens5.rp_filter': '1' } };
    for (const [cluster, name, want] of [
      [articleCluster, 'net.ipv4.ip_default_ttl', '127'],
      [articleCluster, 'net.ipv4.conf.all.rp_filter', '0'],
      [articleCluster, 'net.ipv4.conf.ens6.rp_filter', '2'],
      [articleCluster, 'net.ipv4.conf.eniaee705c1f69.rp_filter', '2'],
      [articleCluster, 'net.ipv4.conf.all.route_localnet', '1'],
      [articleCluster, 'net.netfilter.nf_conntrack_tcp_timeout_established', '86400'],
      [al2, 'net.ipv4.ip_default_ttl', '255'],
      [al2, 'net.ipv4.conf.eth0.rp_filter', '2'],
      [al2, 'net.ipv4.conf.eth1.rp_filter', '1'],
      [{ ...articleCluster, nodeSpecs: [own] }, 'net.ipv4.conf.ens5.rp_filter', '1'],
    ] as const)
      expect(read(cluster, name)).toBe(want);
  });

  test('listens for kubelet, kube-proxy, sshd, hostNetwork pods and health checks', () => {
    const agent = testPod('kube-system', 'agent', articleNode.name, '10.0.0.75', {
      hostNetwork: true,
      containers: [
        { name: 'a', image: 'node-exporter:v1', env: [], ports: [{ containerPort: 9100, protocol: 'TCP' }] },
      ],
    });
    const balanced = testService('packetlab', 'lb', '172.20.0.30', {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 30999,
    });
    const cluster = { ...articleCluster, pods: [...articleCluster.pods, agent], services: [balanced] };
    const sockets = netns(cluster, NODE).sockets.map(({ local, port, process }) => `${local}:${port} ${process}`);
    expect(sockets).toEqual([
      '*:22 sshd',
      '*:9100 node-exporter',
      '127.0.0.1:10248 kubelet',
      '*:10249 kube-proxy',
      '*:10250 kubelet',
      '*:10256 kube-proxy',
      '*:30999 kube-proxy',
      '127.0.0.1:50051 aws-k8s-agent',
      '*:61678 aws-k8s-agent',
      '127.0.0.1:61679 aws-k8s-agent',
    ]);
  });

  test.each([
    ['idle', { containers: [{ name: 'kube-proxy', is: 'waiting' }], idle: true }, false],
    ['one container of it', { containers: [{ name: 'kube-proxy', is: 'terminated' }] }, false],
    ['not ready', { containers: [{ name: 'kube-proxy', is: 'not-ready' }] }, true],
  ] as const)('what kube-proxy has goes with its pod: %s', (_, status, has) => {
    const proxy = testPod('kube-system', 'kube-proxy-x', articleNode.name, '10.0.0.75', { hostNetwork: true });
    const labelled = {
      ...proxy,
      metadata: { ...proxy.metadata, labels: { 'k8s-app': 'kube-proxy' } },
      status: { ...proxy.status, ...status },
    };
    const { sockets } = netns({ ...articleCluster, pods: [...articleCluster.pods, labelled] }, NODE);
    expect(sockets.some(({ port }) => port === 10256)).toBe(has);
  });
});

test('in IPVS mode every service address is on a device that is down, and local all the same', () => {
  const shop = testService('packetlab', 'shop', '172.20.0.30', {
    type: 'NodePort',
    externalIPs: ['192.0.2.33', '10.0.0.75'],
    ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 32385 }],
  });
  const services = [...articleCluster.services, shop];
  const cluster: Cluster = { ...articleCluster, services, kubeProxy: { ...articleCluster.kubeProxy, mode: 'ipvs' } };
  const { unmodelled, links, routes, addresses, ipvs, ipsets, sysctls } = netns(cluster, NODE);
  expect(unmodelled).toEqual([]);
  const dummy = links.find(({ ifname }) => ifname === 'kube-ipvs0');
  expect(dummy).toMatchObject({ flags: ['BROADCAST', 'NOARP'], operstate: 'DOWN', info_kind: 'dummy' });
  expect(new Set(links.map(({ ifindex }) => ifindex)).size).toBe(links.length);
  const bound = addresses.filter(({ dev }) => dev === 'kube-ipvs0').map(({ local }) => local);
  // The node's own address stays where it is.
  expect(bound).toEqual(['172.20.0.30', '192.0.2.33']);
  expect(routes.filter(({ dev, type }) => dev === 'kube-ipvs0' && type === 'local')).toHaveLength(bound.length);
  expect(ipvs?.map(showVirtualServer).filter((line) => line.includes(':32385'))).toEqual([
    '-A -t 10.0.0.75:32385 -s rr',
    '-A -t 10.0.0.85:32385 -s rr',
    '-A -t 10.0.0.84:32385 -s rr',
  ]);
  const hairpin = ipsets?.find(({ name }) => name === 'KUBE-LOOP-BACK');
  expect(hairpin?.elements).toEqual([]);
  expect(sysctls.get('net.ipv4.vs.conntrack')).toBe('1');
  expect(sysctls.get('net.ipv4.conf.all.route_localnet')).toBe('0');
});

test('no set has a name longer than ipset takes, and IPv6 has sets of its own', () => {
  const cluster: Cluster = { ...articleCluster, kubeProxy: { ...articleCluster.kubeProxy, mode: 'ipvs' } };
  const names = netns(cluster, NODE).ipsets?.map(({ name }) => name) ?? [];
  expect(names.filter((name) => name.length > 31)).toEqual([]);
  expect(new Set(names).size).toBe(34);
  expect(names).toContain('KUBE-6-LOAD-BALANCER-SOURCE-CID');
});

test('in nftables mode the tables of kube-proxy stand beside the rules of the CNI and of kubelet, and localhost is not routed', () => {
  const cluster: Cluster = { ...articleCluster, kubeProxy: { ...articleCluster.kubeProxy, mode: 'nftables' } };
  const { unmodelled, nft, iptables, sysctls } = netns(cluster, NODE);
  expect(unmodelled).toEqual([]);
  expect(nft.map(({ family, name }) => `${family} ${name}`)).toEqual(['ip kube-proxy', 'ip6 kube-proxy']);
  const chains = [...iptables.ip.values()].flatMap((table) => [...table.chains.keys()]);
  expect(chains.filter((chain) => /^KUBE-(?:SERVICES|SVC|SEP|NODEPORTS)/.test(chain))).toEqual([]);
  expect(chains).toContain('KUBE-FIREWALL');
  expect(chains).toContain('AWS-SNAT-CHAIN-0');
  expect(sysctls.get('net.ipv4.conf.all.route_localnet')).toBe('0');
});

test('a hostPort is a rule nobody can decide, and only for that port', () => {
  const containers = [
    { name: 'c', image: 'x', env: [], ports: [{ containerPort: 80, hostPort: 8088, protocol: 'TCP' as const }] },
  ];
  const pod = testPod('packetlab', 'p', articleNode.name, '10.0.1.60', { containers });
  const rules = netns({ ...articleCluster, pods: [pod] }, NODE)
    .iptables.ip.get('nat')
    ?.chains.get('PREROUTING')?.rules;
  expect(rules?.filter((rule) => rule.target?.kind === 'unsupported')).toHaveLength(1);
});

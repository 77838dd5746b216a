import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/index.ts';
import { compileKubeProxyNft, type ProxyNode } from '../../src/compile/kube-proxy/index.ts';
import { nftServiceName } from '../../src/compile/kube-proxy/names.ts';
import { parseNftRuleset, printElement, printNftRule, printNftTables } from '../../src/linux/index.ts';
import { cidr as block, ip } from '../../src/net/index.ts';
import { cluster, clusterIpAndNodePort, echo, http, loadBalancer, NODE, service, slice } from './services.ts';

type Proxy = Cluster['kubeProxy'];

/** In nftables mode, with the default that goes with it. */
const inNftMode = (of: Cluster, change: Partial<Proxy> = {}): Cluster => ({
  ...of,
  kubeProxy: { ...of.kubeProxy, mode: 'nftables', nodePortAddresses: 'primary', localhostNodePorts: false, ...change },
});

const tableOf = (
  of: Cluster,
  node: ProxyNode = NODE,
  family: 4 | 6 = 4,
): ReturnType<ReturnType<typeof compileKubeProxyNft>> => compileKubeProxyNft(of, family)(node);
type Table = ReturnType<typeof tableOf>;

/** Rules of a chain; undefined: there is none of that name. */
const rules = (table: Table, name: string): readonly string[] | undefined =>
  table.chains.find((chain) => chain.name === name)?.rules.map((rule) => printNftRule(rule, table.family));

/** Elements of a set or map. */
function elements(table: Table, name: string): readonly string[] | undefined {
  for (const each of table.objects)
    if (each.kind !== 'unsupported' && each.name === name)
      return each.elements.map((one) => printElement(one, each.type));
  return undefined;
}

const chains = (table: Table): readonly string[] =>
  table.chains.flatMap(({ name }) => (name.includes('/') ? [name] : []));
const LB = nftServiceName('packetlab/echo-lb', 'tcp');

test('ClusterIP and NodePort: what nft lists of the transaction kube-proxy sends', () => {
  const listed = readFileSync(new URL('../corpus/nft/kube-proxy-echo.nft', import.meta.url), 'utf8');
  expect(printNftTables([tableOf(inNftMode(clusterIpAndNodePort()))])).toBe(listed);
});

describe('load balancers, externalTrafficPolicy Local', () => {
  test('an endpoint on this node: what comes from outside stays here, the node itself is sent to any', () => {
    const table = tableOf(inNftMode(loadBalancer('')));
    expect(rules(table, `external-${LB}`)).toEqual([
      'fib saddr type local jump mark-for-masquerade comment "masquerade local traffic"',
      `fib saddr type local goto service-${LB} comment "short-circuit local traffic"`,
      `goto local-${LB}`,
    ]);
    expect(rules(table, `local-${LB}`)?.join()).toMatch(
      /^numgen random mod 1 vmap \{ 0 : goto endpoint-\S+10\.0\.3\.193\/8080 \}$/,
    );
    expect(elements(table, 'service-ips')).toEqual([
      `172.20.77.10 . tcp . 80 : goto service-${LB}`,
      `198.51.100.20 . tcp . 80 : goto external-${LB}`,
    ]);
    expect(elements(table, 'no-endpoint-services')).toEqual([]);
    expect(elements(table, 'cluster-ips')).toEqual(['172.20.77.10']);
  });

  test('none on this node: what comes from outside is dropped, and the short-circuit stays', () => {
    const table = tableOf(inNftMode(loadBalancer('')), { ...NODE, name: 'elsewhere' });
    expect(rules(table, `external-${LB}`)).toHaveLength(2);
    expect(rules(table, `local-${LB}`)).toBeUndefined();
    expect(elements(table, 'no-endpoint-services')).toEqual([
      '198.51.100.20 . tcp . 80 comment "packetlab/echo-lb" : drop',
    ]);
    expect(elements(table, 'no-endpoint-nodeports')).toEqual(['tcp . 31080 comment "packetlab/echo-lb" : drop']);
    expect(elements(table, 'service-nodeports')).toEqual([`tcp . 31080 : goto external-${LB}`]);
  });

  test('source ranges drop before translation, as one sorted set, endpoints or not', () => {
    const ranges = ', loadBalancerSourceRanges: [203.0.113.0/25, 10.1.0.0/16, 203.0.113.128/25, 10.1.2.0/24]';
    for (const backends of [echo, []]) {
      const table = tableOf(inNftMode(loadBalancer(ranges, backends)));
      expect(rules(table, `firewall-${LB}`)).toEqual(['ip saddr != { 10.1.0.0/16, 203.0.113.0/24 } drop']);
      expect(elements(table, 'firewall-ips')).toEqual([`198.51.100.20 . tcp . 80 : goto firewall-${LB}`]);
    }
  });

  test('a node inside a range may come with the address of the balancer', () => {
    const table = tableOf(inNftMode(loadBalancer(', loadBalancerSourceRanges: [10.0.0.0/16]')));
    expect(rules(table, `firewall-${LB}`)).toEqual(['ip saddr != { 10.0.0.0/16, 198.51.100.20 } drop']);
  });

  test('blocks that touch and are no block together are a range', () => {
    const table = tableOf(inNftMode(loadBalancer(', loadBalancerSourceRanges: [203.0.113.0/25, 203.0.113.128/26]')));
    expect(rules(table, `firewall-${LB}`)).toEqual(['ip saddr != 203.0.113.0-203.0.113.191 drop']);
  });
});

describe('one Service', () => {
  const A = nftServiceName('a/b', 'tcp');
  const spec = '{ clusterIP: 172.20.5.5, ports: [{ port: 80 }] }';
  const two = [{ ip: '10.0.2.1' }, { ip: '10.0.2.2' }];

  test('without endpoints is rejected, and has no chain', () => {
    const table = tableOf(inNftMode(cluster(service('a/b', spec))));
    expect(elements(table, 'no-endpoint-services')).toEqual([
      '172.20.5.5 . tcp . 80 comment "a/b" : goto reject-chain',
    ]);
    expect(elements(table, 'cluster-ips')).toEqual(['172.20.5.5']);
    expect(chains(table)).toEqual([]);
  });

  test('internalTrafficPolicy Local: the local chain alone, or silence', () => {
    const of = inNftMode(
      cluster(
        service('a/b', '{ clusterIP: 172.20.5.5, internalTrafficPolicy: Local, ports: [{ port: 80 }] }'),
        slice('a/b', http, echo),
      ),
    );
    expect(elements(tableOf(of), 'service-ips')).toEqual([`172.20.5.5 . tcp . 80 : goto local-${A}`]);
    expect(rules(tableOf(of), `service-${A}`)).toBeUndefined();
    const elsewhere = tableOf(of, { ...NODE, name: 'elsewhere' });
    expect(elements(elsewhere, 'no-endpoint-services')).toEqual(['172.20.5.5 . tcp . 80 comment "a/b" : drop']);
  });

  test('session affinity: a set of sources for each endpoint, asked before the draw', () => {
    const of = cluster(
      service('a/b', '{ clusterIP: 172.20.5.5, sessionAffinity: ClientIP, ports: [{ port: 80 }] }'),
      slice('a/b', http, two),
    );
    const table = tableOf(inNftMode(of));
    const [first, ...rest] = rules(table, `service-${A}`) ?? [];
    expect(first).toMatch(/^ip saddr @affinity-(\S+) goto endpoint-\1$/);
    expect(rest).toHaveLength(2);
    const name = /@affinity-(\S+)/.exec(first ?? '')?.[1] ?? '';
    expect(rules(table, `endpoint-${name}`)?.[1]).toBe(`update @affinity-${name} { ip saddr }`);
    expect(printNftTables([table])).toContain(
      `\tset affinity-${name} {\n\t\ttype ipv4_addr\n\t\tsize 65535\n\t\tflags dynamic,timeout\n\t\ttimeout 3h\n\t}\n`,
    );
  });

  test('external IPs are served like a node port, and masqueraded', () => {
    const of = cluster(
      service('a/b', '{ clusterIP: 172.20.5.5, externalIPs: [192.0.2.9], ports: [{ port: 80 }] }'),
      slice('a/b', http, two),
    );
    const table = tableOf(inNftMode(of));
    expect(elements(table, 'service-ips')).toContain(`192.0.2.9 . tcp . 80 : goto external-${A}`);
    expect(rules(table, `external-${A}`)).toEqual(['jump mark-for-masquerade', `goto service-${A}`]);
    expect(elements(table, 'cluster-ips')).toEqual(['172.20.5.5']);
  });

  test('masqueradeAll, and a cluster CIDR that tells pods from others', () => {
    const of = cluster(service('a/b', spec), slice('a/b', http, two));
    const all = tableOf(inNftMode(of, { masqueradeAll: true }));
    expect(rules(all, `service-${A}`)?.[0]).toBe('ip daddr 172.20.5.5 jump mark-for-masquerade');
    const clusterCIDR = of.serviceCidrs.slice(0, 1);
    const detecting = tableOf(inNftMode(of, { clusterCIDR, detectLocal: { kind: 'cluster-cidr' } }));
    expect(rules(detecting, `service-${A}`)?.[0]).toBe(
      'ip daddr 172.20.5.5 ip saddr != 172.20.0.0/16 jump mark-for-masquerade',
    );
  });

  test('terminating endpoints stand in, and zone hints are obeyed, as in iptables mode', () => {
    const draining = { ip: '10.0.2.1', extra: ', conditions: { ready: false, serving: true, terminating: true }' };
    const dead = { ip: '10.0.2.2', extra: ', conditions: { ready: false, serving: false, terminating: true }' };
    const left = tableOf(inNftMode(cluster(service('a/b', spec), slice('a/b', http, [draining, dead]))));
    expect(chains(left).filter((name) => name.startsWith('endpoint'))).toHaveLength(1);
    const a = { ip: '10.0.2.1', extra: ', hints: { forZones: [{ name: us-east-1a }] }' };
    const b = { ip: '10.0.2.2', extra: ', hints: { forZones: [{ name: us-east-1b }] }' };
    const hinted = inNftMode(cluster(service('a/b', spec), slice('a/b', http, [a, b])));
    expect(rules(tableOf(hinted), `service-${A}`)?.join()).toContain('numgen random mod 1');
    expect(rules(tableOf(hinted, { ...NODE, zone: 'us-east-1c' }), `service-${A}`)?.join()).toContain('mod 2');
  });
});

describe('which addresses answer node ports', () => {
  const of = cluster();
  const check = (change: Partial<Proxy>, node = NODE, family: 4 | 6 = 4): readonly string[] => {
    const table = tableOf(inNftMode(of, change), node, family);
    return [rules(table, 'services')?.[1] ?? '', rules(table, 'nodeport-endpoints-check')?.[0] ?? ''];
  };

  test('the primary one unless told otherwise', () => {
    expect(check({})[0]).toBe('ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports');
    expect(elements(tableOf(inNftMode(of)), 'nodeport-ips')).toEqual(['10.0.0.75']);
  });

  test('those of its devices inside the blocks, localhost never', () => {
    const wide = { ...NODE, deviceIps: [ip('10.0.0.85'), ip('10.0.0.75'), ip('192.0.2.1')] };
    const blocks = { nodePortAddresses: ['10.0.0.0/16', '127.0.0.0/8'].map((text) => block(text)) };
    expect(elements(tableOf(inNftMode(of, blocks), wide), 'nodeport-ips')).toEqual(['10.0.0.75', '10.0.0.85']);
  });

  test('all of them, localhost never; so it is in a family the node has no address of', () => {
    const all = [
      'fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @service-nodeports',
      'ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @no-endpoint-nodeports',
    ];
    expect(check({ nodePortAddresses: [block('0.0.0.0/0')] })).toEqual(all);
    expect(check({}, NODE, 6)[0]).toBe(
      'fib daddr type local ip6 daddr != ::1 meta l4proto . th dport vmap @service-nodeports',
    );
  });
});

test('what it compiles is read back as it is, and nodes that differ in their address alone share the rest', () => {
  const compile = compileKubeProxyNft(
    inNftMode(cluster(service('a/b', '{ clusterIP: 172.20.5.5, ports: [{ port: 80 }] }'), slice('a/b', http, echo))),
    4,
  );
  const [one, other] = [compile(NODE), compile({ ...NODE, name: 'other', ips: [ip('10.0.0.76')] })];
  expect(one.chains).toBe(other.chains);
  expect(elements(other, 'nodeport-ips')).toEqual(['10.0.0.76']);
  const text = printNftTables([one]);
  const { value, issues } = parseNftRuleset(text, 'f');
  expect(issues).toEqual([]);
  expect(printNftTables(value)).toBe(text);
});

test('before 1.33 there are no ServiceCIDR objects, and addresses of no Service go on', () => {
  const of = inNftMode(cluster());
  const last = (version: string): string | undefined => rules(tableOf({ ...of, version }), 'cluster-ips-check')?.at(-1);
  expect(last('1.33')).toBe('ip daddr 172.20.0.0/16 drop comment "Drop traffic to unallocated ClusterIPs"');
  expect(last('1.32')).toBe('ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"');
});

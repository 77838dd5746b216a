import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/index.ts';
import { compileKubeProxy } from '../../src/compile/kube-proxy/index.ts';
import { serviceHash } from '../../src/compile/kube-proxy/names.ts';
import { compileKubelet } from '../../src/compile/kubelet/compile-kubelet.ts';
import { mergeFragments } from '../../src/compile/node/merge-fragments.ts';
import { printIptablesSave, printRule, type Ruleset } from '../../src/linux/index.ts';
import { cluster, clusterIpAndNodePort, echo, http, loadBalancer, NODE, service, slice } from './services.ts';

/** The goldens were loaded into a kernel and saved again: what kube-proxy's chains look like on a node (EKS settings). */
const golden = (name: string): string =>
  readFileSync(new URL(`../corpus/iptables/${name}.save`, import.meta.url), 'utf8');

/** kube-proxy's and kubelet's rules of a node, without the tables and canaries the listings leave out. */
function rulesOf(of: Cluster, node = NODE): Ruleset {
  const merged = mergeFragments([compileKubeProxy(of, 4)(node), compileKubelet(4)]);
  const shown = [...merged].filter(([name]) => name === 'filter' || name === 'nat');
  return new Map(
    shown.map(([name, table]) => [
      name,
      {
        ...table,
        chains: new Map(
          [...table.chains].filter(
            ([chain]) =>
              !chain.endsWith('CANARY') &&
              !(name === 'nat' && chain === 'KUBE-NODEPORTS' && (table.chains.get(chain)?.rules.length ?? 0) === 0),
          ),
        ),
      },
    ]),
  );
}

const lines = (ruleset: Ruleset, table: 'nat' | 'filter', chain: string): string[] =>
  (ruleset.get(table)?.chains.get(chain)?.rules ?? []).map((rule) => printRule(chain, rule));

describe('kube-proxy, iptables mode: goldens', () => {
  test('kube-dns: three ports, two endpoints', () => {
    const ports =
      '[{ name: dns, port: 53, protocol: UDP }, { name: dns-tcp, port: 53, protocol: TCP }, { name: metrics, port: 9153, protocol: TCP }]';
    const dns = cluster(
      service(
        'kube-system/kube-dns',
        `{ clusterIP: 172.20.0.10, ports: [{ name: dns, port: 53, protocol: UDP }, { name: dns-tcp, port: 53, protocol: TCP }, { name: metrics, port: 9153, protocol: TCP }] }`,
      ),
      slice('kube-system/kube-dns', ports, [{ ip: '10.0.3.231' }, { ip: '10.0.1.181' }]),
    );
    expect(withoutNodePorts(printIptablesSave(rulesOf(dns)))).toBe(withoutNodePorts(golden('kube-dns')));
  });

  test('ClusterIP and NodePort', () => {
    expect(printIptablesSave(rulesOf(clusterIpAndNodePort()))).toBe(golden('clusterip-nodeport'));
  });

  test('LoadBalancer with an address, externalTrafficPolicy Local, one endpoint on this node', () => {
    expect(printIptablesSave(rulesOf(loadBalancer('')))).toBe(golden('loadbalancer-local'));
  });
});

/** The kube-dns listing has no KUBE-NODEPORTS chain line in nat; the chain is there and empty. */
const withoutNodePorts = (text: string): string => text.replace(/^:KUBE-NODEPORTS - \[0:0\]\n/gm, '');

describe('kube-proxy, iptables mode: variants', () => {
  test('a node without a local endpoint drops what arrives from outside, and keeps the short-circuit', () => {
    const rules = rulesOf(loadBalancer(''), { ...NODE, name: 'elsewhere' });
    expect(lines(rules, 'filter', 'KUBE-EXTERNAL-SERVICES')).toEqual([
      '-A KUBE-EXTERNAL-SERVICES -d 198.51.100.20/32 -p tcp -m comment --comment "packetlab/echo-lb has no local endpoints" -m tcp --dport 80 -j DROP',
      '-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "packetlab/echo-lb has no local endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 31080 -j DROP',
    ]);
    expect(lines(rules, 'nat', 'KUBE-EXT-I3LI3IHJ2KZHX6SM')).toHaveLength(2);
    expect(rules.get('nat')?.chains.has('KUBE-SVL-I3LI3IHJ2KZHX6SM')).toBe(false);
  });

  test('source ranges: the firewall chain admits, KUBE-PROXY-FIREWALL drops the rest', () => {
    const rules = rulesOf(loadBalancer(', loadBalancerSourceRanges: [203.0.113.0/25]'));
    expect(lines(rules, 'nat', 'KUBE-FW-I3LI3IHJ2KZHX6SM')).toEqual([
      '-A KUBE-FW-I3LI3IHJ2KZHX6SM -s 203.0.113.0/25 -m comment --comment "packetlab/echo-lb loadbalancer IP" -j KUBE-EXT-I3LI3IHJ2KZHX6SM',
      '-A KUBE-FW-I3LI3IHJ2KZHX6SM -m comment --comment "other traffic to packetlab/echo-lb will be dropped by KUBE-PROXY-FIREWALL"',
    ]);
    expect(lines(rules, 'filter', 'KUBE-PROXY-FIREWALL')[0]).toContain(
      '-d 198.51.100.20/32 -p tcp -m comment --comment "packetlab/echo-lb traffic not accepted by KUBE-FW-I3LI3IHJ2KZHX6SM"',
    );
  });

  test('no endpoints at all: REJECT, and no nat rule', () => {
    const rules = rulesOf(cluster(service('a/b', '{ clusterIP: 172.20.5.5, ports: [{ port: 80 }] }')));
    expect(lines(rules, 'filter', 'KUBE-SERVICES')).toEqual([
      '-A KUBE-SERVICES -d 172.20.5.5/32 -p tcp -m comment --comment "a/b has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable',
    ]);
    expect(lines(rules, 'nat', 'KUBE-SERVICES')).toHaveLength(1);
  });

  test('serving-terminating endpoints stand in when no endpoint is ready', () => {
    const draining = { ip: '10.0.2.1', extra: ', conditions: { ready: false, serving: true, terminating: true }' };
    const dead = { ip: '10.0.2.2', extra: ', conditions: { ready: false, serving: false, terminating: true }' };
    const of = cluster(
      service('a/b', '{ clusterIP: 172.20.5.5, ports: [{ port: 80 }] }'),
      slice('a/b', http, [draining, dead]),
    );
    expect(lines(rulesOf(of), 'nat', `KUBE-SVC-${serviceHash('a/b', 'tcp')}`).join()).toContain('a/b -> 10.0.2.1:8080');
    expect(lines(rulesOf(of), 'nat', `KUBE-SVC-${serviceHash('a/b', 'tcp')}`)).toHaveLength(1);
  });

  test('beside a ready endpoint a serving-terminating one gets nothing, for each policy on its own', () => {
    const draining = { ip: '10.0.2.1', node: NODE.name, extra: ', conditions: { ready: false, terminating: true }' };
    const rules = rulesOf(loadBalancer('', [draining, { ip: '10.0.2.2' }]));
    const ends = (chain: string): string[] =>
      lines(rules, 'nat', `${chain}-I3LI3IHJ2KZHX6SM`).flatMap((rule) => /-> (\S+:8080)"/.exec(rule)?.[1] ?? []);
    expect(ends('KUBE-SVC')).toEqual(['10.0.2.2:8080']);
    expect(ends('KUBE-SVL')).toEqual(['10.0.2.1:8080']);
    const here = rulesOf(loadBalancer('', [draining, { ip: '10.0.2.2', node: NODE.name }]));
    expect(lines(here, 'nat', 'KUBE-SVL-I3LI3IHJ2KZHX6SM').join()).not.toContain('10.0.2.1');
  });

  test('of two records of one address the one that is not terminating counts, whichever comes first', () => {
    const stays = { ip: '10.0.2.1' };
    const leaves = { ip: '10.0.2.1', extra: ', conditions: { ready: false, serving: true, terminating: true }' };
    for (const records of [
      [stays, leaves],
      [leaves, stays],
    ]) {
      const of = cluster(
        service('a/b', '{ clusterIP: 172.20.5.5, ports: [{ port: 80 }] }'),
        slice('a/b', http, [...records, { ip: '10.0.2.2' }]),
      );
      const rules = lines(rulesOf(of), 'nat', `KUBE-SVC-${serviceHash('a/b', 'tcp')}`);
      expect(rules.map((rule) => /-> (\S+)"/.exec(rule)?.[1])).toEqual(['10.0.2.1:8080', '10.0.2.2:8080']);
    }
  });

  test('zone hints are obeyed only when every ready endpoint has one and the zone is named', () => {
    const a = { ip: '10.0.2.1', extra: ', hints: { forZones: [{ name: us-east-1a }] }' };
    const b = { ip: '10.0.2.2', extra: ', hints: { forZones: [{ name: us-east-1b }] }' };
    const spec = '{ clusterIP: 172.20.5.5, ports: [{ port: 80 }] }';
    const chain = `KUBE-SVC-${serviceHash('a/b', 'tcp')}`;
    const hinted = cluster(service('a/b', spec), slice('a/b', http, [a, b]));
    expect(lines(rulesOf(hinted), 'nat', chain)).toHaveLength(1);
    expect(lines(rulesOf(hinted, { ...NODE, zone: 'us-east-1c' }), 'nat', chain)).toHaveLength(2);
    const partly = cluster(service('a/b', spec), slice('a/b', http, [a, b, { ip: '10.0.2.3' }]));
    expect(lines(rulesOf(partly), 'nat', chain)).toHaveLength(3);
  });

  test('session affinity: recent rules before the odds, a stamp at the endpoint', () => {
    const of = cluster(
      service('a/b', '{ clusterIP: 172.20.5.5, sessionAffinity: ClientIP, ports: [{ port: 80 }] }'),
      slice('a/b', http, [{ ip: '10.0.2.1' }, { ip: '10.0.2.2' }]),
    );
    const rules = lines(rulesOf(of), 'nat', `KUBE-SVC-${serviceHash('a/b', 'tcp')}`);
    expect(rules).toHaveLength(4);
    expect(rules[0]).toMatch(
      /-m recent --rcheck --seconds 10800 --reap --name (KUBE-SEP-\w+) --mask 255\.255\.255\.255 --rsource -j \1$/,
    );
    const sep = /-j (KUBE-SEP-\w+)/.exec(rules[0] ?? '')?.[1] ?? '';
    expect(lines(rulesOf(of), 'nat', sep)[1]).toContain(`-m recent --set --name ${sep}`);
  });

  test('endpoints sort by the string ip:port, and each ends with an equal share', () => {
    const backends = ['10.1.1.1', '10.1.1.11', '10.1.1.2'].map((address) => ({ ip: address }));
    const of = cluster(
      service('a/b', '{ clusterIP: 172.20.5.5, ports: [{ port: 80 }] }'),
      slice('a/b', http, backends),
    );
    const rules = lines(rulesOf(of), 'nat', `KUBE-SVC-${serviceHash('a/b', 'tcp')}`);
    expect(rules.map((rule) => /-> (\S+)"/.exec(rule)?.[1])).toEqual([
      '10.1.1.11:8080',
      '10.1.1.1:8080',
      '10.1.1.2:8080',
    ]);
    expect(rules.map((rule) => /--probability (\S+)/.exec(rule)?.[1])).toEqual([
      '0.33333333349',
      '0.50000000000',
      undefined,
    ]);
  });

  test('headless, ExternalName and foreign Services write nothing', () => {
    const of = cluster(
      service('a/headless', '{ clusterIP: None, ports: [{ port: 80 }] }'),
      slice('a/headless', http, [{ ip: '10.0.2.1' }]),
      service('a/name', '{ type: ExternalName, externalName: example.com }'),
    );
    expect(lines(rulesOf(of), 'nat', 'KUBE-SERVICES')).toHaveLength(1);
    expect(lines(rulesOf(of), 'filter', 'KUBE-SERVICES')).toHaveLength(0);
  });

  test('more than 1000 endpoints: endpoint rules lose their comments, entries keep them', () => {
    const many = Array.from({ length: 1001 }, (_, i) => ({ ip: `10.0.${4 + Math.floor(i / 250)}.${1 + (i % 250)}` }));
    const of = cluster(service('a/b', '{ clusterIP: 172.20.5.5, ports: [{ port: 80 }] }'), slice('a/b', http, many));
    expect(lines(rulesOf(of), 'nat', `KUBE-SVC-${serviceHash('a/b', 'tcp')}`)[0]).not.toContain('comment');
    expect(lines(rulesOf(of), 'nat', 'KUBE-SERVICES')[0]).toContain('a/b cluster IP');
  });

  test('Services every node sees alike are compiled once and shared', () => {
    const compile = compileKubeProxy(
      cluster(service('a/b', '{ clusterIP: 172.20.5.5, ports: [{ port: 80 }] }'), slice('a/b', http, echo)),
      4,
    );
    expect(compile(NODE)).toBe(compile({ ...NODE, name: 'other' }));
  });
});

describe('hashes of the names real nodes print', () => {
  for (const [name, protocol, want] of [
    ['kube-system/kube-dns:dns', 'udp', 'TCOU7JCQXEZGVUNU'],
    ['kube-system/kube-dns:dns-tcp', 'tcp', 'ERIFXISQEP7F7OF4'],
    ['packetlab/echo-clusterip', 'tcp', 'B23I5IPCVQPNADR7'],
    ['default/kubernetes:https', 'tcp', 'NPX46M4PTMTKRN6Y'],
    ['packetlab/echo-clusterip', 'tcp10.212.136.127:8080', 'MNWX5K5OIII64PTW'],
    ['kube-system/kube-dns:dns', 'udp10.212.142.181:53', '43APF7RZ6NYHDOWA'],
  ] as const) {
    test(`${name} ${protocol}`, () => expect(serviceHash(name, protocol)).toBe(want));
  }
});

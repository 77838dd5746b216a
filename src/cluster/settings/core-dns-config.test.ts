import { describe, expect, test } from 'vitest';
import { type Issue, showIssue } from '../../base/index.ts';
import { loadCluster } from '../index.ts';
import { readCoreDnsConfig } from './core-dns-config.ts';

const EKS = `.:53 {
    errors
    health {
        lameduck 5s
      }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
      pods insecure
      fallthrough in-addr.arpa ip6.arpa
    }
    prometheus :9153
    forward . /etc/resolv.conf
    cache 30
    loop
    reload
    loadbalance
}
`;
const AT = { file: 'coredns.yaml', line: 3 };
function read(text: string) {
  const issues: Issue[] = [];
  return { config: readCoreDnsConfig(text, AT, 'cluster.local', issues), issues };
}
/** `ZONE: what`, a star for what only touches names outside the cluster. */
const gaps = (text: string): string[] =>
  read(text).config.unmodelled.map(
    ({ zone, forwarded, what }) => `${forwarded ? '*' : ''}${zone}: ${what.split(' is not')[0]}`,
  );
const withPlugin = (...lines: readonly string[]): string =>
  EKS.replace('    loop\n', lines.map((line) => `    ${line}\n`).join(''));

test('the Corefile EKS installs', () => {
  const { config, issues } = read(EKS);
  expect(issues).toEqual([]);
  expect(config).toEqual({
    pods: 'insecure',
    ttl: 5,
    cacheTtl: 30,
    reverseZones: ['in-addr.arpa', 'ip6.arpa'],
    fallthrough: ['in-addr.arpa', 'ip6.arpa'],
    unmodelled: [],
  });
});

describe('settings', () => {
  test.each([
    ['pods insecure', 'pods verified', { pods: 'verified' }],
    ['      pods insecure\n', '', { pods: 'disabled' }],
    ['pods insecure', 'pods insecure\n ttl 30', { ttl: 30 }],
    ['    cache 30\n', '', { cacheTtl: null }],
    ['cache 30', 'cache', { cacheTtl: 3600 }],
    ['cache 30', 'cache {\n success 9984 60\n denial 9984 5\n }', { cacheTtl: 60 }],
    ['fallthrough in-addr.arpa ip6.arpa', 'fallthrough', { fallthrough: ['.'] }],
    [' in-addr.arpa ip6.arpa {', ' {', { reverseZones: [] }],
  ] as const)('%j -> %j', (from, to, want) => {
    const { config, issues } = read(EKS.replace(from, to));
    expect(issues).toEqual([]);
    expect(config).toMatchObject(want);
  });
});

describe('what is beyond them, and the names it may touch', () => {
  test.each<[string, string[]]>([
    [withPlugin('log . "{remote} {name}"  # all of it', 'minimal'), []],
    [withPlugin('autopath @kubernetes'), ['.: "autopath @kubernetes" in line 14 of the Corefile']],
    [withPlugin('import custom/*.override'), ['.: "import custom/*.override" in line 14 of the Corefile']],
    [
      withPlugin('rewrite name Foo.Example.com. web.shop.svc.cluster.local'),
      ['foo.example.com: "rewrite name Foo.Example.com. web.shop.svc.cluster.local" in line 14 of the Corefile'],
    ],
    [
      withPlugin('rewrite stop name suffix .corp .svc'),
      ['corp: "rewrite stop name suffix" in line 14 of the Corefile'],
    ],
    [withPlugin('rewrite name regex (.*) x'), ['.: "rewrite name regex (.*)" in line 14 of the Corefile']],
    [
      withPlugin('hosts {', '10.0.0.9 db.corp db2.corp', 'ttl 60', 'fallthrough', '}'),
      ['db.corp: "hosts" in line 14 of the Corefile', 'db2.corp: "hosts" in line 14 of the Corefile'],
    ],
    [withPlugin('hosts {', '10.0.0.9 db.corp', '}'), ['.: "hosts" in line 14 of the Corefile']],
    [withPlugin('hosts /etc/hosts {', 'fallthrough', '}'), ['.: "hosts /etc/hosts" in line 14 of the Corefile']],
    [
      withPlugin('template IN A corp', 'template ANY ANY'),
      ['corp: "template IN A corp" in line 14 of the Corefile', '.: "template ANY ANY" in line 15 of the Corefile'],
    ],
    [EKS.replace('/etc/resolv.conf', '8.8.8.8'), ['*.: "forward . 8.8.8.8" in line 12 of the Corefile']],
    [
      EKS.replace('/etc/resolv.conf', '/etc/resolv.conf {\n max_concurrent 1000\n except corp\n }'),
      ['*corp: "except corp" in line 14 of the Corefile'],
    ],
    [EKS.replace('    forward . /etc/resolv.conf\n', ''), ['*.: The Corefile has no plugin "forward" for "."']],
    [
      EKS.replace('kubernetes cluster.local', 'kubernetes cluster.local corp'),
      ['corp: "kubernetes cluster.local corp in-addr.arpa" in line 7 of the Corefile'],
    ],
    [
      EKS.replace('pods insecure', 'pods insecure\n namespaces a'),
      ['cluster.local: "namespaces a" in line 9 of the Corefile'],
    ],
    [
      `${EKS}consul.local:53 {\n forward . 10.1.2.3\n}\n`,
      ['consul.local: "consul.local:53" in line 18 of the Corefile'],
    ],
    [`${EKS}.:5353 {\n whoami\n}\ntls://.:853 {\n}\n`, []],
    [`${EKS}(snippet) {\n}\n`, ['.: "(snippet)" in line 18 of the Corefile']],
    [`${EKS}}`, ['.: The blocks of the Corefile do not close (Corefile at coredns.yaml:3)']],
    [
      '',
      [
        'cluster.local: The Corefile has no plugin "kubernetes" for "."',
        '*.: The Corefile has no plugin "forward" for "."',
      ],
    ],
  ])('%s', (text, want) => {
    expect(gaps(text).map((line) => line.replace(/(for "\.").*$/, '$1'))).toEqual(want);
  });

  test('each is a warning with its place', () => {
    expect(read(withPlugin('rewrite name a.example b')).issues.map(showIssue)).toEqual([
      'coredns.yaml:3: "rewrite name a.example b" in line 14 of the Corefile is not modelled: names in "a.example" will be unknown',
    ]);
  });
});

describe('where it stands', () => {
  const configMap = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: coredns, namespace: kube-system }\ndata:\n  Corefile: |\n${EKS.replace('30', '10').replaceAll(/^/gm, '    ')}`;
  const addon = `apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: { name: c, region: us-east-1 }\naddons:\n- name: coredns\n  configurationValues: |-\n    ${JSON.stringify({ corefile: EKS.replace('30', '20') })}\n`;
  const load = (...texts: string[]) =>
    loadCluster(
      texts.map((text, i) => ({ path: `${i}.yaml`, text })),
      [],
    ).value.coreDns?.cacheTtl;
  test('the live ConfigMap before the addon, and neither: as EKS has it', () => {
    expect([load(configMap, addon), load(addon), load()]).toEqual([10, 20, undefined]);
  });
});

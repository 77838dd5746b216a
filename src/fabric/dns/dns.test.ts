import { describe, expect, test } from 'vitest';
import { ip } from '../../net/index.ts';
import type { Corefile, Dns, DnsRecord } from '../types.ts';
import { aliasCircle } from './alias-circle.ts';
import { answerCluster } from './answer-cluster.ts';
import { answerUpstream } from './answer-upstream.ts';
import { reverseAddress, reverseName } from './reverse-name.ts';
import type { DnsAnswer, Rr } from './types.ts';

const ECHO = 'echo.shop.svc.cluster.local';
const DB = 'db.shop.svc.cluster.local';
const target = (name: string, port: number, weight: number) => ({ priority: 0, weight, port, target: name });
const a = (name: string, ...addresses: string[]): DnsRecord => ({
  name,
  type: 'A',
  addresses: addresses.map(ip),
  ttl: 5,
});
const alias = (name: string, to: string, ttl = 5): DnsRecord => ({ name, type: 'CNAME', target: to, ttl });
const ptr = (name: string, to: string, ttl = 5): DnsRecord => ({ name, type: 'PTR', target: to, ttl });

const dns: Dns = {
  clusterDomain: 'cluster.local',
  clusterDns: [ip('172.20.0.10')],
  namespaces: ['default', 'empty', 'kube-system', 'shop'],
  cluster: [
    a(ECHO, '172.20.122.189'),
    { name: `_http._tcp.${ECHO}`, type: 'SRV', targets: [target(ECHO, 80, 100)], ttl: 5 },
    { name: ECHO, type: 'SRV', targets: [target(ECHO, 80, 100)], ttl: 5 },
    ptr('189.122.20.172.in-addr.arpa', ECHO),
    a(DB, '10.0.1.9', '10.0.2.9'),
    a(`db-0.${DB}`, '10.0.1.9'),
    a(`db-1.${DB}`, '10.0.2.9'),
    {
      name: `_pg._tcp.${DB}`,
      type: 'SRV',
      targets: [target(`db-0.${DB}`, 5432, 50), target(`db-1.${DB}`, 5432, 50)],
      ttl: 5,
    },
    alias('out.shop.svc.cluster.local', 'www.example.com'),
    alias('lost.shop.svc.cluster.local', 'gone.example.com'),
    alias('near.shop.svc.cluster.local', ECHO),
    alias('nowhere.shop.svc.cluster.local', 'none.shop.svc.cluster.local'),
    alias('ring.shop.svc.cluster.local', 'ring2.shop.svc.cluster.local'),
    alias('ring2.shop.svc.cluster.local', 'ring.shop.svc.cluster.local'),
    a('kube-dns.kube-system.svc.cluster.local', '172.20.0.10'),
    ptr('10.0.20.172.in-addr.arpa', 'kube-dns.kube-system.svc.cluster.local'),
  ],
  upstream: [
    alias('www.example.com', 'cdn.example.net', 300),
    { name: 'cdn.example.net', type: 'A', addresses: [ip('198.51.100.7')], ttl: 60 },
    alias('tick.example.com', 'Tock.example.com'),
    alias('tock.example.com', 'tick.example.com'),
    ...Array.from({ length: 9 }, (_, i) => alias(`c${i}.example.com`, `c${i + 1}.example.com`)),
    a('c9.example.com', '198.51.100.9'),
    alias('dead.example.com', 'gone.example.net', 60),
    ptr('75.0.0.10.in-addr.arpa', 'ip-10-0-0-75.ec2.internal', 60),
    { name: 'short.example.com', type: 'A', addresses: [ip('198.51.100.8')], ttl: 1 },
  ],
};

const data = (rr: Rr): string => {
  switch (rr.type) {
    case 'A':
    case 'AAAA':
      return rr.address;
    case 'SRV':
      return `${rr.weight} ${rr.port} ${rr.target}`;
    case 'TXT':
      return rr.text;
    case 'SOA':
      return `${rr.mname} ${rr.rname}`;
    case 'CNAME':
    case 'PTR':
    case 'NS':
      return rr.target;
  }
};
/** `NOERROR aa 5: A 172.20.122.189`; a denial shows whose zone denies. */
const show = (answer: DnsAnswer): string => {
  const list = (rrs: readonly Rr[]): string => rrs.map((rr) => `${rr.type} ${data(rr)}`).join(', ');
  const ttl = [...answer.answers, ...answer.authority][0]?.ttl ?? '-';
  const denied = answer.authority.map(({ name }) => `soa ${name}`).join('');
  return `${answer.rcode} ${answer.authoritative ? 'aa' : 'ra'} ${ttl}: ${list(answer.answers)}${denied}`;
};
const ask = (question: string): string => {
  const [type = '', name = ''] = question.split(' ');
  return show(answerCluster(dns, { name, type }));
};

describe('CoreDNS as EKS configures it', () => {
  test.each([
    // a Service
    [`A ${ECHO}`, 'NOERROR aa 5: A 172.20.122.189'],
    [`A ECHO.Shop.svc.cluster.local`, 'NOERROR aa 5: A 172.20.122.189'],
    [`AAAA ${ECHO}`, 'NOERROR aa 5: soa cluster.local'],
    [`MX ${ECHO}`, 'NOERROR aa 5: soa cluster.local'],
    [`SRV ${ECHO}`, `NOERROR aa 5: SRV 100 80 ${ECHO}`],
    [`SRV _http._tcp.${ECHO}`, `NOERROR aa 5: SRV 100 80 ${ECHO}`],
    [`SRV http.tcp.${ECHO}`, `NOERROR aa 5: SRV 100 80 ${ECHO}`],
    [`A _http._tcp.${ECHO}`, 'NOERROR aa 5: A 172.20.122.189'],
    [`SRV _https._tcp.${ECHO}`, 'NXDOMAIN aa 5: soa cluster.local'],
    [`A _tcp.${ECHO}`, 'NXDOMAIN aa 5: soa cluster.local'],
    [`A a.b.c.${ECHO}`, 'NXDOMAIN aa 5: soa cluster.local'],
    // a headless one
    [`A ${DB}`, 'NOERROR aa 5: A 10.0.1.9, A 10.0.2.9'],
    [`A db-1.${DB}`, 'NOERROR aa 5: A 10.0.2.9'],
    [`A db-2.${DB}`, 'NXDOMAIN aa 5: soa cluster.local'],
    [`SRV _pg._tcp.${DB}`, `NOERROR aa 5: SRV 50 5432 db-0.${DB}, SRV 50 5432 db-1.${DB}`],
    [`A _pg._tcp.${DB}`, 'NOERROR aa 5: A 10.0.1.9, A 10.0.2.9'],
    // names without records: a namespace exists, other names do not
    ['A shop.svc.cluster.local', 'NOERROR aa 5: soa cluster.local'],
    ['A empty.svc.cluster.local', 'NOERROR aa 5: soa cluster.local'],
    ['TXT empty.svc.cluster.local', 'NXDOMAIN aa 5: soa cluster.local'],
    ['A nobody.svc.cluster.local', 'NXDOMAIN aa 5: soa cluster.local'],
    ['A web.shop.svc.cluster.local', 'NXDOMAIN aa 5: soa cluster.local'],
    ['A svc.cluster.local', 'NOERROR aa 5: soa cluster.local'],
    ['A cluster.local', 'NOERROR aa 5: soa cluster.local'],
    ['A www.example.com.cluster.local', 'NXDOMAIN aa 5: soa cluster.local'],
    // pods insecure
    ['A 10-0-1-51.shop.pod.cluster.local', 'NOERROR aa 5: A 10.0.1.51'],
    ['AAAA 10-0-1-51.shop.pod.cluster.local', 'NOERROR aa 5: soa cluster.local'],
    ['AAAA 2001-db8--1.shop.pod.cluster.local', 'NOERROR aa 5: AAAA 2001:db8::1'],
    ['A 10-0-1-51.nobody.pod.cluster.local', 'NXDOMAIN aa 5: soa cluster.local'],
    ['A web-0.shop.pod.cluster.local', 'NXDOMAIN aa 5: soa cluster.local'],
    ['A 10-0-1-256.shop.pod.cluster.local', 'NXDOMAIN aa 5: soa cluster.local'],
    ['A x.y.10-0-1-51.shop.pod.cluster.local', 'NOERROR aa 5: A 10.0.1.51'],
    ['A x.y.z.10-0-1-51.shop.pod.cluster.local', 'NXDOMAIN aa 5: soa cluster.local'],
    ['A shop.pod.cluster.local', 'NOERROR aa 5: soa cluster.local'],
    // the zone about itself
    ['TXT dns-version.cluster.local', 'NOERROR aa 30: TXT 1.1.0'],
    ['SOA cluster.local', 'NOERROR aa 5: SOA ns.dns.cluster.local hostmaster.cluster.local'],
    ['NS cluster.local', 'NOERROR aa 5: NS kube-dns.kube-system.svc.cluster.local'],
    ['A ns.dns.cluster.local', 'NOERROR aa 5: A 172.20.0.10'],
    ['AXFR cluster.local', 'REFUSED ra -: '],
    // the way back
    ['PTR 189.122.20.172.in-addr.arpa', `NOERROR aa 5: PTR ${ECHO}`],
    ['A 189.122.20.172.in-addr.arpa', 'NXDOMAIN ra -: '],
    ['PTR 75.0.0.10.in-addr.arpa', 'NOERROR ra 30: PTR ip-10-0-0-75.ec2.internal'],
    ['PTR 76.0.0.10.in-addr.arpa', 'NXDOMAIN ra -: '],
    ['PTR 0.0.10.in-addr.arpa', 'NOERROR ra -: '],
    ['PTR 20.172.in-addr.arpa', 'NXDOMAIN ra -: '],
    // ExternalName: outside with whatever upstream says, inside only when it leads somewhere
    ['A out.shop.svc.cluster.local', 'NOERROR aa 5: CNAME www.example.com, CNAME cdn.example.net, A 198.51.100.7'],
    ['AAAA out.shop.svc.cluster.local', 'NOERROR aa 5: CNAME www.example.com, CNAME cdn.example.net'],
    ['CNAME out.shop.svc.cluster.local', 'NOERROR aa 5: CNAME www.example.com'],
    ['SRV out.shop.svc.cluster.local', 'NOERROR aa 5: soa cluster.local'],
    ['A lost.shop.svc.cluster.local', 'NOERROR aa 5: CNAME gone.example.com'],
    ['A near.shop.svc.cluster.local', `NOERROR aa 5: CNAME ${ECHO}, A 172.20.122.189`],
    ['AAAA near.shop.svc.cluster.local', 'NOERROR aa 5: soa cluster.local'],
    ['A nowhere.shop.svc.cluster.local', 'NOERROR aa 5: soa cluster.local'],
    ['A ring.shop.svc.cluster.local', 'NOERROR aa 5: soa cluster.local'],
    // forwarded, no longer than the cache keeps it and no shorter than it does
    ['A www.example.com', 'NOERROR ra 30: CNAME cdn.example.net, A 198.51.100.7'],
    ['A short.example.com', 'NOERROR ra 5: A 198.51.100.8'],
    ['A example.com', 'NOERROR ra -: '],
    // aliases in a circle, and more of them than every resolver follows
    ['A tick.example.com', 'SERVFAIL ra -: '],
    ['CNAME tick.example.com', 'NOERROR ra 5: CNAME Tock.example.com'],
    [
      'A c1.example.com',
      `NOERROR ra 5: ${[2, 3, 4, 5, 6, 7, 8, 9].map((i) => `CNAME c${i}.example.com`).join(', ')}, A 198.51.100.9`,
    ],
    ['A other.example', 'NXDOMAIN ra -: '],
  ])('%s', (question, want) => {
    expect(ask(question)).toBe(want);
  });

  test('how many aliases the resolver outside follows is not known', () => {
    expect(answerCluster(dns, { name: 'c1.example.com', type: 'A' }).unknown).toBeUndefined();
    expect(answerCluster(dns, { name: 'c0.example.com', type: 'A' }).unknown).toContain('more than 8 aliases');
  });
  test.each([
    ['tick.example.com', ['tick.example.com', 'tock.example.com', 'tick.example.com']],
    [
      'ring.shop.svc.cluster.local',
      ['ring.shop.svc.cluster.local', 'ring2.shop.svc.cluster.local', 'ring.shop.svc.cluster.local'],
    ],
    ['www.example.com', undefined],
    ['nowhere.shop.svc.cluster.local', undefined],
  ])('%s in a circle: %j', (name, want) => {
    expect(aliasCircle(dns, name)).toEqual(want);
  });
  test('the addresses behind SRV records come along', () => {
    const { additional } = answerCluster(dns, { name: `_pg._tcp.${DB}`, type: 'SRV' });
    expect(additional.map((rr) => `${rr.name} ${data(rr)}`)).toEqual([`db-0.${DB} 10.0.1.9`, `db-1.${DB} 10.0.2.9`]);
  });
  test('a record stands under the name as it was asked', () => {
    expect(answerCluster(dns, { name: 'Echo.SHOP.svc.cluster.local', type: 'A' }).answers).toMatchObject([
      { name: 'Echo.SHOP.svc.cluster.local' },
    ]);
  });
});

describe('another Corefile', () => {
  const base = {
    pods: 'insecure',
    ttl: 5,
    cacheTtl: 30,
    reverseZones: ['in-addr.arpa'],
    fallthrough: [],
    unmodelled: [],
  } as const;
  const gap = (zone: string, forwarded = false) => [{ zone, forwarded, what: 'rewrite' }];
  const pod: DnsRecord = a('10-0-1-51.shop.pod.cluster.local', '10.0.1.51');
  test.each<[Partial<Corefile>, string, string]>([
    [{ pods: 'disabled' }, 'A 10-0-1-51.shop.pod.cluster.local', 'NXDOMAIN aa 5: soa cluster.local'],
    [{ pods: 'disabled' }, 'A shop.pod.cluster.local', 'NOERROR aa 5: soa cluster.local'],
    [{ pods: 'verified' }, 'A 10-0-1-51.shop.pod.cluster.local', 'NOERROR aa 5: A 10.0.1.51'],
    [{ pods: 'verified' }, 'A x.10-0-1-51.shop.pod.cluster.local', 'NOERROR aa 5: A 10.0.1.51'],
    [{ pods: 'verified' }, 'A 10-0-1-52.shop.pod.cluster.local', 'NXDOMAIN aa 5: soa cluster.local'],
    [{}, 'PTR 75.0.0.10.in-addr.arpa', 'NXDOMAIN aa 5: soa in-addr.arpa'],
    [{ reverseZones: [] }, 'PTR 189.122.20.172.in-addr.arpa', 'NXDOMAIN ra -: '],
    [{ fallthrough: ['.'] }, 'A web.shop.svc.cluster.local', 'NXDOMAIN ra -: '],
    [{ cacheTtl: null }, 'A www.example.com', 'NOERROR ra 300: CNAME cdn.example.net, A 198.51.100.7'],
    [{ cacheTtl: 2 }, `A ${ECHO}`, 'NOERROR aa 2: A 172.20.122.189'],
    [{}, 'A mycluster.local', 'NXDOMAIN ra -: '],
    [{ ttl: 3600, cacheTtl: null }, 'A x.default.svc.cluster.local', 'NXDOMAIN aa 300: soa cluster.local'],
    [{ ttl: 30 }, 'A 10-0-1-51.shop.pod.cluster.local', 'NOERROR aa 30: A 10.0.1.51'],
    // what it is told to do beyond that, and the names that touches
    [{ unmodelled: gap('.') }, `A ${ECHO}`, 'SERVFAIL unknown rewrite'],
    [{ unmodelled: gap('shop.svc.cluster.local') }, `A ${ECHO}`, 'SERVFAIL unknown rewrite'],
    [{ unmodelled: gap('other.svc.cluster.local') }, `A ${ECHO}`, 'NOERROR aa 5: A 172.20.122.189'],
    [{ unmodelled: gap('.', true) }, `A ${ECHO}`, 'NOERROR aa 5: A 172.20.122.189'],
    [{ unmodelled: gap('.', true) }, 'PTR 189.122.20.172.in-addr.arpa', `NOERROR aa 5: PTR ${ECHO}`],
    [{ unmodelled: gap('.', true) }, 'A www.example.com', 'SERVFAIL unknown rewrite'],
    [{ unmodelled: gap('example.com', true) }, 'A out.shop.svc.cluster.local', 'SERVFAIL unknown rewrite'],
    [{ unmodelled: gap('cdn.example.net', true) }, 'A out.shop.svc.cluster.local', 'SERVFAIL unknown rewrite'],
  ])('%j: %s', (corefile, question, want) => {
    const [type = '', name = ''] = question.split(' ');
    const cluster = corefile.pods === 'verified' ? [...dns.cluster, pod] : dns.cluster;
    const answer = answerCluster({ ...dns, cluster, corefile: { ...base, ...corefile } }, { name, type });
    expect(answer.unknown === undefined ? show(answer) : `${answer.rcode} unknown ${answer.unknown}`).toBe(want);
  });
});

test.each([
  ['A', 'www.example.com', 'NOERROR ra 300: CNAME cdn.example.net, A 198.51.100.7'],
  ['A', 'dead.example.com', 'NXDOMAIN ra 60: CNAME gone.example.net'],
  ['AAAA', 'cdn.example.net', 'NOERROR ra -: '],
  ['A', ECHO, 'NXDOMAIN ra -: '],
])('the resolver outside: %s %s', (type, name, want) => {
  expect(show(answerUpstream(dns, { name, type }))).toBe(want);
});

test.each([
  ['10.0.1.51', '51.1.0.10.in-addr.arpa'],
  ['2001:db8::1', `${['1', ...'0'.repeat(23), ...'8bd01002'].join('.')}.ip6.arpa`],
])('reverse name of %s, and back', (address, name) => {
  expect(reverseName(ip(address))).toBe(name);
  expect(reverseAddress(name)).toBe(address);
});
test.each([['1.0.10.in-addr.arpa'], ['256.1.0.10.in-addr.arpa'], ['1.0.ip6.arpa'], ['in-addr.arpa']])(
  'no address: %s',
  (name) => expect(reverseAddress(name)).toBeUndefined(),
);

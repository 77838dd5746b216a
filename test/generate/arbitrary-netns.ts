import fc from 'fast-check';
import {
  type Address,
  type ConntrackEntry,
  type IpRule,
  kernelRules,
  type Link,
  type ListenSocket,
  type Netns,
  type NetnsId,
  parseIpRouteText,
  parseIptablesSave,
  printIptablesSave,
  type Route,
  type Ruleset,
  showFrontend,
  showVirtualAddress,
} from '../../src/linux/index.ts';
import { cidrOf, defaultRoute, ip, mac } from '../../src/net/index.ts';
import { bpf, ipset, lbFrontend, virtualServer } from './arbitrary-balancing.ts';
import { anyIp, anyMac, dev, ip4, maybe, number, origin, withOrigin } from './arbitrary-values.ts';

const link: fc.Arbitrary<Link> = withOrigin(
  fc
    .tuple(
      number,
      dev,
      anyMac,
      maybe('link_index', number),
      maybe('link_netnsid', number),
      maybe('info_kind', fc.constant('veth')),
      maybe('txqlen', number),
      maybe('master', dev),
    )
    .map(([ifindex, ifname, address, ...extra]) => ({
      ifindex,
      ifname,
      flags: ['UP'],
      mtu: 9001,
      qdisc: 'mq',
      operstate: 'UP',
      group: 'default',
      link_type: 'ether' as const,
      address,
      broadcast: mac('ff:ff:ff:ff:ff:ff'),
      ...Object.assign({}, ...extra),
    })),
);
const address: fc.Arbitrary<Address> = withOrigin(
  fc
    .tuple(anyIp, dev, fc.integer({ min: 1, max: 32 }), maybe('label', dev), maybe('secondary', fc.constant(true)))
    .map(([local, device, prefixlen, ...extra]) => ({
      dev: device,
      family: local.includes(':') ? (6 as const) : (4 as const),
      local,
      prefixlen,
      scope: 'global' as const,
      ...Object.assign({}, ...extra),
    })),
);
const block = fc.tuple(anyIp, fc.integer({ min: 1, max: 32 })).map(([base, prefix]) => cidrOf(base, prefix));
const route: fc.Arbitrary<Route> = withOrigin(
  fc
    .tuple(
      fc.oneof(block, fc.constantFrom(defaultRoute(4), defaultRoute(6))),
      number,
      dev,
      maybe('metric', number),
      maybe('mtu', number),
      fc.boolean(),
    )
    .map(([dst, table, device, metric, mtu, onlink]) => ({
      type: 'unicast' as const,
      family: dst.family,
      dst,
      table,
      dev: device,
      protocol: 'boot',
      scope: 'global' as const,
      flags: onlink ? ['onlink'] : [],
      ...metric,
      ...mtu,
    })),
);
const rule: fc.Arbitrary<IpRule> = withOrigin(
  fc
    .tuple(
      number,
      fc.boolean(),
      maybe('src', block),
      maybe('fwmark', number),
      maybe('iif', dev),
      maybe('unsupported', fc.constant('uidrange 1-2')),
      maybe('dport', fc.constant({ from: 1, to: 9 })),
      fc.constantFrom<IpRule['action']>(
        { kind: 'lookup', table: 7 },
        { kind: 'lookup', table: 254, suppressPrefixlength: 0 },
        { kind: 'goto', target: 9 },
        { kind: 'nop' },
        { kind: 'prohibit' },
      ),
    )
    .map(([priority, not, src, fwmark, iif, unsupported, dport, action]) => ({
      priority,
      not,
      ...src,
      family: src.src?.family ?? (priority % 2 === 0 ? (4 as const) : (6 as const)),
      ...fwmark,
      ...iif,
      ...dport,
      action,
      ...unsupported,
    })),
);
const entry: fc.Arbitrary<ConntrackEntry> = fc
  .tuple(ip4, ip4, number, number, number, fc.boolean())
  .map(([src, dst, sport, dport, mark, unreplied]) => ({
    original: { protocol: 'udp', src, dst, sport, dport },
    reply: { protocol: 'udp', src: dst, dst: src, sport: dport, dport: sport },
    mark,
    timeout: 30,
    unreplied,
    assured: false,
    srcNat: false,
    dstNat: false,
  }));
const socket: fc.Arbitrary<ListenSocket> = fc
  .tuple(
    fc.constantFrom<'tcp' | 'udp'>('tcp', 'udp'),
    fc.oneof(anyIp, fc.constant<'*'>('*')),
    number,
    fc.constantFrom('nginx', ''),
  )
  .map(([protocol, local, port, process]) => ({ protocol, local, port, process }));

/** Read twice: the second time from the text that is printed, whose lines need no mention. */
const asPrinted = (text: string): Ruleset =>
  parseIptablesSave(printIptablesSave(parseIptablesSave(text, 'x', 4).value), 'x', 4).value;

const save = asPrinted(
  '*nat\n:KUBE-X - [0:0]\n-A PREROUTING -j KUBE-X\n-A KUBE-X -s 10.0.0.0/8 -j RETURN\n-A KUBE-X -s 10.0.0.0/8 -j RETURN\nCOMMIT\n',
);
/** The same ruleset with origins: the two equal rules have different ones. */
const rulesets: fc.Arbitrary<Ruleset> = fc
  .array(fc.option(origin, { nil: undefined }), { minLength: 3, maxLength: 3 })
  .map((origins) => {
    let next = 0;
    return new Map(
      [...save].map(([name, table]) => [
        name,
        {
          ...table,
          chains: new Map(
            [...table.chains].map(([chain, value]) => [
              chain,
              {
                ...value,
                rules: value.rules.map((made) => {
                  const by = origins[next++];
                  return by === undefined ? made : { ...made, origin: by };
                }),
              },
            ]),
          ),
        },
      ]),
    );
  });

const netnsId = fc
  .constantFrom(
    'node/ip-10-0-0-75.ec2.internal',
    'pod/ns/a',
    'host/legacy',
    'internet/2600::1',
    'internet/..',
    'odd/x y/%',
  )
  .map((text) => text as NetnsId);
export const list = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(of, { maxLength: 4 });
/** What balances and filters beside the rules, where there is any. */
const balancing: fc.Arbitrary<Pick<Netns, 'bpf' | 'ipsets' | 'ipvs' | 'lbMap' | 'cgroupOf'>> = fc
  .tuple(
    maybe('bpf', bpf),
    maybe('ipsets', fc.tuple(ipset('KUBE-LOOP-BACK'), ipset('mine'))),
    maybe('ipvs', fc.uniqueArray(virtualServer, { selector: ({ at }) => showVirtualAddress(at), maxLength: 3 })),
    maybe('lbMap', fc.uniqueArray(lbFrontend, { selector: showFrontend, maxLength: 3 })),
    maybe('cgroupOf', netnsId),
  )
  .map((each) => Object.assign({}, ...each));
export const netns: fc.Arbitrary<Netns> = fc
  .tuple(
    netnsId,
    list(link),
    list(address),
    list(route),
    list(rule),
    rulesets,
    list(socket),
    list(entry),
    fc.constantFrom<'nft' | 'legacy'>('nft', 'legacy'),
    fc.boolean(),
    maybe('resolvConf', fc.constant({ nameservers: ['10.0.0.2'], search: ['a.b'], options: [] })),
    balancing,
  )
  .map(([id, links, addresses, routes, rules, ruleset, sockets, conntrack, variant, more, resolvConf, balanced]) => ({
    id,
    links,
    addresses,
    routes: [...routes, ...LOCAL],
    rules: [...rules, ...kernelRules(4), ...kernelRules(6)],
    neighbours: more
      ? [
          {
            dst: ip('10.0.0.1'),
            dev: 'eth0',
            lladdr: mac('02:00:00:00:00:01'),
            state: 'REACHABLE',
            origin: { by: 'kernel' },
          },
        ]
      : [],
    sysctls: new Map([...SETTINGS, ...(more ? ([['net.ipv4.tcp_early_demux', '0']] as const) : [])]),
    iptables: { variant, ip: ruleset, ip6: new Map() },
    nft: [],
    sockets,
    conntrack,
    ...resolvConf,
    ...balanced,
    unmodelled: more ? SCOPES.map((scope) => ({ scope, what: 'a tc filter', at: { file: 'x', line: 1 } })) : [],
  }));

const SCOPES: readonly Netns['unmodelled'][number]['scope'][] = [
  { kind: 'dev', dev: 'eth0' },
  { kind: 'sockets', protocol: 'udp' },
  { kind: 'routes', family: 4, table: 7 },
  { kind: 'routes', family: 6 },
  { kind: 'hook', family: 4, hook: 'FORWARD' },
];

/** Of each family a route of table local: a folder without one tells of table main alone. */
const LOCAL: readonly Route[] = ['local 127.0.0.1 dev lo table local', 'local ::1 dev lo table local'].flatMap(
  (line) => parseIpRouteText(line, 'x').value,
);

/** What a folder has to say, lest a walk that asks for it end unknown. */
const SETTINGS: readonly (readonly [string, string])[] = [
  ['net.ipv4.ip_forward', '1'],
  ['net.ipv4.ip_default_ttl', '64'],
  ['net.ipv4.conf.all.rp_filter', '0'],
  ['net.ipv4.conf.default.rp_filter', '2'],
  ['net.ipv6.conf.all.forwarding', '1'],
  ['net.netfilter.nf_conntrack_tcp_be_liberal', '0'],
  ['net.netfilter.nf_conntrack_tcp_timeout_established', '432000'],
];

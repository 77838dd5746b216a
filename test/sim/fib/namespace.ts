import {
  type Address,
  kernelRoutes,
  kernelRules,
  type Link,
  type Netns,
  type NetnsId,
  parseIpRouteText,
  parseIpRuleText,
} from '../../../src/linux/index.ts';
import { cidrLast, cidrOf, familyOf, ip, mac, parseIp } from '../../../src/net/index.ts';
import { BASE, type FibCase } from './case.ts';

const DEVICES = ['in0', 'out0', 'aux0'];

const linesOf = ({ given = [] }: FibCase): readonly (readonly [verb: string, rest: string])[] =>
  [...BASE, ...given].map((line) => {
    const space = line.indexOf(' ');
    return [line.slice(0, space), line.slice(space + 1)];
  });

const devicesOf = (of: FibCase): readonly string[] => [
  ...DEVICES,
  ...linesOf(of).flatMap(([verb, rest]) => (verb === 'link' ? [rest] : [])),
];

const isIpv6 = (text: string): boolean => text.includes('::');

/** The namespace of a case as artefacts: what the kernel adds by itself is added as the compiler adds it. */
export function fibNetns(of: FibCase): Netns {
  const lines = linesOf(of);
  const say = (verb: string): string[] => lines.flatMap(([each, rest]) => (each === verb ? [rest] : []));
  const down = new Set(say('down'));
  const links = ['lo', ...devicesOf(of)].map((dev, at) => linkOf(dev, at + 1, !down.has(dev)));
  const loopback: Address[] = [
    { dev: 'lo', family: 4, local: ip('127.0.0.1'), prefixlen: 8, scope: 'host' },
    { dev: 'lo', family: 6, local: ip('::1'), prefixlen: 128, scope: 'host' },
  ];
  const addresses = loopback;
  for (const each of say('addr')) insert(addressOf(each, addresses), addresses);
  const text = (verb: string, v6: boolean): string =>
    say(verb)
      .filter((each) => isIpv6(each) === v6)
      .join('\n');
  const routes = [
    parseIpRouteText(text('route', false), 'routes', 4),
    parseIpRouteText(text('route', true), 'routes', 6),
  ];
  const rules = [parseIpRuleText(text('rule', false), 'rules', 4), parseIpRuleText(text('rule', true), 'rules', 6)];
  const problems = [...routes, ...rules].flatMap(({ issues }) => issues);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  const own = routes.flatMap(({ value }) => value);
  return {
    id: 'node/fib' as NetnsId, // only a name
    links,
    addresses,
    routes: [
      ...kernelRoutes(addresses, links, { forwarding6: true }),
      ...own.filter(({ dev, type }) => dev === undefined || type === 'local' || !down.has(dev)),
    ],
    rules: [
      ...[...kernelRules(4), ...(rules[0]?.value ?? [])].sort((a, b) => a.priority - b.priority),
      ...[...kernelRules(6), ...(rules[1]?.value ?? [])].sort((a, b) => a.priority - b.priority),
    ],
    neighbours: [],
    sysctls: new Map(
      say('sysctl').map((each): [string, string] => [
        each.slice(0, each.indexOf('=')),
        each.slice(each.indexOf('=') + 1),
      ]),
    ),
    iptables: { variant: 'nft', ip: new Map(), ip6: new Map() },
    nft: [],
    sockets: [],
    conntrack: [],
    unmodelled: [],
  };
}

/**
 * net/ipv4/devinet.c __inet_insert_ifa: a primary address stands behind those of its device that reach no further;
 * net/ipv6/addrconf.c ipv6_link_dev_addr: an address stands before those of its device that reach no further.
 */
function insert(address: Address, into: Address[]): void {
  const first = into.findIndex(({ dev, family }) => dev === address.dev && family === address.family);
  const at = address.family === 6 || address.scope === 'link' ? first : -1;
  into.splice(at < 0 ? into.length : at, 0, address);
}

function addressOf(text: string, before: readonly Address[]): Address {
  const [, local = '', prefix = '', dev = '', scope = 'global'] =
    /^(\S+)\/(\d+) dev (\S+)(?: scope (\S+))?$/.exec(text) ?? [];
  const address = ip(local);
  const family = familyOf(address);
  const block = cidrOf(address, Number(prefix));
  const secondary =
    family === 4 &&
    before.some(
      (each) => each.dev === dev && each.family === 4 && cidrOf(each.local, each.prefixlen).text === block.text,
    );
  return {
    dev,
    family,
    local: address,
    prefixlen: Number(prefix),
    scope: scope as Address['scope'], // the cases say global or link
    ...(family === 4 && block.prefix <= 30 ? { broadcast: cidrLast(block) } : {}),
    ...(secondary ? { secondary: true } : {}),
  };
}

const linkOf = (ifname: string, ifindex: number, up: boolean): Link => ({
  ifindex,
  ifname,
  flags: [...(ifname === 'lo' ? ['LOOPBACK'] : ['BROADCAST', 'MULTICAST']), ...(up ? ['UP', 'LOWER_UP'] : [])],
  mtu: 1500,
  qdisc: 'noqueue',
  operstate: up ? 'UP' : 'DOWN',
  group: 'default',
  link_type: ifname === 'lo' ? 'loopback' : 'ether',
  address: mac(`02:00:00:00:00:${String(ifindex).padStart(2, '0')}`),
  broadcast: mac('ff:ff:ff:ff:ff:ff'),
});

/** The same namespace as shell lines. The far ends of the veths keep out of the way: no IPv6, no addresses. */
export function fibScript(of: FibCase): string {
  const devices = devicesOf(of).flatMap((dev, at) => [
    `ip link add ${dev} index ${at + 2} type veth peer name far${at} index ${at + 100}`,
    `ip link set ${dev} addrgenmode none`,
    `sysctl -qw net.ipv6.conf.${dev}.disable_ipv6=0`,
    `ip link set ${dev} up; ip link set far${at} up`,
  ]);
  const lines = linesOf(of).map(([verb, rest]) => {
    const family = isIpv6(rest) ? '-6' : '-4';
    if (verb === 'sysctl') return `sysctl -qw ${rest}`;
    if (verb === 'addr') return `ip addr add ${rest} ${isIpv6(rest) ? 'nodad' : 'brd +'}`;
    if (verb === 'rule') return `ip ${family} rule add pref ${rest.replace(/^(\d+):/, '$1')}`;
    if (verb === 'route') return `ip ${family} route add ${rest}`;
    return verb === 'down' ? `ip link set ${rest} down` : '';
  });
  // The kernel gives an IPv6 address its own route a moment later (addrconf_dad_work runs on a work queue).
  const settled = linesOf(of).flatMap(([verb, rest]) =>
    verb === 'addr' && isIpv6(rest)
      ? [
          `i=0; until ip -6 route show table local | grep -q "^local ${rest.split('/')[0]} " || [ $i -ge 250 ]; do i=$((i+1)); sleep 0.02; done`,
        ]
      : [],
  );
  return [
    'sysctl -qw net.ipv6.conf.default.disable_ipv6=1',
    'ip link set lo up',
    ...devices,
    ...lines,
    ...settled,
  ].join('\n');
}

export interface Ask {
  readonly dst: string;
  readonly words: ReadonlyMap<string, string>;
}

/** `10.9.0.1 from 10.1.0.2 iif in0` */
export function readAsk(text: string): Ask {
  const [dst = '', ...rest] = text.split(' ');
  const words = new Map<string, string>();
  for (let i = 0; i < rest.length; i += 2) words.set(rest[i] ?? '', rest[i + 1] ?? '');
  if (parseIp(dst) === undefined) throw new Error(`"${text}" asks for no address`);
  return { dst, words };
}

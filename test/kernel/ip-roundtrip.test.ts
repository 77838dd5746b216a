import { expect } from 'vitest';
import {
  kernelRoutes,
  kernelRules,
  parseConntrack,
  parseIpJsonAddr,
  parseIpJsonLink,
  parseIpJsonNeigh,
  parseIpJsonRoute,
  parseIpJsonRule,
  parseIpRouteText,
  parseIpRuleText,
  printConntrack,
  printIpJsonAddr,
  printIpJsonLink,
  printIpJsonNeigh,
  printIpJsonRoute,
  printIpJsonRule,
  showAddresses,
  showLinks,
  showNeighbours,
  showRoutes,
  showRules,
} from '../../src/linux/index.ts';
import { inNetns, kernelTest } from './kernel.ts';

const LINKS = `
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
ip link set lo up
ip link add eth0 type veth peer name host0
ip link set host0 up; ip link set eth0 up mtu 9001
`;
const ADDRESSES = `
ip addr add 10.0.1.5/24 brd + dev eth0
ip addr add 10.0.1.6/24 dev eth0
ip addr add 10.9.0.1/32 dev host0
ip addr add 10.8.0.1 peer 10.8.0.2/32 dev host0
ip addr add 10.7.0.0/31 dev host0
ip addr add fd00::5/64 dev eth0 nodad
ip addr add fd01::5/128 dev eth0 nodad
sleep 0.3
`;
const ROUTES = `
ip route add default via 10.0.1.1 dev eth0 proto dhcp src 10.0.1.5 metric 512
ip route add 10.2.0.0/16 nexthop via 10.0.1.2 dev eth0 weight 2 nexthop via 10.0.1.3 dev eth0
ip route add 169.254.1.1 dev host0 scope link table 2
ip route add default via 169.254.9.9 dev host0 onlink table 100 mtu 1400
ip route add 10.12.0.0/16 via 10.0.1.1 dev eth0 mtu 1300 advmss 900 hoplimit 33 initcwnd 20 initrwnd 30 quickack 1
ip route add 10.13.0.0/16 via 10.0.1.1 dev eth0 window 1000 rtt 100ms reordering 4 ssthresh 9 features ecn congctl cubic
ip route add unreachable 10.3.0.0/16
ip route add blackhole 10.4.0.0/16 metric 5
ip route add prohibit 10.5.0.0/16
ip route add throw 10.6.0.0/16 table 7
ip -6 route add unreachable fd99::/64
ip -6 route add default via fd00::1 dev eth0
ip -6 route add fd56::/64 via fd00::1 dev eth0 hoplimit 9 mtu 1300
ip -6 route add fd55::/64 nexthop via fd00::2 dev eth0 nexthop via fd00::3 dev eth0
`;
const RULES = `
ip rule add from all to 10.0.1.51 lookup main pref 512
ip rule add fwmark 0x80/0x80 lookup main pref 1024
ip rule add not from 10.0.0.0/24 to 10.1.0.0/16 iif lo oif lo lookup 2 pref 1536
ip rule add from 10.0.1.7 ipproto tcp sport 1-5 dport 80 lookup 3 pref 1600
ip rule add from all lookup main suppress_prefixlength 0 pref 1700
ip rule add from all tos 0x10 fwmark 5 goto 32766 pref 1800
ip rule add from all uidrange 1-2 lookup 5 pref 1801
ip rule add from all nop pref 1802
ip rule add from all unreachable pref 1803
ip rule add from 10.0.0.1 prohibit pref 1804
ip rule add from all goto 9999 pref 1806
ip rule add from 1.2.3.4 blackhole pref 1807 protocol static
ip -6 rule add from fd00::/64 lookup 9 pref 100
`;
const NEIGHBOURS = `
ip neigh add 10.0.1.9 lladdr 02:00:00:00:00:01 nud permanent dev eth0
ip neigh add 10.0.1.10 lladdr 02:00:00:00:00:01 nud stale dev eth0
ip neigh add fd00::9 lladdr 02:00:00:00:00:01 nud permanent dev eth0
`;

/** Runs `setup`, then each command; the outputs, in order. */
function outputs(setup: string, ...commands: readonly string[]): readonly string[] {
  const script = `${setup}\n${commands.map((command) => `${command}; echo '#next#'`).join('\n')}`;
  return inNetns(script).split('#next#\n');
}

/** What was read, wherever it was written. */
const read = <T extends { readonly written?: unknown }>({
  value,
  issues,
}: {
  readonly value: readonly T[];
  readonly issues: readonly unknown[];
}) => ({ value: value.map(({ written: _, ...entry }) => entry), issues });

/** What ip prints, without the blanks it leaves at line ends. */
const trimmed = (text = ''): string => text.replace(/ +$/gm, '');

kernelTest('links and addresses print as ip prints them, and survive our JSON', () => {
  const [links = '', addrs = '', linkText, addrText] = outputs(
    LINKS + ADDRESSES,
    'ip -d -j link',
    'ip -j addr',
    'ip link',
    'ip addr',
  );
  const parsed = parseIpJsonLink(links, 'ip-link.json');
  const addresses = parseIpJsonAddr(addrs, 'ip-addr.json');
  expect([...parsed.issues, ...addresses.issues]).toEqual([]);
  expect(showLinks(parsed.value)).toBe(trimmed(linkText));
  expect(showAddresses(parsed.value, addresses.value)).toBe(trimmed(addrText).replace(/ nodad$/gm, ''));
  expect(read(parseIpJsonLink(printIpJsonLink(parsed.value), 'x'))).toEqual(read(parsed));
  expect(parseIpJsonAddr(printIpJsonAddr(addresses.value), 'x')).toEqual({ value: addresses.value, issues: [] });
});

kernelTest('routes print as ip prints them, read back from its text, and survive our JSON', () => {
  for (const detail of ['', '-d ']) {
    const [v4 = '', v6 = '', text, main, table] = outputs(
      LINKS + ADDRESSES + ROUTES,
      `ip ${detail}-4 -j route show table all`,
      `ip ${detail}-6 -j route show table all`,
      'ip -4 route show table all; ip -6 route show table all',
      'ip -4 route; ip -6 route',
      'ip route show table 100',
    );
    const four = parseIpJsonRoute(v4, 'ip-route.json', 4);
    const six = parseIpJsonRoute(v6, 'ip-route.json', 6);
    expect([...four.issues, ...six.issues]).toEqual([]);
    const only4 = four.value.filter((route) => route.family === 4);
    const routes = [...only4, ...six.value];
    expect(routes.length).toBeGreaterThan(25);
    expect(showRoutes(routes, 'all')).toBe(trimmed(text));
    expect(showRoutes(routes, 'main')).toBe(trimmed(main));
    expect(showRoutes(only4, '100')).toBe(trimmed(table));
    const all = read({ value: routes, issues: [] });
    expect(read(parseIpJsonRoute(printIpJsonRoute(routes), 'x'))).toEqual(all);
    expect(read(parseIpRouteText(showRoutes(routes, 'all'), 'x'))).toEqual(all);
  }
});

kernelTest('rules print as ip rule prints them, and survive our JSON and its text', () => {
  const [v4 = '', v6 = '', text4, text6] = outputs(
    LINKS + RULES,
    'ip -j rule',
    'ip -6 -j rule',
    'ip rule',
    'ip -6 rule',
  );
  const both = parseIpJsonRule(v4 + v6, 'ip-rule.json');
  expect(both.issues.map((issue) => issue.message)).toEqual(['Rule 1801 has what is not modelled: uidrange 1-2']);
  expect(showRules(both.value, 4)).toBe(trimmed(text4));
  expect(showRules(both.value, 6)).toBe(trimmed(text6));
  expect(read(parseIpJsonRule(printIpJsonRule(both.value), 'x')).value).toEqual(read(both).value);
  const rules4 = both.value.filter((rule) => rule.family === 4);
  expect(read(parseIpRuleText(trimmed(text4), 'x', 4))).toEqual(read({ value: rules4, issues: [] }));
});

kernelTest('the kernel starts with the rules kernelRules says', () => {
  const [text4, text6] = outputs('', 'ip rule', 'ip -6 rule');
  expect(showRules(kernelRules(4), 4)).toBe(trimmed(text4));
  expect(showRules(kernelRules(6), 6)).toBe(trimmed(text6));
});

kernelTest('neighbours print as ip neigh prints them', () => {
  const [json = '', text] = outputs(LINKS + ADDRESSES + NEIGHBOURS, 'ip -j neigh', 'ip neigh');
  const parsed = parseIpJsonNeigh(json, 'ip-neigh.json');
  expect(parsed.issues).toEqual([]);
  expect(showNeighbours(parsed.value)).toBe(trimmed(text));
  expect(read(parseIpJsonNeigh(printIpJsonNeigh(parsed.value), 'x'))).toEqual(read(parsed));
});

kernelTest('kernelRoutes adds what the kernel adds for the same addresses', () => {
  for (const forwarding6 of [false, true]) {
    const setup = `${LINKS}sysctl -qw net.ipv6.conf.all.forwarding=${forwarding6 ? 1 : 0}\n${ADDRESSES}`;
    const [links = '', addrs = '', text] = outputs(
      setup,
      'ip -d -j link',
      'ip -j addr',
      'ip -4 route show table all; ip -6 route show table all',
    );
    const made = kernelRoutes(parseIpJsonAddr(addrs, 'a').value, parseIpJsonLink(links, 'l').value, { forwarding6 });
    const lines = (all: string): readonly string[] => all.trim().split('\n').sort();
    expect(lines(showRoutes(made, 'all'))).toEqual(lines(trimmed(text)));
  }
});

kernelTest('conntrack entries print as conntrack -L prints them', () => {
  const insert = [
    '-p tcp -s 10.0.1.51 -d 172.20.0.1 --sport 1234 --dport 80 -r 10.0.2.1 -q 10.0.1.51 --reply-port-src 8080 --reply-port-dst 1234 --state ESTABLISHED -t 3600 -u ASSURED -m 128',
    '-p tcp -s 10.0.1.51 -d 172.20.0.1 --sport 1236 --dport 80 --state SYN_SENT -t 120 -u SEEN_REPLY',
    '-p udp -s fd00::1 -d fd00::2 --sport 1235 --dport 53 -t 30 -w 3',
    '-p icmp -s 10.0.1.51 -d 172.20.0.1 --icmp-type 8 --icmp-code 0 --icmp-id 7 -t 30',
    '-p icmpv6 -s fd00::1 -d fd00::2 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 7 -t 30',
    '-p sctp -s 10.0.1.51 -d 172.20.0.1 --sport 1 --dport 2 --state ESTABLISHED --orig-vtag 1 --reply-vtag 2 -t 30',
  ].map((entry) => `conntrack -I ${entry} 2>/dev/null`);
  const [text = ''] = outputs(`command -v conntrack\n${insert.join('\n')}`, 'conntrack -L 2>&1');
  const listed = text.slice(text.indexOf('\n') + 1);
  const parsed = parseConntrack(listed, 'conntrack');
  expect(parsed.issues).toEqual([]);
  expect(parsed.value).toHaveLength(6);
  const dnat = parsed.value.find((entry) => entry.assured);
  expect([dnat?.srcNat, dnat?.dstNat, dnat?.mark]).toEqual([false, true, 128]);
  expect(printConntrack(parsed.value)).toBe(listed.replace(/^conntrack v.*\n/gm, ''));
});

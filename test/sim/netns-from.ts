import {
  type Address,
  kernelRoutes,
  kernelRules,
  type Link,
  type ListenSocket,
  type Neighbour,
  type Netns,
  type NetnsId,
  parseIpRouteText,
  parseIpRuleText,
  parseIptablesSave,
} from '../../src/linux/index.ts';
import { familyOf, ip, mac } from '../../src/net/index.ts';

/** Names of namespaces are plain text here. */
export const id = (name: string): NetnsId => name as NetnsId;

const macs = new Map<string, ReturnType<typeof mac>>();
export function macOf(name: string): ReturnType<typeof mac> {
  const known = macs.get(name) ?? mac(`0a:00:00:00:00:${(macs.size + 16).toString(16)}`);
  macs.set(name, known);
  return known;
}

interface NetnsText {
  /** `ens5 10.0.0.75/22`, one a line; a device with several addresses has several lines. */
  readonly addresses: string;
  readonly routes?: string;
  readonly rules?: string;
  readonly iptables?: string;
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly sockets?: readonly ListenSocket[];
  readonly neighbours?: readonly Neighbour[];
  readonly links?: readonly string[];
  readonly mtu?: number;
}

/** A namespace from the texts of its tools, with what the kernel adds by itself. */
export function netnsFrom(name: string, text: NetnsText): Netns {
  const addresses = text.addresses
    .trim()
    .split('\n')
    .map((line) => readAddress(line.trim()));
  const devices = [...new Set(['lo', ...addresses.map(({ dev }) => dev), ...(text.links ?? [])])];
  const links = devices.map((dev, at) => linkOf(name, dev, at + 1, text.mtu ?? 9001));
  const lo: Address = { dev: 'lo', family: 4, local: ip('127.0.0.1'), prefixlen: 8, scope: 'host' };
  const said = parseIpRouteText(text.routes ?? '', name, 4);
  const rules = parseIpRuleText(text.rules ?? '', name, 4);
  const ruleset = parseIptablesSave(text.iptables ?? '', name, 4);
  const issues = [...said.issues, ...rules.issues, ...ruleset.issues];
  if (issues.length > 0) throw new Error(issues.map((issue) => issue.message).join('; '));
  return {
    id: id(name),
    links,
    addresses: [lo, ...addresses],
    routes: [...kernelRoutes([lo, ...addresses], links), ...said.value],
    rules: [...kernelRules(4), ...rules.value, ...kernelRules(6)].sort((a, b) => a.priority - b.priority),
    neighbours: text.neighbours ?? [],
    sysctls: new Map(
      Object.entries({ 'net.ipv4.ip_default_ttl': '127', 'net.ipv4.conf.all.rp_filter': '0', ...text.sysctls }),
    ),
    iptables: { variant: 'nft', ip: ruleset.value, ip6: new Map() },
    nft: [],
    sockets: text.sockets ?? [],
    conntrack: [],
    unmodelled: [],
  };
}

function readAddress(line: string): Address {
  const [dev = '', text = ''] = line.split(' ');
  const [local = '', prefix = '32'] = text.split('/');
  return { dev, family: familyOf(ip(local)), local: ip(local), prefixlen: Number(prefix), scope: 'global' };
}

const linkOf = (name: string, dev: string, ifindex: number, mtu: number): Link => ({
  ifindex,
  ifname: dev,
  flags: dev === 'lo' ? ['LOOPBACK', 'UP', 'LOWER_UP'] : ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
  mtu: dev === 'lo' ? 65536 : mtu,
  qdisc: 'noqueue',
  operstate: 'UP',
  group: 'default',
  link_type: dev === 'lo' ? 'loopback' : 'ether',
  address: macOf(`${name} ${dev}`),
  broadcast: mac('ff:ff:ff:ff:ff:ff'),
});

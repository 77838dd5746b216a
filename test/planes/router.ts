import {
  type Address,
  type IpRule,
  kernelRoutes,
  kernelRules,
  type Link,
  type ListenSocket,
  LOCAL_TABLE,
  type Netns,
  type NetnsId,
  parseConntrack,
  parseIpRouteText,
  parseIpRuleText,
  parseIpsetSave,
  parseIptablesSave,
  parseIpvsadmSave,
  parseNftRuleset,
  parseSysctl,
} from '../../src/linux/index.ts';
import { cidrLast, cidrOf, familyOf, ip, mac } from '../../src/net/index.ts';

/**
 * The namespace of a case, in the words of the tools that would make it. Its devices are those its addresses name, in
 * that order, each with nothing known at its other end.
 */
export interface RouterText {
  /** `in0 10.1.0.1/24`, one a line; `in0` alone is a device without an address, `in0 mtu 1400` sets its MTU. */
  readonly addresses?: string;
  readonly routes?: string;
  readonly rules?: string;
  readonly iptables?: string;
  readonly ip6tables?: string;
  readonly nft?: string;
  /** `ipset save`. */
  readonly ipsets?: string;
  /** `ipvsadm-save -n`; no kernel of these tests has IPVS. */
  readonly ipvs?: string;
  readonly sysctl?: string;
  /** As `conntrack -L` prints entries. */
  readonly conntrack?: string;
  /** `tcp 80`, `udp 10.1.0.1 53`, one a line. */
  readonly sockets?: string;
}

export const ADDRESSES = 'in0 10.1.0.1/24\nout0 10.2.0.1/24';

/** What a walk can depend on and a new namespace does not reliably have: written on both planes, before the case's own. */
const SYSCTLS = `net.ipv4.ip_forward = 1
net.ipv6.conf.all.forwarding = 1
net.ipv6.icmp.ratelimit = 0
net.ipv4.ip_default_ttl = 64
net.ipv4.icmp_ratelimit = 0
net.ipv4.icmp_ratemask = 0
net.ipv4.icmp_msgs_per_sec = 1000000
net.ipv4.icmp_msgs_burst = 1000000
net.ipv4.ping_group_range = 0	2147483647
net.ipv4.tcp_synack_retries = 0
net.netfilter.nf_conntrack_tcp_be_liberal = 1
net.netfilter.nf_conntrack_tcp_ignore_invalid_rst = 1
net.netfilter.nf_conntrack_tcp_loose = 1
`;
const PER_DEVICE: Readonly<Record<string, string>> = {
  rp_filter: '0',
  send_redirects: '0',
  accept_local: '0',
  route_localnet: '0',
  src_valid_mark: '0',
};

/** The namespace as a value. Devices do not resolve addresses (NOARP), so that every next hop can be sent to at once. */
export function routerOf(text: RouterText): Netns {
  const lines = linesOf(text.addresses ?? ADDRESSES).map((line) => line.split(/\s+/));
  const own = lines.filter(([, word = '']) => word.includes('/')).map(([dev = '', word = '']) => addressOf(dev, word));
  const names = ['lo', ...new Set(lines.map(([dev = '']) => dev))];
  const mtus = new Map(lines.flatMap(([dev = '', word, mtu]) => (word === 'mtu' ? [[dev, Number(mtu)] as const] : [])));
  const links = names.map((name, at) => linkOf(name, at, mtus.get(name) ?? 1500));
  const family = speaks(own);
  const addresses = [...LOOPBACK[family], ...secondaries(own)];
  const routes = read(parseIpRouteText(text.routes ?? '', 'routes', family));
  const rules = read(parseIpRuleText(text.rules ?? '', 'rules', family));
  return {
    id: 'node/r' as NetnsId, // a name in the form of one
    links,
    addresses,
    routes: [...kernelRoutes(addresses, links, { forwarding6: true }), ...routes],
    rules: [...startRules(family, rules), ...rules].sort((a, b) => a.priority - b.priority),
    neighbours: [],
    sysctls: new Map([...sysctlsOf(names), ...read(parseSysctl(text.sysctl ?? '', 'sysctl'))]),
    iptables: {
      variant: 'nft',
      ip: read(parseIptablesSave(text.iptables ?? '', 'iptables-save', 4)),
      ip6: read(parseIptablesSave(text.ip6tables ?? '', 'ip6tables-save', 6)),
    },
    ...(text.ipsets === undefined ? {} : { ipsets: read(parseIpsetSave(text.ipsets, 'ipset-save')) }),
    ...(text.ipvs === undefined ? {} : { ipvs: read(parseIpvsadmSave(text.ipvs, 'ipvsadm-save')) }),
    nft: read(parseNftRuleset(text.nft ?? '', 'nft', () => false)),
    sockets: linesOf(text.sockets ?? '').map(socketOf),
    conntrack: read(parseConntrack(text.conntrack ?? '', 'conntrack')),
    unmodelled: [],
  };
}

/** A rule of the case for the local table stands instead of the kernel's. */
function startRules(family: 4 | 6, given: readonly IpRule[]): readonly IpRule[] {
  const isLocal = ({ action }: IpRule): boolean => action.kind === 'lookup' && action.table === LOCAL_TABLE;
  return given.some(isLocal) ? kernelRules(family).filter((rule) => !isLocal(rule)) : kernelRules(family);
}

/** A case's namespace speaks one family: that of its addresses. */
export const speaks = (addresses: readonly Address[]): 4 | 6 => (addresses.some(({ family }) => family === 6) ? 6 : 4);

const LO4: Address = { dev: 'lo', family: 4, local: ip('127.0.0.1'), prefixlen: 8, scope: 'host' };
const LO6: Address = { dev: 'lo', family: 6, local: ip('::1'), prefixlen: 128, scope: 'host' };
const LOOPBACK = { 4: [LO4], 6: [LO4, LO6] } as const;

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

function read<T>({
  value,
  issues,
}: {
  readonly value: T;
  readonly issues: readonly { readonly message: string }[];
}): T {
  const bad = issues.filter((issue) => !('severity' in issue) || issue.severity === 'error');
  if (bad.length > 0) throw new Error(bad.map(({ message }) => message).join('; '));
  return value;
}

function addressOf(dev: string, text: string): Address {
  const [local = '', prefix = '32'] = text.split('/');
  const at = ip(local);
  const prefixlen = Number(prefix);
  const broadcast = familyOf(at) === 4 && prefixlen < 31 ? { broadcast: cidrLast(cidrOf(at, prefixlen)) } : {};
  return { dev, family: familyOf(at), local: at, prefixlen, scope: 'global', ...broadcast };
}

/** A second address of the same subnet on a device is a secondary one (devinet.c __inet_insert_ifa). */
const secondaries = (addresses: readonly Address[]): Address[] =>
  addresses.map((address, at) => {
    const same = (each: Address): boolean =>
      each.family === 4 &&
      each.dev === address.dev &&
      each.prefixlen === address.prefixlen &&
      cidrOf(each.local, each.prefixlen).text === cidrOf(address.local, address.prefixlen).text;
    return address.family === 4 && addresses.slice(0, at).some(same) ? { ...address, secondary: true } : address;
  });

const linkOf = (name: string, at: number, mtu: number): Link => ({
  ifindex: at + 1,
  ifname: name,
  flags: name === 'lo' ? ['LOOPBACK', 'UP', 'LOWER_UP'] : ['BROADCAST', 'MULTICAST', 'NOARP', 'UP', 'LOWER_UP'],
  mtu: name === 'lo' ? 65536 : mtu,
  qdisc: 'noqueue',
  operstate: 'UP',
  group: 'default',
  link_type: name === 'lo' ? 'loopback' : 'ether',
  address: mac(`02:00:00:00:01:${at.toString(16).padStart(2, '0')}`),
  broadcast: mac('ff:ff:ff:ff:ff:ff'),
});

function sysctlsOf(devices: readonly string[]): ReadonlyMap<string, string> {
  const map = new Map(read(parseSysctl(SYSCTLS, 'defaults')));
  for (const dev of ['all', 'default', ...devices]) {
    for (const [key, value] of Object.entries(PER_DEVICE)) map.set(`net.ipv4.conf.${dev}.${key}`, value);
  }
  return map;
}

function socketOf(line: string): ListenSocket {
  const words = line.trim().split(/\s+/);
  const [protocol, port] = [words[0], Number(words.at(-1))];
  if (protocol !== 'tcp' && protocol !== 'udp') throw new Error(`A socket is tcp or udp, not "${line}"`);
  const [address = '', dev] = (words.length === 3 ? (words[1] ?? '') : '*').split('%');
  const local = address === '*' ? address : ip(address);
  return { protocol, local, port, ...(dev === undefined ? {} : { dev }), process: 'server' };
}

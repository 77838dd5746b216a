import type { Address, Link, Netns, NetnsId, Route } from '../linux/index.ts';
import { LOCAL_TABLE, MAIN_TABLE } from '../linux/index.ts';
import { type Cidr, cidr, cidrOf, defaultRoute, familyOf, type Ip, macFromBytes, ip as parse } from '../net/index.ts';

/** Ports an undeclared internet host answers on. What it would do on others, nobody can know from the input. */
const ANSWERS: readonly number[] = [22, 53, 80, 443];

/**
 * A public host nobody declared: one link, the address itself, everything else behind it, TTL 64, the usual ports
 * answered. It stands for "somewhere on the internet"; a Server document of kind `internet` replaces it.
 */
export function implicitInternetHost(address: Ip): Netns {
  const family = familyOf(address);
  const own = cidrOf(address);
  const loopback = family === 4 ? cidr('127.0.0.0/8') : cidr('::1/128');
  return {
    id: `internet/${address}` as NetnsId, // the name of an undeclared host is its address
    links: [lo, eth0],
    addresses: [
      inet('lo', parse(family === 4 ? '127.0.0.1' : '::1'), family === 4 ? 8 : 128, 'host'),
      inet('eth0', address, own.prefix, 'global'),
    ],
    routes: [
      local(loopback, 'lo'),
      local(own, 'eth0'),
      {
        type: 'unicast',
        family,
        dst: defaultRoute(family),
        table: MAIN_TABLE,
        dev: 'eth0',
        protocol: 'boot',
        scope: 'link',
        flags: [],
      },
    ],
    rules: [
      { priority: 0, family, not: false, action: { kind: 'lookup', table: LOCAL_TABLE } },
      { priority: 32766, family, not: false, action: { kind: 'lookup', table: MAIN_TABLE } },
    ],
    neighbours: [],
    sysctls: new Map([
      ['net.ipv4.ip_forward', '0'],
      ['net.ipv4.ip_default_ttl', '64'],
      ['net.ipv4.conf.all.rp_filter', '0'],
      ['net.ipv4.conf.eth0.rp_filter', '0'],
    ]),
    iptables: { variant: 'nft', ip: new Map(), ip6: new Map() },
    nft: [],
    sockets: ANSWERS.flatMap((port) => [
      { protocol: 'tcp' as const, local: '*' as const, port, process: 'internet' },
      { protocol: 'udp' as const, local: '*' as const, port, process: 'internet' },
    ]),
    conntrack: [],
    unmodelled: [],
  };
}

const link = (ifindex: number, ifname: string, flags: readonly string[], type: 'loopback' | 'ether'): Link => ({
  ifindex,
  ifname,
  flags,
  mtu: type === 'loopback' ? 65536 : 1500,
  qdisc: 'noqueue',
  operstate: type === 'loopback' ? 'UNKNOWN' : 'UP',
  group: 'default',
  link_type: type,
  address: macFromBytes([2, 0, 0, 0, 0, ifindex]),
  broadcast: macFromBytes([2, 255, 255, 255, 255, 255]),
});
const lo = link(1, 'lo', ['LOOPBACK', 'UP', 'LOWER_UP'], 'loopback');
const eth0 = link(2, 'eth0', ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'], 'ether');

const inet = (dev: string, local: Ip, prefixlen: number, scope: Address['scope']): Address => ({
  dev,
  family: familyOf(local),
  local,
  prefixlen,
  scope,
});

const local = (dst: Cidr, dev: string): Route => ({
  type: 'local',
  family: dst.family,
  dst,
  table: LOCAL_TABLE,
  dev,
  protocol: 'kernel',
  scope: 'host',
  flags: [],
});

import type { Address, Link, Netns } from '../../../linux/index.ts';
import { cidrFirst, type Family } from '../../../net/index.ts';
import type { Lines } from '../lines.ts';

/** What a veth pair cannot be of a World's device, and the settings it takes once it exists. */
export function planLinks(netns: Netns, lines: Lines): void {
  for (const link of netns.links) {
    if (link.ifname === 'lo') {
      if (link.flags.includes('UP')) lines.add('link', 'set', 'dev', 'lo', 'up');
      if (link.mtu !== 65536) lines.add('link', 'set', 'dev', 'lo', 'mtu', link.mtu);
      continue;
    }
    if (link.group !== 'default') lines.add('link', 'set', 'dev', link.ifname, 'group', link.group);
    if (link.txqlen !== undefined && link.txqlen !== 1000)
      lines.add('link', 'set', 'dev', link.ifname, 'txqueuelen', link.txqlen);
    if (link.flags.includes('NOARP')) lines.add('link', 'set', 'dev', link.ifname, 'arp', 'off');
    for (const name of link.altnames ?? []) lines.add('link', 'property', 'add', 'dev', link.ifname, 'altname', name);
    const gap = linkGap(link);
    if (gap !== undefined) lines.gap(`${link.ifname}: ${gap}`, 'every device of the lab is one end of a veth pair');
    if (link.master !== undefined) lines.gap(`${link.ifname} master ${link.master}`, 'no device of the lab is a port');
  }
}

function linkGap(link: Link): string | undefined {
  if (link.link_type !== 'ether') return `link type ${link.link_type}`;
  if (link.info_kind !== undefined && link.info_kind !== 'veth') return `a ${link.info_kind} device`;
  if (link.flags.includes('POINTOPOINT')) return `flags ${link.flags.join(', ')}`;
  if (link.broadcast !== 'ff:ff:ff:ff:ff:ff') return `broadcast ${link.broadcast}`;
  return undefined;
}

/**
 * Addresses so that they stand in the World's order. It decides which IPv4 address is secondary (devinet.c
 * __inet_insert_ifa) and which of equal IPv6 sources is taken; an IPv6 address goes before those of its scope
 * (addrconf.c ipv6_link_dev_addr), so the last is added first.
 */
export function planAddresses(netns: Netns, family: Family, lines: Lines): void {
  const up = netns.links.some((link) => link.ifname === 'lo' && link.flags.includes('UP'));
  const wanted = netns.addresses.filter((address) => address.family === family);
  const loopback = wanted.find(isLoopbacks);
  if (loopback === undefined && up && (family === 4 || wanted.length > 0))
    lines.add('addr', 'del', family === 4 ? '127.0.0.1/8' : '::1/128', 'dev', 'lo');
  const devices = new Set(netns.links.map(({ ifname }) => ifname));
  for (const address of family === 6 ? wanted.toReversed() : wanted)
    if (!devices.has(address.dev)) lines.gap(`address ${address.local}`, `its device ${address.dev} is not there`);
    else if (address !== loopback || !up) lines.add('addr', 'add', ...addressWords(address));
}

/** What `lo` gets by being raised. */
const isLoopbacks = ({ dev, local, prefixlen }: Address): boolean =>
  dev === 'lo' && (local === '::1' || (local === '127.0.0.1' && prefixlen === 8));

export function addressWords(address: Address): readonly (string | number)[] {
  const { dev, local, prefixlen, peer, broadcast, label, scope, family } = address;
  return [
    ...(peer === undefined ? [`${local}/${prefixlen}`] : [local, 'peer', `${cidrFirst(peer)}/${prefixlen}`]),
    ...(broadcast === undefined ? [] : ['brd', broadcast]),
    ...(family === 4 ? ['scope', scope] : []),
    ...(label === undefined || label === dev ? [] : ['label', label]),
    'dev',
    dev,
  ];
}

/** Entries the World knows are held permanent: the lab asks nobody for what is known. */
export function planNeighbours(netns: Netns, family: Family, lines: Lines): void {
  for (const { dst, dev, lladdr, state } of netns.neighbours) {
    if ((family === 6) !== dst.includes(':')) continue;
    if (lladdr === undefined)
      lines.gap(`neighbour ${dst} dev ${dev} ${state}`, 'an entry without an address ages away');
    else lines.add('neigh', 'replace', dst, 'dev', dev, 'lladdr', lladdr, 'nud', 'permanent');
  }
}

import { type Cidr, cidrContains, type Family, type Ip, type Mac } from '../../../net/index.ts';
import { block, collection, identifier, table } from './nft-text.ts';
import type { Port } from './port.ts';

/**
 * What a VPC does to frames, as one netdev table on the far ends of its ENIs:
 *
 *     from an ENI:  ARP is answered with the owner's MAC · the source must be the ENI's own · a frame to the MAC of an
 *                   ENI of the subnet goes straight there · a frame to the router's MAC goes on to the route tables
 *     to an ENI:    the destination must be the ENI's own
 *
 * For the resolver its router answers. (EC2 guide, source/destination checking; VPC guide, route tables.) No kernel answers ARP here: `arp_ignore` is 8.
 */
export function mappingService(ports: readonly Port[], resolvers: readonly Ip[]): string {
  const subnets = new Map<string, Port[]>();
  for (const port of ports) {
    const siblings = subnets.get(port.subnet.id) ?? [];
    subnets.set(port.subnet.id, siblings);
    siblings.push(port);
  }
  return table('netdev', 'vpc', [
    collection(
      'set',
      'owned4',
      'iface_index . ipv4_addr',
      ports.flatMap((port) => owned(port, 4)),
      true,
    ),
    collection(
      'set',
      'owned6',
      'iface_index . ipv6_addr',
      ports.flatMap((port) => owned(port, 6)),
      true,
    ),
    ...[...subnets].flatMap(([id, members]) => ofSubnet(identifier(id), members, resolvers)),
    ...hookChains('arrive', 'egress', ports, [
      'meta protocol ip oif . ip daddr != @owned4 drop',
      `meta protocol ip6 ip6 daddr != ${LINK_SCOPE} oif . ip6 daddr != @owned6 drop`,
    ]),
  ]);
}

const LINK_SCOPE = '{ ::, fe80::/10, ff00::/8 }';
const ANY: Readonly<Record<Family, string>> = { 4: '0.0.0.0/0', 6: '::/0' };

/** Without the check an ENI may send from, and receive for, everybody. */
const owned = ({ dev, owned: blocks, sourceDestCheck }: Port, family: Family): readonly string[] =>
  sourceDestCheck
    ? blocks.filter((each) => each.family === family).map((each) => `"${dev}" . ${each.text}`)
    : [`"${dev}" . ${ANY[family]}`];

function ofSubnet(id: string, ports: readonly Port[], resolvers: readonly Ip[]): readonly (readonly string[])[] {
  const answers = arpAnswers(ports, resolvers);
  return [
    collection(
      'set',
      `known_${id}`,
      'ipv4_addr',
      answers.map(([address]) => address),
      true,
    ),
    collection(
      'map',
      `mac_${id}`,
      'ipv4_addr : ether_addr',
      answers.map((pair) => pair.join(' : ')),
      true,
    ),
    collection(
      'map',
      `card_${id}`,
      'ether_addr : iface_index',
      ports.map(({ mac, dev }) => `${mac} : "${dev}"`),
    ),
    block(`chain arp_${id}`, [
      'arp operation != request drop',
      `arp daddr ip != @known_${id} drop`,
      ...arpReply([`arp saddr ether set arp daddr ip map @mac_${id}`]),
    ]),
    ...hookChains(`leave_${id}`, 'ingress', ports, [
      `meta protocol arp goto arp_${id}`,
      'meta protocol ip iif . ip saddr != @owned4 drop',
      `meta protocol ip6 ip6 saddr != ${LINK_SCOPE} iif . ip6 saddr != @owned6 drop`,
      `fwd to ether daddr map @card_${id}`,
    ]),
  ];
}

/** Devices one chain can be on (include/net/netfilter/nf_tables.h, NFT_NETDEVICE_MAX). */
const MOST_DEVICES = 256;

/** Chains of the same rules on all the ports. */
function hookChains(
  name: string,
  hook: 'ingress' | 'egress',
  ports: readonly Port[],
  rules: readonly string[],
): readonly (readonly string[])[] {
  const chains: (readonly string[])[] = [];
  for (let from = 0; from < ports.length; from += MOST_DEVICES) {
    const devices = ports.slice(from, from + MOST_DEVICES).map((port) => port.dev);
    const head = `type filter hook ${hook} devices = { ${devices.join(', ')} } priority 0; policy accept`;
    chains.push(block(`chain ${name}${from === 0 ? '' : `_${from}`}`, [head, ...rules]));
  }
  return chains;
}

/** Who has which address of a subnet: the router and every ENI; a block is said once. */
function arpAnswers(ports: readonly Port[], resolvers: readonly Ip[]): readonly (readonly [string, Mac])[] {
  const answers = new Map<string, Mac>();
  for (const { subnet } of ports) {
    answers.set(subnet.router, subnet.routerMac);
    for (const address of resolvers)
      if (subnet.cidrs.some((block) => cidrContains(block, address))) answers.set(address, subnet.routerMac);
  }
  for (const { owned: blocks, mac } of ports)
    for (const each of blocks) if (each.family === 4) answers.set(addressText(each), mac);
  return [...answers];
}

const addressText = (of: Cidr): Ip | string => (of.prefix === 32 ? of.text.slice(0, -3) : of.text);

/**
 * Turns an ARP request into its reply and sends it back where it came from. The asker's address waits in the Ethernet
 * header while the two addresses change places (RFC 826; nft(8), raw payload expressions).
 */
export const arpReply = (setSender: readonly string[]): readonly string[] => [
  '@ll,0,32 set @nh,112,32',
  'arp daddr ether set arp saddr ether',
  ...setSender,
  '@nh,112,32 set @nh,192,32',
  '@nh,192,32 set @ll,0,32',
  'arp operation set reply',
  'ether daddr set arp daddr ether',
  'ether saddr set arp saddr ether',
  'fwd to iif',
];

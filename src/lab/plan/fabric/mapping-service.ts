import { IPV6_ROUTER, type Subnet } from '../../../fabric/index.ts';
import { type Cidr, cidrFirst, cidrOf, type Family, type Ip, isHostCidr, type Mac } from '../../../net/index.ts';
import { arpReply, isAskedFor, neighbourAdvert } from './answer-neighbours.ts';
import type { LoweredFilters } from './filters/lower-filters.ts';
import { type KeptClients, keptChains, keptRules } from './load-balancers/kept-clients.ts';
import { block, collection, identifier, table } from './nft-text.ts';
import type { Port } from './port.ts';

/**
 * What a VPC does to frames, as one netdev table on the far ends of its ENIs:
 *
 *     from an ENI:  a question for a neighbour is answered with the owner's MAC · the source must be the ENI's own · an answer
 *                   to a client a load balancer sent on goes to the load balancer's ENI · a frame to the MAC of an ENI of
 *                   the subnet goes straight there · one to the router's goes on to the route tables
 *     to an ENI:    the destination must be the ENI's own
 *
 * and beside these checks what filters it: `lowerFilters`.
 *
 * (EC2 guide, source/destination checking; VPC guide, route tables.) Addresses of the subnet that no ENI owns are answered
 * for with the router's MAC, the resolver's and the router's own among them: what is sent there dies in the VPC, unheard.
 * No kernel answers ARP here: `arp_ignore` is 8.
 */
export function mappingService(
  ports: readonly Port[],
  kept: readonly KeptClients[],
  filters: LoweredFilters | undefined,
): string {
  const subnets = new Map<string, Port[]>();
  for (const port of ports) subnets.set(port.subnet.id, [...(subnets.get(port.subnet.id) ?? []), port]);
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
    ...keptChains(kept),
    ...(filters?.parts ?? []),
    ...[...subnets.values()].flatMap((members) =>
      members[0] === undefined ? [] : ofSubnet(members[0].subnet, members, keptRules(kept), filters),
    ),
    ...(filters === undefined ? hookChains('arrive', 'egress', ports, ownDestination) : []),
  ]);
}

const LINK_SCOPE = '{ ::, fe80::/10, ff00::/8 }';

const ownDestination: readonly string[] = [
  'meta protocol ip oif . ip daddr != @owned4 drop',
  `meta protocol ip6 ip6 daddr != ${LINK_SCOPE} oif . ip6 daddr != @owned6 drop`,
];

const ANY: Readonly<Record<Family, string>> = { 4: '0.0.0.0/0', 6: '::/0' };

/** Without the check an ENI may send from, and receive for, everybody. */
const owned = ({ dev, owned: blocks, sourceDestCheck }: Port, family: Family): readonly string[] =>
  sourceDestCheck
    ? blocks.filter((each) => each.family === family).map((each) => `"${dev}" . ${each.text}`)
    : [`"${dev}" . ${ANY[family]}`];

function ofSubnet(
  subnet: Subnet,
  ports: readonly Port[],
  kept: readonly string[],
  filters: LoweredFilters | undefined,
): readonly (readonly string[])[] {
  const id = identifier(subnet.id);
  const blocks = (family: Family): readonly Cidr[] => subnet.cidrs.filter((each) => each.family === family);
  const own4 = blocks(4).map(({ text }) => text);
  return [
    macsOf(`mac4_${id}`, ports, 4),
    collection(
      'map',
      `card_${id}`,
      'ether_addr : iface_index',
      ports.map(({ mac, dev }) => `${mac} : "${dev}"`),
    ),
    block(`chain arp_${id}`, [
      own4.length === 0 ? 'drop' : `arp daddr ip != { ${own4.join(', ')} } drop`,
      ...arpReply([subnet.routerMac, `arp daddr ip map @mac4_${id}`]),
    ]),
    ...(blocks(6).length === 0
      ? []
      : [
          macsOf(`mac6_${id}`, ports, 6),
          block(`chain discovery_${id}`, neighbourAdvert([subnet.routerMac, `ip6 saddr map @mac6_${id}`])),
        ]),
    ...hookChains(`leave_${id}`, 'ingress', ports, [
      `meta protocol arp goto arp_${id}`,
      'meta protocol ip iif . ip saddr != @owned4 drop',
      `meta protocol ip6 ip6 saddr != ${LINK_SCOPE} iif . ip6 saddr != @owned6 drop`,
      ...(blocks(6).length === 0 ? [] : [...blocks(6), cidrOf(IPV6_ROUTER)]).map(
        (each) => `${isAskedFor(each)} goto discovery_${id}`,
      ),
      ...(filters?.leaving(subnet) ?? []),
      ...kept,
      `fwd to ether daddr map @card_${id}`,
    ]),
    ...(filters === undefined
      ? []
      : hookChains(`arrive_${id}`, 'egress', ports, [...ownDestination, ...filters.arriving(subnet)])),
  ];
}

/** Who has which address of a subnet, ENI by ENI; a block is said once. */
function macsOf(name: string, ports: readonly Port[], family: Family): readonly string[] {
  const macs = new Map<string, Mac>();
  for (const { owned: blocks, mac } of ports)
    for (const each of blocks) if (each.family === family) macs.set(addressText(each), mac);
  const elements = [...macs].map(([address, mac]) => `${address} : ${mac}`);
  return collection('map', name, `${family === 4 ? 'ipv4_addr' : 'ipv6_addr'} : ether_addr`, elements, true);
}

const addressText = (of: Cidr): Ip | string => (isHostCidr(of) ? cidrFirst(of) : of.text);

/**
 * Devices one chain can be on: with the 256th, NFT_NETDEVICE_MAX, the list is refused as EFBIG (net/netfilter/nf_tables_api.c,
 * nf_tables_parse_netdev_hooks).
 */
const MOST_DEVICES = 255;

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

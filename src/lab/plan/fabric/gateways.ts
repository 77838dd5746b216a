import type { Eni, NatGateway, Vpc } from '../../../fabric/index.ts';
import { cidrContains, familyOf, type Ip, linkLocal, type Mac } from '../../../net/index.ts';
import { macFor } from '../cables.ts';
import type { FabricNetns } from './fabric-netns.ts';
import { join, type Lowering, type Via } from './lowering.ts';
import { block, collection, table } from './nft-text.ts';
import type { VpcNetns } from './vpc.ts';

/** Of every way out of a VPC to the internet (EC2 guide, network MTU). */
const INTERNET_MTU = 1500;
/** Of what a NAT gateway carries (VPC guide, NAT gateway basics). */
const NAT_MTU = 8500;
const ENI_MTU = 9001;
/** Seconds an idle connection is remembered (VPC guide, NAT gateways). */
const NAT_IDLE = '350';

/** The device of a part of the fabric that is itself an ENI of a VPC. */
export const CARD = 'eth0';

/**
 * A NAT gateway: a hop of its own that takes TCP, UDP and ICMP, gives them its private address and a port from 1024 up, and
 * lets nothing in uninvited (VPC guide, NAT gateways). The public address is the internet gateway's business.
 */
export function lowerNatGateway(on: Lowering, vpc: VpcNetns, gateway: NatGateway): void {
  const at = on.netns(gateway.id, `nat-gateway/${gateway.id}`, 'counted');
  const subnet = on.fabric.subnets.find((each) => each.id === gateway.subnet);
  if (subnet === undefined) return;
  const known = on.fabric.enis.find((eni) => eni.owner === `nat-gateway/${gateway.id}`);
  const mac = known?.mac ?? macFor(at.label);
  const far = on.wiring.device({ netns: at.name, wanted: CARD, mac, mtu: ENI_MTU });
  const eni = {
    id: known?.id ?? gateway.id,
    subnet: subnet.id,
    addresses: [gateway.privateIp],
    prefixes: [],
    mac,
    sourceDestCheck: false,
    securityGroups: known?.securityGroups ?? [],
    mtu: ENI_MTU,
  };
  vpc.plugNatGateway(gateway, eni, far);
  planCard(at, { dev: CARD, addresses: eni.addresses, router: subnet.router, routerMac: subnet.routerMac }, NAT_MTU);
  for (const name of ['tcp_timeout_established', 'udp_timeout', 'udp_timeout_stream', 'icmp_timeout'])
    at.set(`net.netfilter.nf_conntrack_${name}`, NAT_IDLE);
  at.set('net.netfilter.nf_conntrack_tcp_loose', '0');
  at.nft.push(
    table('ip', 'gateway', [
      block('chain input', ['type filter hook input priority 0; policy drop']),
      block('chain forward', [
        'type filter hook forward priority 0; policy accept',
        'ip protocol != { tcp, udp, icmp } drop',
        'ct state invalid ip protocol tcp tcp flags & rst == 0 reject with tcp reset',
        'ct state invalid drop',
      ]),
      block('chain postrouting', [
        'type nat hook postrouting priority 100; policy accept',
        `ip protocol { tcp, udp } snat to ${gateway.privateIp}:1024-65535 fully-random`,
        `ip protocol icmp snat to ${gateway.privateIp}`,
      ]),
    ]),
  );
}

interface Card {
  readonly dev: string;
  readonly addresses: readonly Ip[];
  readonly router: Ip;
  readonly routerMac: Mac;
}

/** A device with its addresses and the subnet's router as the only way. */
export function planCard(at: FabricNetns, card: Card, mtu?: number, routeTable?: number): void {
  const { dev, router, routerMac } = card;
  for (const address of card.addresses)
    at.of(familyOf(address)).add('addr', 'add', `${address}/${familyOf(address) === 4 ? 32 : 128}`, 'dev', dev);
  const limit = mtu === undefined ? [] : ['mtu', mtu];
  const into = routeTable === undefined ? [] : ['table', routeTable];
  for (const family of new Set(card.addresses.map(familyOf))) {
    const hop = family === 4 ? router : linkLocal(routerMac);
    at.of(family).add('neigh', 'replace', hop, 'dev', dev, 'lladdr', routerMac, 'nud', 'permanent');
    const onlink = family === 4 ? ['onlink'] : [];
    at.of(family).add('route', 'append', 'default', 'via', hop, 'dev', dev, ...onlink, ...into, ...limit);
  }
}

/**
 * An internet gateway: public for private and back, one to one, ports untouched; what has no public address stays inside
 * (VPC guide, internet gateways). IPv6 passes as it is.
 */
export function lowerInternetGateway(
  on: Lowering,
  id: string,
  vpc: VpcNetns,
  of: Vpc,
  internet: FabricNetns,
): { readonly fromVpc: Via; readonly fromInternet: Via; readonly publics: readonly Ip[] } {
  const at = on.netns(id, `internet-gateway/${id}`);
  const inside = join(on, vpc.netns, at, { a: id, b: 'vpc', mtu: INTERNET_MTU });
  const outside = join(on, internet, at, { a: id, b: 'internet', mtu: INTERNET_MTU });
  for (const family of [4, 6] as const) {
    at.of(family).add('route', 'add', 'default', ...outside.toA[family]);
    for (const cidr of of.cidrs)
      if (cidr.family === family) at.of(family).add('route', 'add', cidr.text, ...inside.toA[family]);
  }
  const pairs = publicPairs(on, of);
  at.nft.push(
    ...gatewayTables(pairs, inside.b.dev, outside.b.dev),
    ...denials(at, on, of, inside.b.dev, outside.b.dev),
  );
  return { fromVpc: inside.toB, fromInternet: outside.toB, publics: pairs.map(([, address]) => address) };
}

/** Private and public address of everything in a VPC that has both. */
function publicPairs({ fabric }: Lowering, vpc: Vpc): readonly (readonly [Ip, Ip])[] {
  const subnets = new Set(fabric.subnets.filter((subnet) => subnet.vpc === vpc.id).map((subnet) => subnet.id));
  const ofEnis = fabric.enis.filter((eni: Eni) => subnets.has(eni.subnet)).flatMap((eni) => [...eni.publicAddresses]);
  const ofGateways = fabric.natGateways.flatMap(({ subnet, privateIp, publicIp }) =>
    subnets.has(subnet) && publicIp !== null ? [[privateIp, publicIp] as const] : [],
  );
  return [...new Map([...ofEnis, ...ofGateways])].filter(([inside]) => familyOf(inside) === 4);
}

/** What it carries nothing of, in or out: ENIs with DenyAllIgwTraffic. */
function denials(at: FabricNetns, { fabric }: Lowering, vpc: Vpc, inside: string, internet: string): readonly string[] {
  const subnets = new Set(fabric.subnets.filter((subnet) => subnet.vpc === vpc.id).map((subnet) => subnet.id));
  const enis = fabric.enis.filter(({ subnet, denyAllIgwTraffic }) => denyAllIgwTraffic === true && subnets.has(subnet));
  for (const { owner, publicAddresses } of enis)
    for (const address of publicAddresses.values())
      at.gap(`${address} of ${owner}, which is closed to gateways`, 'the model does not decide it either');
  const denied = enis.flatMap(({ addresses, prefixes }) => [
    ...prefixes.filter(({ family }) => family === 6).map(({ text }) => text),
    ...addresses.filter((each) => familyOf(each) === 6 && !prefixes.some((prefix) => cidrContains(prefix, each))),
  ]);
  if (denied.length === 0) return [];
  return [
    table('ip6', 'gateway', [
      collection('set', 'denied', 'ipv6_addr', denied, true),
      block('chain forward', [
        'type filter hook forward priority 0; policy accept',
        `iifname "${inside}" oifname "${internet}" ip6 saddr @denied drop`,
        `iifname "${internet}" oifname "${inside}" ip6 daddr @denied drop`,
      ]),
    ]),
  ];
}

function gatewayTables(pairs: readonly (readonly [Ip, Ip])[], vpc: string, internet: string): readonly string[] {
  const nat = table('ip', 'gateway', [
    collection(
      'map',
      'outside',
      'ipv4_addr : ipv4_addr',
      pairs.map(([a, b]) => `${a} : ${b}`),
    ),
    collection(
      'map',
      'inside',
      'ipv4_addr : ipv4_addr',
      pairs.map(([a, b]) => `${b} : ${a}`),
    ),
    collection(
      'set',
      'mapped',
      'ipv4_addr',
      pairs.map(([a]) => a),
    ),
    block('chain prerouting', [
      'type nat hook prerouting priority -100; policy accept',
      `iifname "${internet}" dnat to ip daddr map @inside`,
    ]),
    block('chain forward', [
      'type filter hook forward priority 0; policy drop',
      `iifname "${vpc}" oifname "${internet}" ct state != invalid ip saddr @mapped accept`,
      `iifname "${internet}" oifname "${vpc}" ct state != invalid ip daddr @mapped accept`,
    ]),
    block('chain postrouting', [
      'type nat hook postrouting priority 100; policy accept',
      `oifname "${internet}" snat to ip saddr map @outside`,
    ]),
  ]);
  const input = table('inet', 'router', [
    block('chain input', [
      'type filter hook input priority 0; policy drop',
      'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
    ]),
  ]);
  return [nat, input];
}

/** IPv6 out, and only the answers back in (VPC guide, egress-only internet gateways). */
export function lowerEgressOnlyGateway(
  on: Lowering,
  id: string,
  vpc: VpcNetns,
  of: Vpc,
  internet: FabricNetns,
): { readonly fromVpc: Via; readonly fromInternet: Via } {
  const at = on.netns(id, `egress-only-internet-gateway/${id}`);
  const inside = join(on, vpc.netns, at, { a: id, b: 'vpc', mtu: INTERNET_MTU });
  const outside = join(on, internet, at, { a: id, b: 'internet', mtu: INTERNET_MTU });
  at.ip6.add('route', 'add', 'default', ...outside.toA[6]);
  for (const cidr of of.cidrs) if (cidr.family === 6) at.ip6.add('route', 'add', cidr.text, ...inside.toA[6]);
  at.nft.push(
    table('ip6', 'gateway', [
      block('chain forward', [
        'type filter hook forward priority 0; policy drop',
        `iifname "${inside.b.dev}" oifname "${outside.b.dev}" accept`,
        `iifname "${outside.b.dev}" oifname "${inside.b.dev}" ct state established,related accept`,
      ]),
    ]),
  );
  return { fromVpc: inside.toB, fromInternet: outside.toB };
}

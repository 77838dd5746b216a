import { type Eni, eniServices, type Fabric, type Vpc } from '../../../fabric/index.ts';
import { connectNetworks } from './connections.ts';
import { lowerGatewayEndpoint } from './endpoints.ts';
import { lowerEgressOnlyGateway, lowerInternetGateway, lowerNatGateway, planCard } from './gateways.ts';
import { gateway6, Internet } from './internet.ts';
import { type BalancerNode, balancerNodes } from './load-balancers/balancer-nodes.ts';
import { lowerApplicationNode } from './load-balancers/lower-application.ts';
import { lowerNetworkNode } from './load-balancers/lower-network.ts';
import { join, type Lowering, type Via } from './lowering.ts';
import { block, table } from './nft-text.ts';
import { lowerPublicEndpoint } from './public-endpoints.ts';
import { VpcNetns } from './vpc.ts';

/**
 * A fabric as namespaces, and what they are connected by:
 *
 *     node ── vpc ── nat gateway · load balancer    (ENIs of the VPC like any other)
 *              │ └── resolver · control plane
 *              ├── internet gateway ── internet ── declared hosts · public endpoint · anyone
 *              ├── peered vpc
 *              └── transit gateway · vpn gateway ── customer gateway ── hosts
 */
export function lowerFabric(on: Lowering, loose: readonly { readonly netns: string; readonly dev: string }[]): void {
  const { fabric } = on;
  const vpcs = new Map(fabric.vpcs.map((vpc) => [vpc.id, new VpcNetns(on, vpc)]));
  const ways = new Map<string, Map<string, Via>>(fabric.vpcs.map((vpc) => [vpc.id, new Map()]));
  plugEnis(on, vpcs);
  for (const vpc of fabric.vpcs) plugResolver(on, vpcs.get(vpc.id), vpc);
  for (const node of balancerNodes(fabric)) lowerBalancer(on, vpcs, node);
  for (const { owner, ports } of eniServices(fabric)) lowerEniService(on, vpcs, owner, ports);
  connectPeerings(on, vpcs, ways);
  connectNetworks(on, vpcs, ways);
  const outside = [fabric.internetGateways, fabric.internetHosts, gatewayEndpoints(fabric), loose];
  if (outside.some((each) => each.length > 0)) connectInternet(on, vpcs, ways, loose);
  for (const [id, vpc] of vpcs) vpc.finish(ways.get(id) ?? new Map());
}

const vpcOf = (fabric: Fabric, subnet: string): string => fabric.subnets.find((each) => each.id === subnet)?.vpc ?? '';

function plugEnis(on: Lowering, vpcs: ReadonlyMap<string, VpcNetns>): void {
  const { fabric } = on;
  const balancers = new Set(balancerNodes(fabric).map(({ eni }) => eni.id));
  const isLowered = ({ id, owner }: Eni): boolean =>
    balancers.has(id) || /^(?:nat-gateway|control-plane|vpc-endpoint)\//.test(owner);
  for (const eni of fabric.enis) {
    const vpc = vpcs.get(vpcOf(fabric, eni.subnet));
    if (eni.attachment === null || vpc === undefined) {
      if (!isLowered(eni)) reportUnplugged(on, eni);
      continue;
    }
    const far = on.worldDevice(eni.attachment.netns, eni.attachment.dev);
    if (far === undefined) reportUnplugged(on, eni);
    else vpc.plug(eni, far);
  }
  for (const gateway of fabric.natGateways) {
    const vpc = vpcs.get(vpcOf(fabric, gateway.subnet));
    if (vpc !== undefined) lowerNatGateway(on, vpc, gateway);
  }
}

function lowerBalancer(on: Lowering, vpcs: ReadonlyMap<string, VpcNetns>, node: BalancerNode): void {
  const vpc = vpcs.get(node.subnet.vpc);
  if (vpc === undefined) return;
  if (node.loadBalancer.type === 'network') lowerNetworkNode(on, vpc, node);
  else lowerApplicationNode(on, vpc, node);
}

function reportUnplugged({ gaps }: Lowering, eni: Eni): void {
  gaps.push({
    where: `eni/${eni.id}`,
    what: [...eni.addresses, ...eni.publicAddresses.values()].join(', '),
    because: 'no namespace is behind it',
  });
}

/** It takes DNS and nothing else. */
function plugResolver(on: Lowering, vpc: VpcNetns | undefined, of: Vpc): void {
  if (vpc === undefined) return;
  const at = on.netns(`dns-${of.id}`, `resolver/${of.id}`, 'counted');
  vpc.plugResolver(at);
  at.nft.push(onlyPort('53', '{ tcp, udp }'));
}

const onlyPort = (port: string, protocols: string): string =>
  table('inet', 'service', [
    block('chain input', [
      'type filter hook input priority 0; policy drop',
      `meta l4proto ${protocols} th dport ${port} accept`,
      'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
      'ct state established,related accept',
    ]),
  ]);

/** The API server behind the control plane's ENIs, a service behind an endpoint's: one namespace, each card with its own way back. */
function lowerEniService(
  on: Lowering,
  vpcs: ReadonlyMap<string, VpcNetns>,
  owner: string,
  ports: readonly number[],
): void {
  const { fabric } = on;
  const at = on.netns(owner.slice(owner.indexOf('/') + 1), owner, 'counted');
  fabric.enis
    .filter((eni) => eni.owner === owner && eni.attachment === null)
    .forEach((eni, i) => {
      const subnet = fabric.subnets.find((each) => each.id === eni.subnet);
      const vpc = vpcs.get(subnet?.vpc ?? '');
      if (subnet === undefined || vpc === undefined) return;
      const far = on.wiring.device({ netns: at.name, wanted: eni.id, mac: eni.mac, mtu: eni.mtu });
      vpc.plug(eni, far);
      const routeTable = OWN_TABLE + i;
      planCard(
        at,
        { dev: far.dev, addresses: eni.addresses, router: subnet.router, routerMac: subnet.routerMac },
        undefined,
        routeTable,
      );
      for (const address of eni.addresses)
        at.of(address.includes(':') ? 6 : 4).add('rule', 'add', 'from', address, 'priority', 100, 'lookup', routeTable);
    });
  at.nft.push(onlyPort(`{ ${ports.join(', ')} }`, 'tcp'));
}

const OWN_TABLE = 10;

function connectPeerings(
  on: Lowering,
  vpcs: ReadonlyMap<string, VpcNetns>,
  ways: ReadonlyMap<string, Map<string, Via>>,
): void {
  const { fabric } = on;
  const described = new Map(fabric.vpcs.map((vpc) => [vpc.id, vpc]));
  for (const { id, requester, accepter, mtu } of fabric.peerings) {
    const [a, b] = [vpcs.get(requester), vpcs.get(accepter)];
    const [ofA, ofB] = [described.get(requester), described.get(accepter)];
    if (a === undefined || b === undefined || ofA === undefined || ofB === undefined) {
      on.gaps.push({
        where: `vpc-peering/${id}`,
        what: `${requester} and ${accepter}`,
        because: 'one of them is not described',
      });
      continue;
    }
    const cable = join(on, a.netns, b.netns, { a: id, b: id, mtu });
    ways.get(requester)?.set(id, cable.toB);
    ways.get(accepter)?.set(id, cable.toA);
    a.guardPeering(cable.a.dev, ofB);
    b.guardPeering(cable.b.dev, ofA);
  }
}

function connectInternet(
  on: Lowering,
  vpcs: ReadonlyMap<string, VpcNetns>,
  ways: ReadonlyMap<string, Map<string, Via>>,
  loose: readonly { readonly netns: string; readonly dev: string }[],
): void {
  const { fabric } = on;
  const internet = new Internet(on);
  const into = new Map<string, Via>();
  for (const { id, vpc } of fabric.internetGateways) {
    const [netns, of] = [vpcs.get(vpc), fabric.vpcs.find((each) => each.id === vpc)];
    if (netns === undefined || of === undefined) continue;
    const gateway = lowerInternetGateway(on, id, netns, of, internet.netns);
    ways.get(vpc)?.set(id, gateway.fromVpc);
    into.set(id, gateway.fromInternet);
    internet.route(gateway.publics, gateway.fromInternet);
  }
  gatewayEndpoints(fabric).forEach((endpoint, i) => {
    const [netns, of] = [vpcs.get(endpoint.vpc), fabric.vpcs.find((each) => each.id === endpoint.vpc)];
    if (netns === undefined || of === undefined) return;
    ways.get(endpoint.vpc)?.set(endpoint.id, lowerGatewayEndpoint(on, endpoint, netns, of, internet.netns, i));
  });
  for (const [vpc, id] of egressOnly(fabric)) {
    const [netns, of] = [vpcs.get(vpc), fabric.vpcs.find((each) => each.id === vpc)];
    if (netns === undefined || of === undefined) continue;
    const gateway = lowerEgressOnlyGateway(on, id, netns, of, internet.netns);
    ways.get(vpc)?.set(id, gateway.fromVpc);
    into.set(id, gateway.fromInternet);
  }
  for (const endpoint of fabric.controlPlanes) lowerPublicEndpoint(on, internet, endpoint);
  routeSubnets6(fabric, internet, into);
  connectHosts(on, internet, loose);
  internet.finish();
}

const gatewayEndpoints = ({ vpcEndpoints }: Fabric): Fabric['vpcEndpoints'] =>
  vpcEndpoints.filter(({ kind }) => kind === 'gateway');

/** Egress-only gateways are named by the routes that lead to them. */
const egressOnly = (fabric: Fabric): ReadonlySet<readonly [string, string]> => {
  const found = new Map<string, readonly [string, string]>();
  for (const { vpc, routes } of fabric.routeTables)
    for (const { target } of routes)
      if (target.kind === 'egress-only-internet-gateway') found.set(target.id, [vpc, target.id]);
  return new Set(found.values());
};

function routeSubnets6(fabric: Fabric, internet: Internet, into: ReadonlyMap<string, Via>): void {
  for (const { cidrs, routeTable, vpc } of fabric.subnets) {
    const named = into.get(gateway6(fabric, routeTable) ?? '');
    const own = fabric.internetGateways.find((each) => each.vpc === vpc);
    const way = named ?? into.get(own?.id ?? '');
    for (const each of cidrs) if (each.family === 6 && way !== undefined) internet.routeBlock(each, way);
  }
}

function connectHosts(
  on: Lowering,
  internet: Internet,
  loose: readonly { readonly netns: string; readonly dev: string }[],
): void {
  const declared = on.fabric.internetHosts.map((host) => ({ ...host, addresses: host.addresses }));
  const rest = loose.map((end) => ({ ...end, addresses: [] }));
  for (const { netns, dev, addresses } of [...declared, ...rest]) {
    const end = on.worldDevice(netns, dev);
    if (end !== undefined) internet.host(end, addresses);
  }
}

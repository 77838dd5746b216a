import { assertNever, showSource } from '../../base/index.ts';
import type { Eni, Subnet, VpcRoute } from '../../fabric/index.ts';
import { cidrContains, cidrFirst, type Ip, isLinkLocal, type Mac } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import { deliver, deliverTo, handOver } from './deliver.ts';
import { datagramBack, synAck } from './fabric-answers.ts';
import {
  type Crossing,
  die,
  type FabricPacket,
  type FabricWalk,
  type Next,
  recordFabric,
  type Whence,
} from './fabric-walk.ts';
import { crossSubnets } from './filters/network-acls.ts';
import { leaveByGroups } from './filters/security-groups.ts';
import { acrossInternet, outByEgressOnlyGateway, outByInternetGateway } from './internet.ts';
import { linkLocalService } from './link-local-services.ts';
import { answerThroughNode } from './load-balancer/into-load-balancer.ts';
import { intoNatGateway } from './nat-gateway.ts';
import { fromOnPremises, intoOnPremises, intoVpnGateway, leave } from './on-premises.ts';
import { acrossPeering } from './peering.ts';
import { isRouter } from './router-addresses.ts';
import { intoTransitGateway } from './transit-gateway.ts';
import { isUndescribed, undescribedOwner, undescribedRoutes } from './undescribed.ts';
import { intoGatewayEndpoint } from './vpc-endpoint.ts';

/** A packet passes at most this many route tables and gateways before it must reach somebody. */
const MAX_TURNS = 16;

/**
 * A frame leaving an ENI. Frames to the router's MAC consult the subnet's route table; frames to another on-link address
 * are delivered by the mapping service without one (VPC guide, route tables). TTL is never touched: the router is not a
 * hop. Order on egress: source check, security groups, routing, the network ACL of the subnet (EC2 guide, network interfaces;
 * VPC guide, network ACLs). Neither filter sees what goes to the resolver or a link-local service (VPC guide).
 */
export function leaveEni(on: FabricWalk, eni: Eni, packet: Packet, nexthop: Ip, lladdr: Mac | undefined): Crossing {
  const { subnet, resolvers } = on.index.surroundings(eni);
  if (subnet === undefined)
    return { kind: 'unknown', what: `ENI ${eni.id} is in a subnet the input does not have`, packet };
  on.enter({ kind: 'vpc', name: subnet.vpc });
  if (eni.sourceDestCheck && !on.index.owns(eni, packet.src)) {
    const because = `${eni.attachment?.dev ?? eni.id} does not own ${packet.src}: the ENI's source/destination check drops it`;
    const cause = { kind: 'source-check', address: packet.src } as const;
    return die(
      on,
      packet,
      'dropped',
      cause,
      because,
      `${eni.id}: sourceDestCheck, addresses ${eni.addresses.join(', ')}`,
    );
  }
  const blocked = on.index.unmodelledAt(eni);
  if (blocked !== undefined) return { kind: 'unknown', what: blocked, packet };
  if (resolvers.has(packet.dst)) return resolverAnswer(on, subnet.vpc, eni, packet);
  const service = linkLocalService(packet.dst);
  if (service !== undefined) return { kind: 'unknown', what: service, packet };
  const stopped = leaveByGroups(on, eni, subnet, packet);
  if (stopped !== undefined) return stopped;
  const from = { subnet, sender: eni };
  const answer = answerThroughNode(on, from, packet);
  if (answer !== undefined) return follow(on, answer);
  if (lladdr !== undefined) return follow(on, byMac(on, from, packet, eni, nexthop, lladdr));
  if (isRouter(nexthop, subnet, eni)) return follow(on, { kind: 'route', subnet, packet, sender: eni });
  const unlisted = undescribedOwner(on, subnet.vpc, nexthop);
  if (unlisted !== undefined) return { kind: 'unknown', what: unlisted, packet };
  const owner = on.index.eniOwning(subnet.vpc, nexthop);
  if (owner === undefined || owner.subnet !== subnet.id) {
    return die(
      on,
      packet,
      'dropped',
      { kind: 'unowned', address: nexthop },
      `no ENI in subnet ${subnet.id} owns ${nexthop}: nobody answers for it`,
      `${subnet.id}: ${subnet.cidrs.map((each) => each.text).join(', ')}`,
    );
  }
  return follow(on, deliver(on, owner, packet, from));
}

/** Who has the MAC a frame is for: an ENI of the subnet, the subnet's router, or nobody. */
function byMac(
  on: FabricWalk,
  from: Whence & { readonly subnet: Subnet },
  packet: Packet,
  eni: Eni,
  nexthop: Ip,
  lladdr: Mac,
): Crossing | Next {
  const { subnet } = from;
  const neighbour = on.index.surroundings(eni).neighbours.get(lladdr);
  if (neighbour !== undefined) return deliver(on, neighbour, packet, from);
  const routerMac = eni.routerMac ?? subnet.routerMac;
  if (lladdr === routerMac) return { kind: 'route', subnet, packet, sender: eni };
  const dev = eni.attachment?.dev ?? eni.id;
  const because = `the frame to ${nexthop} is for ${lladdr}, and nobody in subnet ${subnet.id} has that address`;
  const cause = { kind: 'unowned-mac', dev, lladdr, address: nexthop } as const;
  return die(on, packet, 'dropped', cause, because, `${subnet.id}: the router ${subnet.router} is ${routerMac}`);
}

/**
 * Resolver queries are consumed on the host's card, and its answers come from there: no route, filter, TTL or flow log is
 * involved either way. It answers DNS only.
 */
function resolverAnswer(on: FabricWalk, vpc: string, card: Eni, packet: Packet): Crossing {
  const { l4 } = packet;
  const asks = (l4.kind === 'tcp' || packet.protocol === 'udp') && 'dport' in l4 && l4.dport === 53;
  if (asks) {
    const said = l4.kind === 'tcp' ? synAck(packet) : datagramBack(packet);
    const answer = said && { card, place: { kind: 'vpc', name: vpc } as const, packet: said };
    return { kind: 'delivered', name: 'vpc-resolver', packet, answer, socket: 'VPC resolver' };
  }
  const because = `the VPC resolver ${packet.dst} answers DNS on port 53 only`;
  return die(
    on,
    packet,
    'dropped',
    { kind: 'resolver-only', address: packet.dst },
    because,
    'Amazon-provided DNS server',
  );
}

/** A packet that starts at a device of the fabric (an error of a NAT gateway): straight to its own subnet, else as that one's route table says. */
export function sendFromFabric(on: FabricWalk, start: FabricPacket): Crossing {
  const { packet, place } = start;
  on.enter(place);
  if ('outside' in start) return toInternet(on, packet);
  if ('card' in start) return follow(on, handOver(on, start.card, packet));
  if ('network' in start) return fromCustomerGateway(on, start.network, packet);
  const { vpc, subnet, eni } = start;
  const from: Whence = { subnet, sender: eni };
  const blocked = eni === undefined ? undefined : on.index.unmodelledAt(eni);
  if (blocked !== undefined) return { kind: 'unknown', what: blocked, packet };
  on.enter({ kind: 'vpc', name: vpc });
  const stopped = eni === undefined || subnet === undefined ? undefined : leaveByGroups(on, eni, subnet, packet);
  if (stopped !== undefined) return stopped;
  const answer = answerThroughNode(on, from, packet);
  if (answer !== undefined) return follow(on, answer);
  if (subnet === undefined || on.index.eniOwning(vpc, packet.dst)?.subnet === subnet.id)
    return follow(on, deliverTo(on, vpc, packet, from));
  return follow(on, { kind: 'route', subnet, packet, sender: eni });
}

function fromCustomerGateway(on: FabricWalk, id: string, packet: Packet): Crossing {
  const network = on.index.connections.onPremises(id);
  if (network === undefined) return { kind: 'unknown', what: `on-premises network ${id} is not described`, packet };
  return follow(on, leave(on, network, packet));
}

/** A packet that a host of an on-premises network sends. */
export const toOnPremises = (on: FabricWalk, network: string, packet: Packet): Crossing =>
  follow(on, fromOnPremises(on, network, packet));

/** A packet that a host of the internet sends. */
export const toInternet = (on: FabricWalk, packet: Packet): Crossing => follow(on, { kind: 'internet', packet });

/**
 * The one loop of the fabric: route tables and the internet take turns until somebody has the packet. A table asked twice
 * for one destination answers alike, so the packet goes round until its TTL runs out at a gateway that counts it.
 */
function follow(on: FabricWalk, first: Crossing | Next): Crossing {
  let asked: Question[] | undefined;
  let at = first;
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    if (at.kind === 'route') {
      const { subnet, packet } = at;
      const table = subnet.routeTable;
      const again = asked?.some((each) => each.table === table && each.dst === packet.dst);
      if (again === true && packet.ttl > MAX_TURNS) return circle(on, table, packet);
      asked ??= [];
      asked.push({ table, dst: packet.dst });
      at = route(on, { subnet, sender: at.sender }, packet);
    } else if (at.kind === 'internet') at = acrossInternet(on, at.packet);
    else if (at.kind === 'on-premises') at = intoOnPremises(on, at.network, at.mtu, at.packet);
    else return at;
  }
  if (at.kind === 'route') return circle(on, at.subnet.routeTable, at.packet);
  return at.kind === 'internet' || at.kind === 'on-premises' ? lost(at.packet) : at;
}

/** What a route table was asked. */
interface Question {
  readonly table: string;
  readonly dst: Ip;
}

function circle(on: FabricWalk, table: string, packet: Packet): Crossing {
  const found = on.index.lookup(table, packet.dst);
  const text = found === undefined ? table : showRoute(table, found);
  const because = `the route tables send the packet in a circle: it is at ${text} again`;
  return die(on, packet, 'loop', { kind: 'route-circle', table }, because, text);
}

const lost = (packet: Packet): Crossing => ({
  kind: 'unknown',
  what: `the packet passed ${MAX_TURNS} gateways and reached nobody`,
  packet,
});

/** One consultation of a route table (VPC guide, route priority: longest prefix; a blackhole does not fall through). */
function route(on: FabricWalk, from: Whence & { readonly subnet: Subnet }, packet: Packet): Crossing | Next {
  const { subnet } = from;
  const { vpc, routeTable: table } = subnet;
  const found = on.index.lookup(table, packet.dst);
  if (found === undefined)
    return die(
      on,
      packet,
      'dropped',
      { kind: 'no-vpc-route', table, dst: packet.dst },
      `route table ${table} has no route to ${packet.dst}`,
      table,
    );
  if (isLinkLocal(packet.dst) && !isLinkLocal(cidrFirst(found.destination)) && found.target.kind !== 'unsupported') {
    const cause = { kind: 'link-local', address: packet.dst } as const;
    const because = `${packet.dst} is a link-local address: no router forwards it`;
    return die(on, packet, 'dropped', cause, because, 'RFC 3927, section 7');
  }
  if (found.state === 'blackhole') {
    const cause = { kind: 'vpc-blackhole', table, destination: found.destination.text } as const;
    return die(on, packet, 'dropped', cause, 'the route is a blackhole: its target is gone', showRoute(table, found));
  }
  recordRoute(on, packet, from.subnet, found);
  const { target } = found;
  switch (target.kind) {
    case 'local':
      return deliverTo(on, vpc, packet, from);
    case 'internet-gateway':
      return crossSubnets(on, from.subnet, undefined, packet) ?? outByInternetGateway(on, target.id, packet);
    case 'nat-gateway':
      return intoNatGateway(on, target.id, packet, from.subnet);
    case 'vpc-peering':
      return crossSubnets(on, subnet, undefined, packet) ?? acrossPeering(on, from, target.id, packet);
    case 'transit-gateway':
      return intoTransitGateway(on, subnet, target.id, packet);
    case 'vpn-gateway':
      return crossSubnets(on, subnet, undefined, packet) ?? intoVpnGateway(on, vpc, target.id, packet);
    case 'vpc-endpoint':
      return crossSubnets(on, subnet, undefined, packet) ?? intoGatewayEndpoint(on, target.id, packet);
    case 'network-interface':
      return toInterface(on, target.id, packet, { from, text: showRoute(table, found) });
    case 'egress-only-internet-gateway':
      return crossSubnets(on, from.subnet, undefined, packet) ?? outByEgressOnlyGateway(on, vpc, target.id, packet);
    case 'unsupported':
      return {
        kind: 'unknown',
        what: isUndescribed(found)
          ? undescribedRoutes(from.subnet, found)
          : `route target ${target.text} is not modelled (${showRoute(table, found)}${found.origin?.at === undefined ? '' : `, ${showSource(found.origin.at)}`})`,
        packet,
      };
    default:
      return assertNever(target);
  }
}

function toInterface(
  on: FabricWalk,
  id: string,
  packet: Packet,
  { from, text }: { readonly from: Whence; readonly text: string },
): Crossing | Next {
  const eni = on.index.eni(id);
  if (eni !== undefined) return deliver(on, eni, packet, from);
  return die(on, packet, 'dropped', { kind: 'missing-gateway', id }, `route target ${id} does not exist`, text);
}

/** A local route says nothing a reader does not expect. */
function recordRoute(on: FabricWalk, packet: Packet, { vpc, routeTable }: Subnet, found: VpcRoute): void {
  if (on.walk.record === undefined || found.target.kind === 'local') return;
  const at = found.origin?.at;
  const isInside = on.index.vpc(vpc)?.cidrs.some((block) => cidrContains(block, packet.dst)) === true;
  recordFabric(on, 'subnet-route', packet, packet, {
    action: `${found.destination.text} → ${targetName(found)}`,
    destination: found.destination.text,
    because: isInside ? "it is nearer than the VPC's local route" : 'the destination is outside the VPC',
    text: showRoute(routeTable, found),
    ...(at === undefined ? {} : { by: at.line === undefined ? at.file : `${at.file}:${at.line}` }),
  });
}

const targetName = (found: VpcRoute): string =>
  found.target.kind === 'local' ? 'local' : found.target.kind === 'unsupported' ? found.target.text : found.target.id;
const showRoute = (table: string, found: VpcRoute): string =>
  `${table}: ${found.destination.text} → ${targetName(found)}${found.state === 'blackhole' ? ' (blackhole)' : ''}`;

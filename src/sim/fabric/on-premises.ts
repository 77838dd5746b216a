import type { OnPremises } from '../../fabric/index.ts';
import { type Packet, withTtl } from '../packet.ts';
import { deliverTo, isInVpc } from './deliver.ts';
import { exceeds, timeExceeded, tooBig } from './fabric-answers.ts';
import { type Crossing, die, type FabricWalk, type Next, OUTSIDE, recordFabric } from './fabric-walk.ts';
import { through } from './transit-gateway.ts';

/** By a route of a subnet: out over the VPN gateway's connection to the network that has the destination. */
export function intoVpnGateway(on: FabricWalk, vpc: string, id: string, packet: Packet): Crossing | Next {
  const { connections } = on.index;
  const gateway = connections.vpnGateway(id);
  on.enter({ kind: 'vpn-gateway', name: id });
  if (gateway === undefined)
    return die(on, packet, 'dropped', { kind: 'missing-gateway', id }, `VPN gateway ${id} does not exist`, id);
  // Nothing passes through a VPC: what is not of it may not leave by its gateway (VPC peering guide, edge to edge routing).
  if (!isInVpc(on, gateway.vpc, packet.src)) return outside(on, gateway.vpc, id, packet, packet.src);
  const way = connections.vpnConnection(id, packet.dst);
  if (way === undefined) {
    const cause = { kind: 'no-connection', gateway: id, dst: packet.dst } as const;
    return die(on, packet, 'dropped', cause, `no connection of ${id} leads to ${packet.dst}`, id);
  }
  if (exceeds(packet, way.mtu)) {
    const owner = on.index.eniOwning(vpc, packet.src);
    const router = owner === undefined ? undefined : on.index.subnet(owner.subnet)?.router;
    return tooBig(on, packet, way.mtu, `${way.id}: MTU ${way.mtu}`, { vpc, from: router, about: packet });
  }
  recordFabric(on, 'connection', packet, packet, {
    action: `${vpc} → ${way.network} over ${way.id}`,
    text: `${id}: ${way.id}`,
  });
  return intoOnPremises(on, way.network, way.mtu, packet);
}

function outside(on: FabricWalk, vpc: string, gateway: string, packet: Packet, address: Packet['src']): Crossing {
  const cause = { kind: 'outside-vpc', gateway, vpc, address } as const;
  return die(
    on,
    packet,
    'dropped',
    cause,
    `${address} is not an address of ${vpc}: ${gateway} carries nothing else`,
    gateway,
  );
}

/** Over a connection to the customer gateway, a router, and on to a host behind it. */
export function intoOnPremises(on: FabricWalk, id: string, mtu: number, packet: Packet): Crossing | Next {
  const network = on.index.connections.onPremises(id);
  on.enter({ kind: 'on-premises', name: id });
  if (network === undefined) return { kind: 'unknown', what: `on-premises network ${id} is not described`, packet };
  if (packet.length > mtu) on.walk.assumptions.add(`packets of more than ${mtu} bytes are cut on the way to ${id}`);
  const end = on.index.connections.onPremisesRoute(id, packet.dst);
  const isInside = end === undefined || end === 'inside';
  return forwardOn(on, network, packet, (hopped) => (isInside ? toHost : leave)(on, network, hopped));
}

/** What a host of the network sends: to its neighbours directly, elsewhere by the customer gateway. */
export function fromOnPremises(on: FabricWalk, id: string, packet: Packet): Crossing | Next {
  const network = on.index.connections.onPremises(id);
  if (network === undefined) return { kind: 'unknown', what: `on-premises network ${id} is not described`, packet };
  const end = on.index.connections.onPremisesRoute(id, packet.dst);
  if (end === 'inside') return toHost(on, network, packet);
  on.enter({ kind: 'on-premises', name: id });
  // A router asks its routes before it counts (net/ipv4/ip_input.c, ip_rcv_finish, then ip_forward.c).
  return end !== undefined
    ? forwardOn(on, network, packet, (hopped) => leave(on, network, hopped))
    : leave(on, network, packet);
}

/** A packet its customer gateway makes itself. */
export function leave(on: FabricWalk, network: OnPremises, packet: Packet): Crossing | Next {
  const end = on.index.connections.onPremisesRoute(network.id, packet.dst);
  if (end === 'inside') return toHost(on, network, packet);
  if (end === undefined) {
    const cause = { kind: 'no-way-from', network: network.id, dst: packet.dst } as const;
    return die(on, packet, 'dropped', cause, `no connection of ${network.id} leads to ${packet.dst}`, network.id);
  }
  if (exceeds(packet, end.mtu)) {
    const because = `${packet.length} bytes with DF do not fit the MTU of ${end.mtu}`;
    return die(on, packet, 'too-big', { kind: 'mtu', mtu: end.mtu }, because, `${end.gateway.id}: MTU ${end.mtu}`);
  }
  on.enter({ kind: end.kind, name: end.gateway.id });
  if (end.kind === 'transit-gateway') return through(on, end.gateway, end.attachment, packet, undefined);
  const { vpc, id } = end.gateway;
  if (!isInVpc(on, vpc, packet.dst)) return outside(on, vpc, id, packet, packet.dst);
  recordFabric(on, 'connection', packet, packet, { action: `${network.id} → ${vpc}`, text: id });
  on.enter({ kind: 'vpc', name: vpc });
  return deliverTo(on, vpc, packet, OUTSIDE);
}

function forwardOn(
  on: FabricWalk,
  network: OnPremises,
  packet: Packet,
  next: (packet: Packet) => Crossing | Next,
): Crossing | Next {
  on.walk.assumptions.add(`the customer gateway of ${network.id} is one hop, and filters nothing`);
  if (packet.ttl > 1) return next(withTtl(packet, packet.ttl - 1));
  const error = {
    network: network.id,
    place: { kind: 'on-premises', name: network.id } as const,
    packet: timeExceeded(packet, network.gateway),
  };
  const because = `TTL ran out at the customer gateway of ${network.id}`;
  return die(on, packet, 'ttl-exceeded', { kind: 'ttl' }, because, network.id, error);
}

function toHost(on: FabricWalk, network: OnPremises, packet: Packet): Crossing {
  const host = on.index.connections.onPremisesHost(network.id, packet.dst);
  if (host !== undefined) return { kind: 'arrive', netns: host.netns, dev: host.dev, packet };
  const cause = { kind: 'unowned', address: packet.dst } as const;
  return die(on, packet, 'dropped', cause, `no host of ${network.id} has ${packet.dst}`, network.id);
}

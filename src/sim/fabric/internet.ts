import type { Subnet } from '../../fabric/index.ts';
import { isPublicIp } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import { deliver, deliverTo } from './deliver.ts';
import { deniedAtGateway } from './denied-at-gateway.ts';
import { exceeds, tooBig } from './fabric-answers.ts';
import type { FabricIndex } from './fabric-index.ts';
import { type Crossing, die, type FabricWalk, type Next, OUTSIDE } from './fabric-walk.ts';
import { crossSubnets } from './filters/network-acls.ts';
import { INTERNET_MTU, translateAtEdge } from './internet-edge.ts';
import { outOfNatGateway } from './nat-gateway.ts';
import { atPublicEndpoint } from './public-endpoint.ts';
import { isUndescribed, undescribedRoutes } from './undescribed.ts';
import { backByEndpoint } from './vpc-endpoint.ts';

/**
 * A source without a public address is dropped (VPC guide, internet gateways). IPv6 passes untranslated. A destination the
 * internet does not route is said first: no other source would get there.
 */
export function outByInternetGateway(on: FabricWalk, id: string, packet: Packet): Crossing | Next {
  const gateway = on.index.internetGateway(id);
  on.enter({ kind: 'internet-gateway', name: id });
  if (gateway === undefined)
    return die(on, packet, 'dropped', { kind: 'missing-gateway', id }, `internet gateway ${id} does not exist`, id);
  if (!isPublicIp(packet.dst)) return notRouted(on, packet);
  const owner = on.index.eniOwning(gateway.vpc, packet.src);
  const denied = deniedAtGateway(on, id, owner, packet);
  if (denied !== undefined) return denied;
  const outside = packet.family === 6 ? packet.src : owner?.publicAddresses.get(packet.src);
  if (outside === undefined) {
    const because = `the internet gateway drops ${packet.src}: it has no public address`;
    return die(on, packet, 'dropped', { kind: 'private-source', gateway: id, address: packet.src }, because, id);
  }
  const subnet = owner === undefined ? undefined : on.index.subnet(owner.subnet);
  return leave(on, gateway.vpc, subnet, id, packet, (fits) =>
    outside === fits.src ? fits : translateAtEdge(on, id, fits, { src: outside }),
  );
}

/** IPv6 only, out only: answers to what went out come back in, nothing else does (VPC guide, egress-only gateways). */
export function outByEgressOnlyGateway(on: FabricWalk, vpc: string, id: string, packet: Packet): Crossing | Next {
  if (packet.family === 4)
    return die(
      on,
      packet,
      'dropped',
      { kind: 'not-carried', gateway: id, what: 'IPv4' },
      `egress-only gateway ${id} carries IPv6 only`,
      id,
    );
  const owner = on.index.eniOwning(vpc, packet.src);
  const subnet = owner === undefined ? undefined : on.index.subnet(owner.subnet);
  return leave(on, vpc, subnet, id, packet, (fits) => {
    on.nat(id).remember(fits);
    return fits;
  });
}

function leave(
  on: FabricWalk,
  vpc: string,
  subnet: Subnet | undefined,
  gateway: string,
  packet: Packet,
  translate: (packet: Packet) => Packet,
): Crossing | Next {
  if (exceeds(packet, INTERNET_MTU)) {
    const text = `${gateway}: MTU ${INTERNET_MTU}`;
    return tooBig(on, packet, INTERNET_MTU, text, { vpc, from: subnet?.router, about: packet });
  }
  return { kind: 'internet', packet: translate(packet) };
}

function notRouted(on: FabricWalk, packet: Packet): Crossing {
  const cause = { kind: 'private-destination', address: packet.dst } as const;
  return die(on, packet, 'dropped', cause, `${packet.dst} is not routed on the internet`, 'RFC 6890');
}

/** On the internet: towards a public address of some VPC, a declared host, or a host nobody declared. */
export function acrossInternet(on: FabricWalk, packet: Packet): Crossing | Next {
  const asked = backByEndpoint(on, packet);
  if (asked !== undefined) return asked;
  if (!isPublicIp(packet.dst)) return notRouted(on, packet);
  const owner = on.index.publicOwner(packet.dst);
  if (owner !== undefined) return byPublicAddress(on, owner, packet);
  const endpoint = on.index.controlPlaneAt(packet.dst);
  if (endpoint !== undefined) return atPublicEndpoint(on, endpoint, packet);
  const host = on.index.internetHost(packet.dst);
  if (host !== undefined) return { kind: 'arrive', netns: host.netns, dev: host.dev, packet };
  if (packet.family === 6) {
    const vpc = on.index.vpcHolding(packet.dst);
    if (vpc !== undefined) return intoVpc6(on, vpc.id, packet);
  }
  return { kind: 'arrive', netns: `internet/${packet.dst}`, dev: 'eth0', packet };
}

function byPublicAddress(
  on: FabricWalk,
  owner: NonNullable<ReturnType<FabricIndex['publicOwner']>>,
  packet: Packet,
): Crossing | Next {
  const home = on.index.subnet(owner.kind === 'eni' ? owner.eni.subnet : owner.gateway.subnet);
  const vpc = home?.vpc ?? '';
  const gateway = on.index.internetGatewayOf(vpc);
  if (gateway === undefined) return noWayIn(on, vpc, home, packet);
  on.enter({ kind: 'internet-gateway', name: gateway.id });
  if (owner.kind === 'eni') {
    const denied = deniedAtGateway(on, gateway.id, owner.eni, packet);
    if (denied !== undefined) return denied;
  }
  const dst = owner.kind === 'eni' ? owner.inside : owner.gateway.privateIp;
  const inside = translateAtEdge(on, gateway.id, packet, { dst });
  if (owner.kind === 'nat-gateway') {
    const subnet = on.index.subnet(owner.gateway.subnet);
    return crossSubnets(on, undefined, subnet, inside) ?? outOfNatGateway(on, owner.gateway, inside);
  }
  on.enter({ kind: 'vpc', name: vpc });
  return deliver(on, owner.eni, inside, OUTSIDE);
}

/** Of a VPC whose routes nobody described nobody knows the gateways. */
function noWayIn(on: FabricWalk, vpc: string, home: Subnet | undefined, packet: Packet): Crossing {
  const back = home === undefined ? undefined : on.index.lookup(home.routeTable, packet.src);
  if (home !== undefined && back !== undefined && isUndescribed(back))
    return { kind: 'unknown', what: undescribedRoutes(home, back), packet };
  const cause = { kind: 'no-internet-gateway', vpc, address: packet.dst } as const;
  return die(on, packet, 'dropped', cause, `${packet.dst} belongs to a VPC without an internet gateway`, vpc);
}

/** An IPv6 address needs no translation: what the subnet's default route says decides who lets it in; a gateway that is gone stops nobody. */
function intoVpc6(on: FabricWalk, vpc: string, packet: Packet): Crossing | Next {
  const owner = on.index.eniOwning(vpc, packet.dst);
  const subnet = owner === undefined ? undefined : on.index.subnet(owner.subnet);
  const back = subnet === undefined ? undefined : on.index.lookup(subnet.routeTable, packet.src);
  if (back?.target.kind === 'egress-only-internet-gateway' && back.state !== 'blackhole') {
    const { id } = back.target;
    if (!on.nat(id).remembers(packet))
      return die(
        on,
        packet,
        'dropped',
        { kind: 'uninvited', gateway: id },
        `egress-only gateway ${id} lets nothing in uninvited`,
        id,
      );
  } else {
    const gateway = on.index.internetGatewayOf(vpc);
    if (gateway === undefined) return noWayIn(on, vpc, subnet, packet);
    on.enter({ kind: 'internet-gateway', name: gateway.id });
    const denied = deniedAtGateway(on, gateway.id, owner, packet);
    if (denied !== undefined) return denied;
  }
  on.enter({ kind: 'vpc', name: vpc });
  return deliverTo(on, vpc, packet, OUTSIDE);
}

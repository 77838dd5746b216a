import type { NatGateway, Subnet } from '../../fabric/index.ts';
import { cidrContains, familyOf, NAT64 } from '../../net/index.ts';
import { type Packet, withTtl } from '../packet.ts';
import { exceeds, reset, timeExceeded, tooBig } from './fabric-answers.ts';
import {
  type Crossing,
  die,
  type FabricPacket,
  type FabricWalk,
  type Next,
  recordFabric,
  toldDraw,
} from './fabric-walk.ts';
import { crossSubnets } from './filters/network-acls.ts';
import { INTERNET_MTU, translateAtEdge } from './internet-edge.ts';
import { asFour, asSix } from './nat64.ts';

/** Towards the VPC; beyond it the next leg's limit holds (VPC guide, NAT gateway basics). */
const NAT_GATEWAY_MTU = 8500;

/** TCP, UDP and ICMP only; TTL is decremented and its end answered from the private address (VPC guide, NAT gateways). */
export function intoNatGateway(on: FabricWalk, id: string, packet: Packet, entered: Subnet): Crossing | Next {
  const gateway = on.index.natGateway(id);
  const subnet = gateway === undefined ? undefined : on.index.subnet(gateway.subnet);
  const stopped = subnet === undefined ? undefined : crossSubnets(on, entered, subnet, packet);
  if (stopped !== undefined) return stopped;
  on.enter({ kind: 'nat-gateway', name: id });
  if (gateway === undefined || subnet === undefined)
    return die(on, packet, 'dropped', { kind: 'missing-gateway', id }, `NAT gateway ${id} does not exist`, id);
  const { vpc } = subnet;
  const blocked = on.index.unmodelled('subnet', subnet.id);
  if (blocked !== undefined) return { kind: 'unknown', what: blocked, packet };
  const carried = inFour(on, id, packet);
  if ('kind' in carried) return carried;
  const from = (error: Packet): FabricPacket => ({
    vpc,
    subnet,
    place: { kind: 'nat-gateway', name: id },
    packet: error,
  });
  if (packet.ttl <= 1) {
    const error = packet.family === 4 ? from(timeExceeded(packet, gateway.privateIp)) : undefined;
    if (error === undefined) on.walk.assumptions.add(NO_SIX_ERROR);
    return die(on, packet, 'ttl-exceeded', { kind: 'ttl' }, `TTL ran out at NAT gateway ${id}`, id, error);
  }
  if (exceeds(packet, NAT_GATEWAY_MTU))
    return tooBig(on, packet, NAT_GATEWAY_MTU, id, { vpc, subnet, from: gateway.privateIp, about: packet });
  const out = translate(on, gateway, packet, carried, from);
  if ('kind' in out) return out;
  const found = on.index.lookup(subnet.routeTable, out.dst);
  if (found?.target.kind !== 'internet-gateway' || found.state === 'blackhole')
    return { kind: 'route', subnet, packet: out, sender: undefined };
  if (gateway.publicIp === null)
    return die(
      on,
      out,
      'dropped',
      { kind: 'private-source', gateway: found.target.id, address: gateway.privateIp },
      `private NAT gateway ${id} has no public address`,
      id,
    );
  const kept = crossSubnets(on, subnet, undefined, out);
  if (kept !== undefined) return kept;
  const edge = found.target.id;
  on.enter({ kind: 'internet-gateway', name: edge });
  if (exceeds(out, INTERNET_MTU))
    return tooBig(on, out, INTERNET_MTU, `${edge}: MTU 1500`, { vpc, from: subnet.router, about: out });
  return { kind: 'internet', packet: translateAtEdge(on, edge, out, { src: gateway.publicIp }) };
}

const NO_SIX_ERROR = 'a NAT gateway has no IPv6 address to send an error from';

/**
 * The packet as the gateway carries it: TCP, UDP and ICMP of IPv4. The only IPv6 it takes is for hosts of IPv4, and becomes it
 * (VPC guide, DNS64 and NAT64).
 */
function inFour(on: FabricWalk, id: string, packet: Packet): Packet | Crossing {
  const six = packet.family === 6;
  if (six && !cidrContains(NAT64, packet.dst)) {
    const because = `a NAT gateway carries IPv6 to ${NAT64.text} only`;
    return die(on, packet, 'dropped', { kind: 'not-carried', gateway: id, what: 'IPv6' }, because, id);
  }
  const four = six ? asFour(packet) : packet;
  const protocol = four?.protocol;
  if (four !== undefined && (protocol === 'tcp' || protocol === 'udp' || protocol === 'icmp')) return four;
  const what = String(packet.protocol);
  const because = `a NAT gateway carries TCP, UDP and ICMP only, not ${what}`;
  return die(on, packet, 'dropped', { kind: 'not-carried', gateway: id, what }, because, id);
}

/** The packet with the gateway's address and port, or how it died. `carried` is what it is in IPv4. */
function translate(
  on: FabricWalk,
  gateway: NatGateway,
  packet: Packet,
  carried: Packet,
  from: (error: Packet) => FabricPacket,
): Packet | Crossing {
  const { id, privateIp } = gateway;
  const found = on.nat(id).outbound(carried, privateIp, on.walk.dice, on.walk.now, toldDraw(on, packet, { text: id }));
  switch (found.kind) {
    case 'exhausted':
      return die(
        on,
        packet,
        'exhausted',
        { kind: 'nat-ports', gateway: id },
        `all 55,000 ports of ${privateIp} towards ${carried.dst} are taken`,
        id,
      );
    case 'none': {
      const error = reset(packet);
      const because = found.idle
        ? 'the connection was idle for 350 s: the NAT gateway answers RST'
        : `NAT gateway ${id} saw no connection begin that this packet belongs to`;
      const cause = { kind: found.idle ? 'nat-idle' : 'nat-stray', gateway: id } as const;
      if (error === undefined) return die(on, packet, 'dropped', cause, because, id);
      return die(on, packet, 'refused', cause, because, id, from(error));
    }
    case 'translated': {
      const out = withTtl(found.packet, packet.ttl - 1);
      sayErrorRules(on, id, packet, packet !== carried);
      on.walk.assumptions.add(`NAT gateway ${id} picks source ports at random`);
      const becomes = packet === carried ? '' : `, dst ${packet.dst} ⇒ ${out.dst}`;
      recordFabric(on, 'nat-gateway', packet, out, {
        action: `src ${packet.src} ⇒ ${privateIp}${becomes}`,
        because: becomes === '' ? 'many sources, one address, by port' : 'NAT64: IPv6 becomes IPv4',
        text: id,
      });
      return out;
    }
  }
}

/**
 * AWS does not say what its gateway does with an ICMP error about a flow it translates: that it is passed on, with the addresses and
 * ports of the quoted packet put back, is what RFC 5508 section 4 asks of a NAT, and RFC 7915 sections 4.2 and 5.2 of one between families.
 */
function sayErrorRules(on: FabricWalk, id: string, packet: Packet, betweenFamilies: boolean): void {
  if (packet.l4.kind !== 'icmp-error') return;
  const rules = betweenFamilies ? 'RFC 7915 turns it into one of the other family' : 'RFC 5508 says';
  on.walk.assumptions.add(
    `NAT gateway ${id} is taken to translate an ICMP error, and the packet in it, as ${rules}: AWS does not document it`,
  );
}

/** A packet for the gateway's own address: the answer to a connection it translated, or nobody's. */
export function outOfNatGateway(on: FabricWalk, gateway: NatGateway, packet: Packet): Crossing | Next {
  const { id } = gateway;
  on.enter({ kind: 'nat-gateway', name: id });
  const subnet = on.index.subnet(gateway.subnet);
  if (subnet === undefined)
    return die(on, packet, 'dropped', { kind: 'missing-gateway', id }, `NAT gateway ${id} has no subnet`, id);
  const blocked = on.index.unmodelled('subnet', subnet.id);
  if (blocked !== undefined) return { kind: 'unknown', what: blocked, packet };
  const found = on.nat(id).inbound(packet, on.walk.now);
  if (found.kind !== 'translated') {
    const because = `NAT gateway ${id} has no connection for this packet: nothing may come in uninvited`;
    return die(on, packet, 'dropped', { kind: 'uninvited', gateway: id }, because, id);
  }
  if (packet.ttl <= 1) return die(on, packet, 'ttl-exceeded', { kind: 'ttl' }, `TTL ran out at NAT gateway ${id}`, id);
  const six = familyOf(found.packet.dst) === 6;
  sayErrorRules(on, id, packet, six);
  const whole = six ? asSix(found.packet) : found.packet;
  if (whole === undefined) {
    const because = 'IPv6 has no such message';
    return die(on, packet, 'dropped', { kind: 'not-carried', gateway: id, what: String(packet.protocol) }, because, id);
  }
  const back = withTtl(whole, packet.ttl - 1);
  recordFabric(on, 'nat-gateway', packet, back, {
    action: `${six ? `src ${packet.src} ⇒ ${back.src}, ` : ''}dst ${packet.dst} ⇒ ${back.dst}`,
    because: six ? 'NAT64: the answer becomes IPv6 again' : 'the answer to a connection it translated',
    text: id,
  });
  on.enter({ kind: 'vpc', name: subnet.vpc });
  return { kind: 'route', subnet, packet: back, sender: undefined };
}

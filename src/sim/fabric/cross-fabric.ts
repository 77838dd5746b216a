import type { Eni, NatGateway, Subnet, VpcRoute } from '../../fabric/index.ts';
import { cidrContains, type Ip, ip, type Mac } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import { answerFromControlPlane, fragmentationNeeded, timeExceeded } from './fabric-answers.ts';
import { eniOwns } from './fabric-index.ts';
import { type Crossing, die, type FabricPacket, type FabricWalk, recordFabric } from './fabric-walk.ts';
import { isVpcResolver } from './vpc-resolver.ts';

/** A route table can send a packet through at most this many gateways before it must reach somebody. */
const MAX_TURNS = 8;
const INTERNET_MTU = 1500;

/**
 * A frame leaving an ENI. Frames to the router's MAC consult the subnet's route table; frames to another on-link address
 * are delivered by the mapping service without one (VPC guide, route tables). TTL is never touched: the router is not a
 * hop. Order on egress: source check, then routing (EC2 guide, network interfaces).
 */
export function leaveEni(on: FabricWalk, eni: Eni, packet: Packet, nexthop: Ip, lladdr: Mac | undefined): Crossing {
  const subnet = on.index.subnet(eni.subnet);
  if (subnet === undefined)
    return { kind: 'unknown', what: `ENI ${eni.id} is in a subnet the input does not have`, packet };
  on.enter({ kind: 'vpc', name: subnet.vpc });
  if (eni.sourceDestCheck && !eniOwns(eni, packet.src)) {
    const because = `${eni.attachment?.dev ?? eni.id} does not own ${packet.src}: the ENI's source/destination check drops it`;
    return die(on, packet, 'dropped', because, `${eni.id}: sourceDestCheck, addresses ${eni.addresses.join(', ')}`);
  }
  const blocked = unmodelledAt(on, eni, subnet);
  if (blocked !== undefined) return { kind: 'unknown', what: blocked, packet };
  if (isVpcResolver(on.index, subnet.vpc, packet.dst)) return resolverAnswer(on, packet);
  const toRouter = lladdr === undefined ? nexthop === subnet.router : lladdr === subnet.routerMac;
  if (toRouter) return route(on, subnet.vpc, subnet.routeTable, packet, MAX_TURNS);
  const owner = on.index.eniOwning(subnet.vpc, nexthop);
  if (owner === undefined || owner.subnet !== subnet.id) {
    return die(
      on,
      packet,
      'dropped',
      `no ENI in subnet ${subnet.id} owns ${nexthop}: nobody answers for it`,
      `${subnet.id}: ${subnet.cidrs.map((each) => each.text).join(', ')}`,
    );
  }
  return deliver(on, owner, packet);
}

function unmodelledAt(on: FabricWalk, eni: Eni, subnet: Subnet): string | undefined {
  const ids = new Map<string, string>([
    ['eni', eni.id],
    ['subnet', subnet.id],
    ['vpc', subnet.vpc],
  ]);
  return on.index.fabric.unmodelled.find((each) => ids.get(each.scope.kind) === each.scope.id)?.what;
}

/** Resolver queries are consumed on the host's card: no route, filter, TTL or flow log is involved. It answers DNS only. */
function resolverAnswer(on: FabricWalk, packet: Packet): Crossing {
  const { l4 } = packet;
  const asks = (l4.kind === 'tcp' || l4.kind === 'ports') && l4.dport === 53;
  if (!asks)
    return die(
      on,
      packet,
      'dropped',
      `the VPC resolver ${packet.dst} answers DNS on port 53 only`,
      'Amazon-provided DNS server',
    );
  return { kind: 'delivered', name: 'vpc-resolver', packet, answer: undefined, socket: 'VPC resolver' };
}

/** A packet that starts at a device of the fabric (an error of a NAT gateway): it is routed from there. */
export function sendFromFabric(on: FabricWalk, start: FabricPacket): Crossing {
  on.enter(start.place);
  const { vpc, packet } = start;
  if (isInVpc(on, vpc, packet.dst)) return deliverTo(on, vpc, packet);
  return toInternet(on, packet, MAX_TURNS);
}

const isInVpc = (on: FabricWalk, vpc: string, address: Ip): boolean =>
  on.index.vpc(vpc)?.cidrs.some((block) => cidrContains(block, address)) ?? false;

/** One consultation of a route table (VPC guide, route priority: longest prefix; a blackhole does not fall through). */
function route(on: FabricWalk, vpc: string, table: string, packet: Packet, turns: number): Crossing {
  if (turns === 0) return { kind: 'unknown', what: 'route tables send the packet in a circle', packet };
  const found = on.index.lookup(table, packet.dst);
  if (found === undefined)
    return die(on, packet, 'dropped', `route table ${table} has no route to ${packet.dst}`, table);
  const text = showRoute(table, found);
  if (found.state === 'blackhole')
    return die(on, packet, 'dropped', 'the route is a blackhole: its target is gone', text);
  if (found.target.kind !== 'local') {
    const at = found.origin?.at;
    recordFabric(on, 'subnet-route', packet, packet, {
      action: `${found.destination.text} → ${targetName(found)}`,
      because: 'the destination is outside the VPC',
      text,
      ...(at === undefined ? {} : { by: at.line === undefined ? at.file : `${at.file}:${at.line}` }),
    });
  }
  const { target } = found;
  switch (target.kind) {
    case 'local':
      return deliverTo(on, vpc, packet);
    case 'internet-gateway':
      return outByInternetGateway(on, target.id, packet, turns - 1);
    case 'nat-gateway':
      return intoNatGateway(on, target.id, packet, turns - 1);
    case 'vpc-peering':
      return acrossPeering(on, vpc, target.id, packet);
    case 'network-interface': {
      const eni = on.index.fabric.enis.find((each) => each.id === target.id);
      return eni === undefined
        ? die(on, packet, 'dropped', `route target ${target.id} does not exist`, text)
        : deliver(on, eni, packet);
    }
    case 'egress-only-internet-gateway':
      return toInternet(on, packet, turns - 1);
    case 'unsupported':
      return { kind: 'unknown', what: `route target ${target.text} is not modelled (${text})`, packet };
  }
}

const targetName = (found: VpcRoute): string =>
  found.target.kind === 'local' ? 'local' : found.target.kind === 'unsupported' ? found.target.text : found.target.id;
const showRoute = (table: string, found: VpcRoute): string =>
  `${table}: ${found.destination.text} → ${targetName(found)}${found.state === 'blackhole' ? ' (blackhole)' : ''}`;

/** The VPC delivers to the ENI that owns the address, whatever the path. */
function deliverTo(on: FabricWalk, vpc: string, packet: Packet): Crossing {
  const owner = on.index.eniOwning(vpc, packet.dst);
  if (owner !== undefined) return deliver(on, owner, packet);
  const gateway = on.index.natGatewayAt(vpc, packet.dst);
  if (gateway !== undefined)
    return die(on, packet, 'dropped', `NAT gateway ${gateway.id} answers nothing on its own address`, gateway.id);
  return die(on, packet, 'dropped', `no ENI in ${vpc} owns ${packet.dst}`, vpc);
}

function deliver(on: FabricWalk, eni: Eni, packet: Packet): Crossing {
  if (eni.sourceDestCheck && !eniOwns(eni, packet.dst)) {
    return die(
      on,
      packet,
      'dropped',
      `${eni.id} does not own ${packet.dst}: the source/destination check drops it`,
      `${eni.id}: sourceDestCheck`,
    );
  }
  const gateway = on.index.fabric.natGateways.find((each) => eni.owner === `nat-gateway/${each.id}`);
  if (gateway !== undefined)
    return die(on, packet, 'dropped', `NAT gateway ${gateway.id} answers nothing on its own address`, gateway.id);
  if (eni.attachment === null) return deliverWithoutNetns(on, eni, packet);
  recordFabric(on, 'delivery', packet, packet, {
    action: `${packet.dst} is on ${eni.id}, ${eni.attachment.dev} of ${eni.attachment.netns}`,
    text: `${eni.id}: ${eni.addresses.slice(0, 4).join(', ')}${eni.addresses.length > 4 ? ', ...' : ''}`,
  });
  return { kind: 'arrive', netns: eni.attachment.netns, dev: eni.attachment.dev, packet };
}

function deliverWithoutNetns(on: FabricWalk, eni: Eni, packet: Packet): Crossing {
  const vpc = on.index.subnet(eni.subnet)?.vpc ?? '';
  if (eni.owner.startsWith('control-plane/')) return answerFromControlPlane(on, eni, packet, vpc);
  return {
    kind: 'unknown',
    what: `${eni.owner || eni.id} is behind ${packet.dst}, and the model has no host for it`,
    packet,
  };
}

/**
 * Public address translation of the internet gateway: one to one, ports untouched. A source without a public address is
 * dropped (VPC guide, internet gateways).
 */
function outByInternetGateway(on: FabricWalk, id: string, packet: Packet, turns: number): Crossing {
  const gateway = on.index.internetGateway(id);
  on.enter({ kind: 'internet-gateway', name: id });
  if (gateway === undefined) return die(on, packet, 'dropped', `internet gateway ${id} does not exist`, id);
  if (packet.family === 6) return toInternet(on, packet, turns);
  const owner = on.index.eniOwning(gateway.vpc, packet.src);
  const outside = owner?.publicAddresses.get(packet.src);
  if (outside === undefined) {
    if (on.walk.record !== undefined) {
      recordFabric(on, 'igw-nat', packet, packet, {
        action: `${packet.src} has no public address`,
        because: 'an internet gateway translates only addresses that own a public one',
        text: id,
      });
    }
    return die(on, packet, 'dropped', `the internet gateway drops ${packet.src}: it has no public address`, id);
  }
  return toInternet(on, igwRewrite(on, id, packet, { ...packet, src: outside }), turns);
}

function igwRewrite(on: FabricWalk, id: string, before: Packet, after: Packet): Packet {
  recordFabric(on, 'igw-nat', before, after, {
    action: before.src === after.src ? `dst ${before.dst} ⇒ ${after.dst}` : `src ${before.src} ⇒ ${after.src}`,
    because: 'one to one, ports untouched',
    text: id,
  });
  return after;
}

/** TCP, UDP and ICMP only; TTL is decremented and its end answered from the private address (VPC guide, NAT gateways). */
function intoNatGateway(on: FabricWalk, id: string, packet: Packet, turns: number): Crossing {
  const gateway = on.index.natGateway(id);
  on.enter({ kind: 'nat-gateway', name: id });
  const subnet = gateway === undefined ? undefined : on.index.subnet(gateway.subnet);
  if (gateway === undefined || subnet === undefined)
    return die(on, packet, 'dropped', `NAT gateway ${id} does not exist`, id);
  if (packet.protocol !== 'tcp' && packet.protocol !== 'udp' && packet.protocol !== 'icmp') {
    return die(on, packet, 'dropped', `a NAT gateway carries TCP, UDP and ICMP only, not ${packet.protocol}`, id);
  }
  if (packet.ttl <= 1) {
    const error: FabricPacket = {
      vpc: subnet.vpc,
      place: { kind: 'nat-gateway', name: id },
      packet: timeExceeded(packet, gateway.privateIp),
    };
    return die(on, packet, 'ttl-exceeded', `TTL ran out at NAT gateway ${id}`, id, error);
  }
  const translated = on.nat(id).outbound(packet, gateway.privateIp, on.walk.dice, on.walk.now);
  if (translated.kind === 'exhausted')
    return die(on, packet, 'exhausted', `all 55,000 ports of ${gateway.privateIp} towards ${packet.dst} are taken`, id);
  if (translated.kind !== 'translated') {
    return die(
      on,
      packet,
      'refused',
      translated.kind === 'expired'
        ? 'the connection was idle for 350 s: the NAT gateway answers RST'
        : 'nothing to translate',
      id,
    );
  }
  const out = { ...translated.packet, ttl: packet.ttl - 1 };
  on.walk.assumptions.add(`NAT gateway ${id} picks source ports at random`);
  recordFabric(on, 'nat-gateway', packet, out, {
    action: `src ${packet.src} ⇒ ${gateway.privateIp}`,
    because: 'many sources, one address, by port',
    text: id,
  });
  const found = on.index.lookup(subnet.routeTable, out.dst);
  if (found?.target.kind === 'internet-gateway' && gateway.publicIp !== null)
    return natGatewayOut(on, gateway, found.target.id, out, turns);
  if (found?.target.kind === 'internet-gateway')
    return die(on, out, 'dropped', `private NAT gateway ${id} has no public address`, id);
  return route(on, subnet.vpc, subnet.routeTable, out, turns);
}

function natGatewayOut(
  on: FabricWalk,
  gateway: NatGateway,
  internetGateway: string,
  packet: Packet,
  turns: number,
): Crossing {
  on.enter({ kind: 'internet-gateway', name: internetGateway });
  const outside = gateway.publicIp ?? gateway.privateIp;
  return toInternet(on, igwRewrite(on, internetGateway, packet, { ...packet, src: outside }), turns);
}

/** Not transitive: both ends must be in the two VPCs (VPC peering guide). */
function acrossPeering(on: FabricWalk, vpc: string, id: string, packet: Packet): Crossing {
  const peering = on.index.peering(id);
  on.enter({ kind: 'vpc-peering', name: id });
  if (peering === undefined) return die(on, packet, 'dropped', `peering ${id} does not exist`, id);
  const other = peering.requester === vpc ? peering.accepter : peering.requester;
  if (!isInVpc(on, vpc, packet.src)) {
    return die(on, packet, 'dropped', `${packet.src} is not an address of ${vpc}: peering is not transitive`, id);
  }
  if (!isInVpc(on, other, packet.dst)) {
    return die(on, packet, 'dropped', `${packet.dst} is not an address of ${other}: peering is not transitive`, id);
  }
  if (packet.length > peering.mtu && (packet.df || packet.family === 6)) {
    return tooBig(on, vpc, packet, peering.mtu, id);
  }
  recordFabric(on, 'peering', packet, packet, { action: `${vpc} → ${other}`, text: id });
  on.enter({ kind: 'vpc', name: other });
  return deliverTo(on, other, packet);
}

/** The only ICMP the implicit router sends, from the subnet's .1 (EC2 guide, network MTU). */
function tooBig(on: FabricWalk, vpc: string, packet: Packet, mtu: number, text: string): Crossing {
  const owner = on.index.eniOwning(vpc, packet.src);
  const router = owner === undefined ? undefined : on.index.subnet(owner.subnet)?.router;
  const error =
    router === undefined
      ? undefined
      : { vpc, place: { kind: 'vpc', name: vpc } as const, packet: fragmentationNeeded(packet, router, mtu) };
  return die(on, packet, 'too-big', `${packet.length} bytes with DF do not fit the MTU of ${mtu}`, text, error);
}

const nowhere = ip('0.0.0.0');

/** On the internet: towards a public address of some VPC, a declared host, or a host nobody declared. */
export function toInternet(on: FabricWalk, packet: Packet, turns: number = MAX_TURNS): Crossing {
  if (packet.dst === nowhere || !on.isPublic(packet.dst)) {
    return die(on, packet, 'dropped', `${packet.dst} is not routed on the internet`, 'RFC 6890');
  }
  if (packet.length > INTERNET_MTU && (packet.df || packet.family === 6)) {
    const owner = on.index.publicOwner(packet.src);
    const vpc =
      owner === undefined
        ? undefined
        : on.index.subnet(owner.kind === 'eni' ? owner.eni.subnet : owner.gateway.subnet)?.vpc;
    return tooBig(on, vpc ?? '', packet, INTERNET_MTU, 'internet gateway, MTU 1500');
  }
  const owner = on.index.publicOwner(packet.dst);
  if (owner !== undefined) return fromInternet(on, owner, packet, turns);
  const host = on.index.internetHost(packet.dst);
  if (host !== undefined) return { kind: 'arrive', netns: host.netns, dev: host.dev, packet };
  return { kind: 'arrive', netns: `internet/${packet.dst}`, dev: 'eth0', packet };
}

function fromInternet(
  on: FabricWalk,
  owner: NonNullable<ReturnType<FabricWalk['index']['publicOwner']>>,
  packet: Packet,
  turns: number,
): Crossing {
  if (turns === 0) return { kind: 'unknown', what: 'gateways send the packet in a circle', packet };
  const subnet = on.index.subnet(owner.kind === 'eni' ? owner.eni.subnet : owner.gateway.subnet);
  const vpc = subnet?.vpc ?? '';
  const gateway = on.index.internetGatewayOf(vpc);
  if (subnet === undefined || gateway === undefined)
    return die(on, packet, 'dropped', `${packet.dst} belongs to a VPC without an internet gateway`, vpc);
  on.enter({ kind: 'internet-gateway', name: gateway.id });
  const inside = owner.kind === 'eni' ? owner.inside : owner.gateway.privateIp;
  const rewritten = igwRewrite(on, gateway.id, packet, insideOut(packet, inside));
  if (owner.kind === 'eni') {
    on.enter({ kind: 'vpc', name: vpc });
    return deliver(on, owner.eni, rewritten);
  }
  return backThroughNatGateway(on, owner.gateway, vpc, subnet.routeTable, rewritten, turns - 1);
}

/** Destination outside ⇒ inside; in an ICMP error also the source it quotes. */
function insideOut(packet: Packet, inside: Ip): Packet {
  if (packet.l4.kind !== 'icmp-error') return { ...packet, dst: inside };
  return { ...packet, dst: inside, l4: { ...packet.l4, quoted: { ...packet.l4.quoted, src: inside } } };
}

function backThroughNatGateway(
  on: FabricWalk,
  gateway: NatGateway,
  vpc: string,
  table: string,
  packet: Packet,
  turns: number,
): Crossing {
  on.enter({ kind: 'nat-gateway', name: gateway.id });
  const found = on.nat(gateway.id).inbound(packet, on.walk.now);
  if (found.kind !== 'translated') {
    return die(
      on,
      packet,
      'dropped',
      `NAT gateway ${gateway.id} has no connection for this packet: nothing may come in uninvited`,
      gateway.id,
    );
  }
  if (packet.ttl <= 1) return die(on, packet, 'ttl-exceeded', `TTL ran out at NAT gateway ${gateway.id}`, gateway.id);
  const back = { ...found.packet, ttl: packet.ttl - 1 };
  recordFabric(on, 'nat-gateway', packet, back, {
    action: `dst ${packet.dst} ⇒ ${back.dst}`,
    because: 'the answer to a connection it translated',
    text: gateway.id,
  });
  on.enter({ kind: 'vpc', name: vpc });
  return route(on, vpc, table, back, turns);
}

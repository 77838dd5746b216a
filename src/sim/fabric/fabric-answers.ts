import type { Eni, EniService, Subnet } from '../../fabric/index.ts';
import type { Ip } from '../../net/index.ts';
import type { Place } from '../../trace/index.ts';
import { type Packet, packetHeaders } from '../packet.ts';
import { type Crossing, die, type FabricPacket, type FabricWalk, recordFabric } from './fabric-walk.ts';

/** TTL of packets the fabric's own devices make. */
export const FABRIC_TTL = 64;
const ICMP_LENGTH = 56;

const icmpError = (about: Packet, from: Ip, type: number, code: number, mtu?: number): Packet => ({
  family: about.family,
  src: from,
  dst: about.src,
  protocol: about.family === 4 ? 'icmp' : 'ipv6-icmp',
  ttl: FABRIC_TTL,
  tos: 0,
  length: ICMP_LENGTH,
  df: false,
  l4: { kind: 'icmp-error', type, code, ...(mtu === undefined ? {} : { mtu }), quoted: about },
});

export const timeExceeded = (about: Packet, from: Ip): Packet => icmpError(about, from, about.family === 4 ? 11 : 3, 0);

/** What a NAT gateway says to a TCP packet of a connection it has forgotten. */
export function reset(about: Packet): Packet | undefined {
  const { l4 } = about;
  if (l4.kind !== 'tcp' || l4.flags.includes('RST')) return undefined;
  const back: Packet = { ...about, src: about.dst, dst: about.src, ttl: FABRIC_TTL, length: 40 };
  return { ...back, l4: { kind: 'tcp', sport: l4.dport, dport: l4.sport, flags: ['RST', 'ACK'] } };
}

const SYN_ACK_LENGTH = { 4: 60, 6: 80 } as const;

/** What one of the fabric's own says to a SYN; undefined of any other packet. */
export function synAck(packet: Packet): Packet | undefined {
  const { l4, family } = packet;
  if (l4.kind !== 'tcp' || !l4.flags.includes('SYN') || l4.flags.includes('ACK')) return undefined;
  return {
    ...packet,
    src: packet.dst,
    dst: packet.src,
    ttl: FABRIC_TTL,
    length: SYN_ACK_LENGTH[family],
    l4: { kind: 'tcp', sport: l4.dport, dport: l4.sport, flags: ['SYN', 'ACK'] },
  };
}

/** What one of the fabric's own says to a datagram: as many bytes as it was asked with. */
export function datagramBack(packet: Packet): Packet | undefined {
  const { l4 } = packet;
  if (l4.kind !== 'ports') return undefined;
  return {
    ...packet,
    src: packet.dst,
    dst: packet.src,
    ttl: FABRIC_TTL,
    tos: 0,
    df: false,
    l4: { kind: 'ports', sport: l4.dport, dport: l4.sport },
  };
}

/** True when the next leg cannot carry the packet and nobody may cut it. */
export const exceeds = (packet: Packet, mtu: number): boolean =>
  packet.length > mtu && (packet.df || packet.family === 6);

/**
 * The only ICMP the implicit router sends, from the subnet's first address (EC2 guide, network MTU). `about` is the packet
 * as the one who is told sent it: behind a NAT gateway that is the gateway, which passes it on like any error. `from` is
 * undefined where nobody is documented to send one.
 */
export function tooBig(
  on: FabricWalk,
  packet: Packet,
  mtu: number,
  text: string,
  sender: {
    readonly vpc: string;
    readonly subnet?: Subnet;
    readonly from: Ip | undefined;
    readonly about: Packet;
  },
): Crossing {
  const { vpc, subnet, from, about } = sender;
  const because = `${packet.length} bytes${packet.family === 4 ? ' with DF' : ''} do not fit the MTU of ${mtu}`;
  if (from === undefined || about.family === 6) {
    on.walk.assumptions.add('no packet-too-big message of the VPC reaches an IPv6 sender');
    return die(on, packet, 'too-big', { kind: 'mtu', mtu }, because, text);
  }
  const error: FabricPacket = {
    vpc,
    ...(subnet === undefined ? {} : { subnet }),
    place: { kind: 'vpc', name: vpc },
    packet: icmpError(about, from, 3, 4, mtu),
  };
  return die(on, packet, 'too-big', { kind: 'mtu', mtu }, because, text, error);
}

/** Services that are not AWS's own (PrivateLink guide, endpoint services). */
const PROVIDED = /(?:^|\.)vpce-svc-/;

/**
 * It takes TCP on its ports and answers; what becomes of anything else hangs on security groups and software of AWS's own,
 * which no input describes.
 */
export function answerFromService(
  on: FabricWalk,
  eni: Eni,
  packet: Packet,
  { owner, process, ports }: EniService,
): Crossing {
  const [kind, name] = [
    owner.startsWith('control-plane/') ? 'control-plane' : 'vpc-endpoint',
    owner.slice(owner.indexOf('/') + 1),
  ] as const;
  const place: Place = { kind, name };
  const who = kind === 'control-plane' ? 'the control plane' : name;
  const { l4 } = packet;
  const subnet = on.index.subnet(eni.subnet);
  recordFabric(on, 'delivery', packet, packet, {
    action: `${packet.dst} is ${eni.id} of ${who}`,
    text: eni.id,
  });
  if (on.flows().isExpected(packet)) {
    on.enter(place);
    return { kind: 'delivered', name: owner, packet, socket: process, answer: undefined };
  }
  if (l4.kind !== 'tcp' || !ports.includes(l4.dport)) {
    const what = `only TCP ${ports.join(', ')} of ${who} is modelled, not ${packet.protocol} ${l4.kind === 'tcp' ? l4.dport : ''}`;
    return { kind: 'unknown', what, packet };
  }
  if (PROVIDED.test(process)) {
    const what = `behind ${who} stands a load balancer of who provides ${process}, and what that does is in no input`;
    return { kind: 'unknown', what, packet };
  }
  on.enter(place);
  on.walk.record?.({
    kind: 'deliver',
    socket: process,
    action: `to ${process} on ${packet.dst}:${l4.dport}`,
    because: '',
    evidence: { plane: 'sim', artefact: { file: 'fabric.json' }, text: eni.id },
    before: packetHeaders(packet),
    after: packetHeaders(packet),
  });
  const answer = synAck(packet);
  return {
    kind: 'delivered',
    name: eni.owner,
    packet,
    socket: process,
    answer: answer && {
      vpc: subnet?.vpc ?? '',
      ...(subnet === undefined ? {} : { subnet, eni }),
      place,
      packet: answer,
    },
  };
}

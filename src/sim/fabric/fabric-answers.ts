import type { Eni } from '../../fabric/index.ts';
import type { Ip } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import type { Crossing, FabricWalk } from './fabric-walk.ts';
import { recordFabric } from './fabric-walk.ts';

/** TTL of packets the fabric's own devices make. */
const FABRIC_TTL = 64;
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

export const fragmentationNeeded = (about: Packet, from: Ip, mtu: number): Packet =>
  about.family === 4 ? icmpError(about, from, 3, 4, mtu) : icmpError(about, from, 2, 0, mtu);

/**
 * The API server behind an ENI of the control plane: it takes TCP 443 and answers; everything else is dropped by the
 * cluster security group's other side, which no input describes.
 */
export function answerFromControlPlane(on: FabricWalk, eni: Eni, packet: Packet, vpc: string): Crossing {
  const { l4 } = packet;
  recordFabric(on, 'delivery', packet, packet, {
    action: `${packet.dst} is ${eni.id}, the control plane's`,
    text: eni.id,
  });
  if (l4.kind !== 'tcp' || l4.dport !== 443) {
    return {
      kind: 'unknown',
      what: `only TCP 443 of the control plane is modelled, not ${packet.protocol} ${l4.kind === 'tcp' ? l4.dport : ''}`,
      packet,
    };
  }
  const isSyn = l4.flags.includes('SYN') && !l4.flags.includes('ACK');
  const answer: Packet = {
    ...packet,
    src: packet.dst,
    dst: packet.src,
    ttl: FABRIC_TTL,
    length: 60,
    l4: { kind: 'tcp', sport: l4.dport, dport: l4.sport, flags: ['SYN', 'ACK'] },
  };
  const name = eni.owner;
  return {
    kind: 'delivered',
    name,
    packet,
    socket: 'kube-apiserver',
    answer: isSyn
      ? { vpc, place: { kind: 'control-plane', name: name.slice(name.indexOf('/') + 1) }, packet: answer }
      : undefined,
  };
}

import type { TrafficClass } from '../../../fabric/index.ts';
import { protocolNumber } from '../../../net/index.ts';
import type { Packet } from '../../packet.ts';

/** Whether a rule is for packets of this protocol, to whatever port. */
export const fitsProtocol = ({ protocol }: TrafficClass, packet: Packet): boolean =>
  protocol === 'all' || protocolNumber(protocol) === protocolNumber(packet.protocol);

/** Whether a packet is of a rule's class. Ports are those it is sent to; a reply's are the ones the request was sent from. */
export function fits(rule: TrafficClass, packet: Packet): boolean {
  const { protocol, ports, icmp } = rule;
  if (protocol === 'all') return true;
  if (!fitsProtocol(rule, packet)) return false;
  if (ports !== undefined) return isWithin(ports, destinationPort(packet));
  return icmp === undefined || isOfType(icmp, packet);
}

export function destinationPort({ l4 }: Packet): number | undefined {
  return l4.kind === 'tcp' || l4.kind === 'ports' ? l4.dport : undefined;
}

export const isWithin = ({ from, to }: NonNullable<TrafficClass['ports']>, port: number | undefined): boolean =>
  port !== undefined && port >= from && port <= to;

function isOfType({ type, code }: NonNullable<TrafficClass['icmp']>, { l4 }: Packet): boolean {
  if (l4.kind !== 'icmp-query' && l4.kind !== 'icmp-error') return false;
  return l4.type === type && (code === undefined || l4.code === code);
}

/** A packet as the one rule that lets it pass would name it: `tcp 5432`, `icmp 3/4`, `sctp`. */
export function trafficOf(packet: Packet): TrafficClass {
  const { protocol, l4 } = packet;
  const port = protocol === 'tcp' || protocol === 'udp' ? destinationPort(packet) : undefined;
  if (port !== undefined) return { protocol, ports: { from: port, to: port } };
  if (l4.kind === 'icmp-error') return { protocol, icmp: { type: l4.type, code: l4.code } };
  return l4.kind === 'icmp-query' ? { protocol, icmp: { type: l4.type } } : { protocol };
}

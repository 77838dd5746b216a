import { isEveryPort, showPorts, type TrafficClass } from '../../../../fabric/index.ts';
import { type Cidr, type Family, protocolNumber } from '../../../../net/index.ts';

export const IP: Readonly<Record<Family, string>> = { 4: 'ip', 6: 'ip6' };

/** The words of nft for a rule's class; undefined where it has nothing to do with the family. */
export function trafficWords({ protocol, ports, icmp }: TrafficClass, family: Family): readonly string[] | undefined {
  if (protocol === 'all') return [];
  if (protocol === (family === 4 ? 'ipv6-icmp' : 'icmp')) return undefined;
  if (ports !== undefined && !isEveryPort(ports)) return [`${protocol} dport ${showPorts(ports)}`];
  const word = protocol === 'ipv6-icmp' ? 'icmpv6' : 'icmp';
  if (icmp !== undefined)
    return [`${word} type ${icmp.type}`, ...(icmp.code === undefined ? [] : [`${word} code ${icmp.code}`])];
  return [`meta l4proto ${protocolNumber(protocol)}`];
}

/** The peer of a packet in one of these blocks; undefined where none is of the family. */
export function peerWords(
  field: 'saddr' | 'daddr',
  cidrs: readonly Cidr[],
  family: Family,
): readonly string[] | undefined {
  const own = cidrs.filter((each) => each.family === family);
  if (own.length === 0) return undefined;
  if (own.some(({ prefix }) => prefix === 0)) return [`meta protocol ${IP[family]}`];
  return [`${IP[family]} ${field} { ${[...new Set(own.map(({ text }) => text))].join(', ')} }`];
}

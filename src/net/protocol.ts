/** IP protocols by the names iptables and /etc/protocols use. */
const numbers = {
  icmp: 1,
  igmp: 2,
  ipencap: 4,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  ah: 51,
  'ipv6-icmp': 58,
  sctp: 132,
  udplite: 136,
} as const;

/** `tcp, udp, gre`: every name there is. */
export const protocolNames = (): readonly string[] => Object.keys(numbers);

/** A named protocol, or the number of one that has no name here (0-255). */
export type Protocol = keyof typeof numbers | number;

const names = new Map<number, Protocol>(Object.entries(numbers).map(([name, value]) => [value, name as Protocol]));

export const protocolNumber = (protocol: Protocol): number =>
  typeof protocol === 'number' ? protocol : numbers[protocol];

/** Canonical form: the name where there is one. */
export const protocolOf = (value: number): Protocol => names.get(value) ?? value;

export function parseProtocol(text: string): Protocol | undefined {
  if (Object.hasOwn(numbers, text)) return text as Protocol;
  if (text === 'icmpv6') return 'ipv6-icmp';
  return /^\d{1,3}$/.test(text) && Number(text) < 256 ? protocolOf(Number(text)) : undefined;
}

export const hasPorts = (protocol: Protocol): protocol is 'tcp' | 'udp' | 'udplite' | 'sctp' =>
  protocol === 'tcp' || protocol === 'udp' || protocol === 'udplite' || protocol === 'sctp';

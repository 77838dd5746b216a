/** What a plane is known to get wrong, or cannot do: a row, and the reason. docs/fidelity.md shows them. */
export interface KnownGap {
  readonly plane: 'sim' | 'kernel';
  readonly group: string;
  readonly put: string;
  readonly because: string;
}

export const KNOWN_GAPS: readonly KnownGap[] = [
  {
    plane: 'kernel',
    group: 'a SYN whose answer has no route leaves no connection behind',
    put: 'in0 tcp 203.0.113.9:4000 > 10.1.0.1:80 S',
    because: 'an answer that no hook saw, for want of a route, leaves no event',
  },
  {
    plane: 'kernel',
    group: 'IPv6: an echo request this host cannot answer for want of a route has reached it',
    put: 'in0 ipv6-icmp fd01::5 > fd01::1 128/0 id 7',
    because: 'an answer that no hook saw, for want of a route, leaves no event',
  },
  {
    plane: 'kernel',
    group: "a local route of a table of one's own takes packets, and no answer leaves from its addresses",
    put: 'in0 tcp 10.1.0.2:4000 > 10.97.0.5:80 S',
    because: 'an answer that no hook saw, for want of a route, leaves no event',
  },
  {
    plane: 'kernel',
    group: "a local route of a table of one's own takes packets, and no answer leaves from its addresses",
    put: 'in0 tcp 10.1.0.2:4000 > 10.97.0.5:81 S',
    because: 'an answer that no hook saw, for want of a route, leaves no event',
  },
  {
    plane: 'kernel',
    group: "a local route of a table of one's own takes packets, and no answer leaves from its addresses",
    put: 'in0 icmp 10.1.0.2 > 10.97.0.5 8/0 id 7',
    because: 'an answer that no hook saw, for want of a route, leaves no event',
  },
  {
    plane: 'kernel',
    group: "IPv6: the anycast address of a router's subnet is for the router, which answers from an address of its own",
    put: 'in0 tcp [fd01::2]:4000 > [fd02::]:80 S',
    because: 'what the kernel takes and does not answer leaves no event, and counts as delivered',
  },
  {
    plane: 'sim',
    group:
      'IPv6: a traffic class or hop limit that is changed before delivery spoils a checksum the kernel has worked out itself',
    put: 'in0 udp [fd01::2]:4002 > [fd01::1]:81 length 200',
    because: 'whether a device vouched for a checksum, or conntrack worked it out, is not modelled (udp6_csum_init)',
  },
  {
    plane: 'sim',
    group:
      'IPv6: a traffic class or hop limit that is changed before delivery spoils a checksum the kernel has worked out itself',
    put: 'in0 udp [fd01::2]:4003 > [fd01::1]:83 length 200',
    because: 'whether a device vouched for a checksum, or conntrack worked it out, is not modelled (udp6_csum_init)',
  },
];

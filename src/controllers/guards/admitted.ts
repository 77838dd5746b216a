import type { PeerSpec } from '../../cluster/index.ts';
import { type Cidr, defaultRoute, type Family, parseCidr } from '../../net/index.ts';

/** Whom a load balancer is told to let in. */
export interface Admitted {
  readonly cidrs: readonly Cidr[];
  /** Absent: nobody asks for any, which is not the same as to ask for none of them. */
  readonly prefixLists: readonly string[] | undefined;
}

/** Blocks as they are written; `refuse` hears of one that is none, be it an address without its length (Go's net.ParseCIDR). */
export const readCidrs = (texts: readonly string[], refuse: (text: string) => void): readonly Cidr[] =>
  texts.flatMap((text) => {
    const block = text.includes('/') ? parseCidr(text) : undefined;
    if (block === undefined) refuse(text);
    return block ?? [];
  });

/** Where nobody is named everybody is let in, over each family the load balancer has (buildCIDRsFromSourceRanges). */
export function peersOf({ cidrs, prefixLists }: Admitted, dualstack: boolean): readonly PeerSpec[] {
  const isOpen = cidrs.length === 0 && prefixLists === undefined;
  return [
    ...(isOpen ? everybody(dualstack) : cidrs).map((cidr) => ({ kind: 'cidr', cidr }) as const),
    ...(prefixLists ?? []).map((id) => ({ kind: 'prefix-list', id }) as const),
  ];
}

export const everybody = (dualstack: boolean): readonly Cidr[] =>
  (dualstack ? ([4, 6] as const) : ([4] as const)).map((family: Family) => defaultRoute(family));

/** `0.0.0.0/0`, `::/0`. */
export const isEverybody = (peer: PeerSpec): boolean => peer.kind === 'cidr' && peer.cidr.prefix === 0;

/** Messages that a packet was too big, which a group lets in only where a rule says so (VPC guide, path MTU discovery). */
export const tooBigFrom = (peers: readonly PeerSpec[]) =>
  peers.map((peer) => ({
    ...(peer.kind === 'cidr' && peer.cidr.family === 6
      ? ({ protocol: 'ipv6-icmp', icmp: { type: 2, code: 0 } } as const)
      : ({ protocol: 'icmp', icmp: { type: 3, code: 4 } } as const)),
    peer,
  }));

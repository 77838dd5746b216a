import type { Cidr, Ip, Protocol } from '../../net/index.ts';
import type { Origin } from '../origin.ts';

/** One part of an element: what one of the comma-separated words of a set's type holds. */
export type IpSetPart =
  | { readonly kind: 'ip'; readonly ip: Ip }
  | { readonly kind: 'net'; readonly cidr: Cidr }
  /** `protocol` is absent in a `bitmap:port`, which has ports of TCP and UDP alike. */
  | { readonly kind: 'port'; readonly protocol?: Protocol; readonly port: number };

export interface IpSetElement {
  /** As many as the set's type has dimensions. */
  readonly parts: readonly IpSetPart[];
  /** An exception from a larger block of the same set. */
  readonly nomatch: boolean;
  readonly origin?: Origin;
}

/** A set of the kernel's (net/netfilter/ipset), as `ipset save` prints it. */
export interface IpSet {
  readonly name: string;
  /** `hash:ip,port`, `bitmap:port`... */
  readonly type: string;
  /** What follows the type: `family inet hashsize 1024 maxelem 65536`. */
  readonly options: string;
  readonly elements: readonly IpSetElement[];
  /** The first line of it that this model cannot hold; a rule that asks such a set is not decided. */
  readonly unsupported?: string;
}

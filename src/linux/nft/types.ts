import type { Cidr, Ip, Protocol } from '../../net/index.ts';
import type { Hook } from '../iptables/types.ts';
import type { Origin } from '../origin.ts';

/** Families whose packets walk; of a table of another family no chain is read. */
export type NftFamily = 'ip' | 'ip6' | 'inet';

/** A native nft table (`nft list table ip aws-cni`). */
export interface NftTable {
  readonly family: NftFamily | 'netdev' | 'arp' | 'bridge';
  readonly name: string;
  readonly comment?: string;
  /** Listed before the chains, whatever was made first. */
  readonly objects: readonly NftObject[];
  readonly chains: readonly NftChain[];
}

export type NftObject = NftSet | NftUnread;

/** What the model does not evaluate is kept as text: a rule that names it is `unsupported`. */
export interface NftUnread {
  readonly kind: 'unsupported';
  readonly text: string;
  /** Present on a base chain that is not read: whoever meets it ends unknown. */
  readonly meets?: NftMeets;
  /** Where it stands in the text it was read from, where that is not the line it would be printed at. */
  readonly line?: number;
}

/** Who meets a base chain: packets at a hook or a side of devices, who asks or is asked for a neighbour, what a bridge passes, all. */
export type NftMeets =
  | { readonly kind: 'hook'; readonly hook: Hook }
  /** `eth*` among the devices is a start of names. */
  | { readonly kind: 'device'; readonly side: 'ingress' | 'egress'; readonly devices: readonly string[] }
  | { readonly kind: 'neighbours' }
  | { readonly kind: 'bridges' }
  | { readonly kind: 'all' };

/** A named set, or a map whose elements carry verdicts. Times are milliseconds. */
export interface NftSet {
  readonly kind: 'set' | 'vmap';
  readonly name: string;
  /** More than one: the key is a concatenation. */
  readonly type: readonly NftDatatype[];
  readonly size?: number;
  /** `constant`, `interval`, `timeout`, `dynamic`, in the kernel's order. */
  readonly flags: readonly string[];
  readonly timeout?: number;
  readonly gcInterval?: number;
  readonly autoMerge: boolean;
  readonly comment?: string;
  readonly elements: readonly NftElement[];
}

/** What a key may be made of (nft(8), DATA TYPES). */
export type NftDatatype =
  | 'ipv4_addr'
  | 'ipv6_addr'
  | 'inet_proto'
  | 'inet_service'
  | 'ifname'
  | 'mark'
  | 'fib_addrtype'
  | 'ct_state'
  | 'integer';

export type NftValue = Ip | Protocol | string | number;

/** One part of an element's key: all values from one to another, both included. */
export interface NftRange {
  readonly from: NftValue;
  readonly to: NftValue;
}

export interface NftElement {
  readonly key: readonly NftRange[];
  /** Milliseconds; `expires` is what is left of `timeout`. */
  readonly timeout?: number;
  readonly expires?: number;
  readonly comment?: string;
  /** In a map. */
  readonly verdict?: NftVerdict;
  readonly origin?: Origin;
}

export type NftVerdict =
  | { readonly kind: 'verdict'; readonly verdict: 'accept' | 'drop' | 'return' | 'continue' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

/** What a lookup reads of a packet, or draws. */
export type NftKey =
  | { readonly kind: 'address'; readonly version: 'ip' | 'ip6'; readonly field: 'saddr' | 'daddr' }
  | {
      readonly kind: 'port';
      readonly protocol: 'tcp' | 'udp' | 'sctp' | 'th';
      readonly field: 'sport' | 'dport';
    }
  /** `ip protocol` reads the same of an IPv4 header as `meta l4proto`. */
  | { readonly kind: 'l4proto'; readonly of: 'meta' | 'ip' }
  | { readonly kind: 'interface'; readonly field: 'iifname' | 'oifname' }
  | { readonly kind: 'mark'; readonly of: 'meta' | 'ct' }
  | { readonly kind: 'fib-type'; readonly of: 'saddr' | 'daddr' }
  | { readonly kind: 'ct-state' }
  /** A number below `mod`, plus `offset`: drawn, or the next one. */
  | {
      readonly kind: 'numgen';
      readonly mode: 'random' | 'inc';
      readonly mod: number;
      readonly offset: number;
    };

/** A set by its name, or one that stands in the rule. */
export type NftSetRef =
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'anonymous'; readonly elements: readonly NftElement[] };

export interface NftChain {
  readonly name: string;
  readonly comment?: string;
  /** Present on base chains. `priority` is the number (`dstnat + 10` is -90). */
  readonly base?: {
    readonly type: 'filter' | 'nat' | 'route';
    readonly hook: Hook;
    readonly priority: number;
    readonly policy: 'accept' | 'drop';
  };
  readonly rules: readonly NftRule[];
}

/** Statements run left to right; a match that fails ends the rule. */
export interface NftRule {
  readonly statements: readonly NftStatement[];
  readonly comment?: string;
  /** Where it stands in the text it was read from, where that is not the line it would be printed at. */
  readonly line?: number;
  readonly origin?: Origin;
}

/** The codes nft has a name for: of IPv4, of IPv6, and of whichever the packet is (nftables, src/datatype.c). */
export const REJECT_CODES = {
  icmp: [
    'net-unreachable',
    'host-unreachable',
    'prot-unreachable',
    'port-unreachable',
    'frag-needed',
    'net-prohibited',
    'host-prohibited',
    'admin-prohibited',
  ],
  icmpv6: ['no-route', 'admin-prohibited', 'addr-unreachable', 'port-unreachable', 'policy-fail', 'reject-route'],
  icmpx: ['no-route', 'admin-prohibited', 'host-unreachable', 'port-unreachable'],
} as const;

type RejectCode<K extends keyof typeof REJECT_CODES> = `${K} ${(typeof REJECT_CODES)[K][number]}`;

/** What `reject` answers, as nft lists it behind `with`. */
export type NftReject = 'tcp reset' | RejectCode<'icmp'> | RejectCode<'icmpv6'> | RejectCode<'icmpx'>;

export type NftStatement =
  | {
      readonly kind: 'match-address';
      readonly field: 'saddr' | 'daddr';
      readonly not: boolean;
      readonly cidrs: readonly Cidr[];
    }
  | {
      readonly kind: 'match-interface';
      readonly field: 'iifname' | 'oifname';
      readonly not: boolean;
      readonly name: string;
      readonly wildcard: boolean;
    }
  | {
      readonly kind: 'match-port';
      readonly protocol: 'tcp' | 'udp' | 'sctp' | 'th';
      readonly field: 'sport' | 'dport';
      readonly not: boolean;
      readonly ports: readonly { readonly from: number; readonly to: number }[];
    }
  | { readonly kind: 'match-l4proto'; readonly not: boolean; readonly protocols: readonly string[] }
  | { readonly kind: 'match-fib-type'; readonly of: 'saddr' | 'daddr'; readonly not: boolean; readonly type: string }
  | {
      readonly kind: 'match-mark';
      readonly of: 'meta' | 'ct';
      readonly mask: number;
      readonly not: boolean;
      readonly value: number;
    }
  | { readonly kind: 'match-ct-state'; readonly not: boolean; readonly states: readonly string[] }
  | { readonly kind: 'counter' }
  /** `meta mark set EXPR` / `ct mark set EXPR`; the new value is `((source & and) ^ xor) | or`. */
  | {
      readonly kind: 'set-mark';
      readonly of: 'meta' | 'ct';
      readonly source: 'meta' | 'ct' | 'immediate';
      readonly and: number;
      readonly or: number;
      readonly xor: number;
    }
  /** Whether the packet's key is in a set; the plain matches above are the common forms of it. */
  | { readonly kind: 'lookup'; readonly keys: readonly NftKey[]; readonly not: boolean; readonly set: NftSetRef }
  /** The verdict a map has for the packet's key; without one the rule ends. */
  | { readonly kind: 'vmap'; readonly keys: readonly NftKey[]; readonly map: NftSetRef }
  /** Writes the packet's key into a set. Milliseconds. */
  | {
      readonly kind: 'update-set';
      readonly op: 'add' | 'update' | 'delete';
      readonly set: string;
      readonly keys: readonly NftKey[];
      readonly timeout?: number;
    }
  | NftVerdict
  | { readonly kind: 'reject'; readonly with: NftReject }
  | {
      readonly kind: 'dnat' | 'snat';
      readonly to: Ip;
      readonly port?: number;
      readonly random: boolean;
      readonly fullyRandom: boolean;
    }
  | { readonly kind: 'masquerade'; readonly random: boolean; readonly fullyRandom: boolean }
  | { readonly kind: 'unsupported'; readonly text: string };

import type { Cidr, Ip } from '../../net/index.ts';
import type { Hook } from '../iptables/types.ts';
import type { Origin } from '../origin.ts';

/** A native nft table (`nft list table ip aws-cni`). */
export interface NftTable {
  readonly family: 'ip' | 'ip6' | 'inet';
  readonly name: string;
  readonly chains: readonly NftChain[];
  /** Sets, maps and other objects the model does not evaluate, as text: a rule that names one is `unsupported`. */
  readonly unsupported: readonly string[];
}

export interface NftChain {
  readonly name: string;
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
  readonly origin?: Origin;
}

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
  | { readonly kind: 'verdict'; readonly verdict: 'accept' | 'drop' | 'return' | 'continue' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'reject'; readonly with: string }
  | {
      readonly kind: 'dnat' | 'snat';
      readonly to: Ip;
      readonly port?: number;
      readonly random: boolean;
      readonly fullyRandom: boolean;
    }
  | { readonly kind: 'masquerade'; readonly random: boolean; readonly fullyRandom: boolean }
  | { readonly kind: 'unsupported'; readonly text: string };

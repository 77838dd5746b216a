import type { Cidr, Family, Ip, Protocol } from '../../net/index.ts';
import type { Origin } from '../origin.ts';

/**
 * The five hooks, and the tables that hang on each in the order the kernel runs them
 * (include/uapi/linux/netfilter_ipv4.h; conntrack sits at -200, between raw and mangle):
 *
 *        wire ─▶ PREROUTING ─▶ route ─▶ FORWARD ─▶ POSTROUTING ─▶ wire
 *            raw mangle nat(dst)  │   mangle filter   mangle nat(src)
 *                                 ▼                        ▲
 *                               INPUT                   OUTPUT ◀─ route
 *                         mangle filter nat(src)   raw mangle nat(dst) filter
 *                                 ▼                        ▲
 *                               socket ────────────────────┘
 */
export type Hook = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';
export type TableName = 'raw' | 'mangle' | 'nat' | 'filter' | 'security';

export interface Iptables {
  /** Which binary wrote the rules: it decides the CNI's connmark backend, and nothing a packet can see. */
  readonly variant: 'nft' | 'legacy';
  readonly ip: Ruleset;
  readonly ip6: Ruleset;
}

/** Tables in no order; the printer uses iptables-save's: mangle, security, raw, filter, nat. */
export type Ruleset = ReadonlyMap<TableName, Table>;

export interface Table {
  readonly name: TableName;
  /** Built-in chains have a policy; user chains do not. */
  readonly chains: ReadonlyMap<string, Chain>;
}

export interface Chain {
  readonly name: string;
  readonly policy?: 'ACCEPT' | 'DROP';
  readonly rules: readonly Rule[];
}

export interface Rule {
  /** In the order iptables-save prints them. */
  readonly matches: readonly Match[];
  /** undefined: a rule without `-j`, which only counts. */
  readonly target: Target | undefined;
  /** Where it stands in the text it was read from, where that is not the line it would be printed at. */
  readonly line?: number;
  readonly origin?: Origin;
}

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export type CtState = 'INVALID' | 'NEW' | 'ESTABLISHED' | 'RELATED' | 'UNTRACKED' | 'SNAT' | 'DNAT';
export type AddrType =
  | 'UNSPEC'
  | 'UNICAST'
  | 'LOCAL'
  | 'BROADCAST'
  | 'ANYCAST'
  | 'MULTICAST'
  | 'BLACKHOLE'
  | 'UNREACHABLE'
  | 'PROHIBIT'
  | 'THROW'
  | 'NAT'
  | 'XRESOLVE';

/** `not` negates (`! -s`, `! --dst-type`): a field, never a second kind. */
export type Match =
  | { readonly kind: 'source' | 'destination'; readonly not: boolean; readonly cidr: Cidr }
  | {
      readonly kind: 'in-interface' | 'out-interface';
      readonly not: boolean;
      readonly name: string /** `eni+` */;
      readonly wildcard: boolean;
    }
  | { readonly kind: 'protocol'; readonly not: boolean; readonly protocol: Protocol | 'all' }
  | { readonly kind: 'fragment'; readonly not: boolean }
  | { readonly kind: 'comment'; readonly text: string }
  /** `-m tcp`, `-m udp`, `-m sctp`, with or without ports. */
  | {
      readonly kind: 'transport';
      readonly protocol: 'tcp' | 'udp' | 'sctp' | 'udplite';
      readonly sport?: PortMatch;
      readonly dport?: PortMatch;
      readonly tcpFlags?: { readonly not: boolean; readonly mask: readonly string[]; readonly comp: readonly string[] };
    }
  | {
      readonly kind: 'icmp';
      readonly family: 4 | 6;
      readonly not: boolean;
      readonly type: number;
      readonly codeFrom: number;
      readonly codeTo: number;
      readonly any: boolean;
    }
  | { readonly kind: 'mark' | 'connmark'; readonly not: boolean; readonly value: number; readonly mask: number }
  | { readonly kind: 'conntrack'; readonly tests: readonly ConntrackTest[] }
  /** Old `-m state --state`. */
  | { readonly kind: 'state'; readonly not: boolean; readonly states: readonly CtState[] }
  | {
      readonly kind: 'addrtype';
      readonly src?: { readonly not: boolean; readonly types: readonly AddrType[] };
      readonly dst?: { readonly not: boolean; readonly types: readonly AddrType[] };
      readonly limitIfaceIn: boolean;
      readonly limitIfaceOut: boolean;
    }
  /** `numerator / 2^31`, as the kernel stores it (xt_statistic.c). */
  | { readonly kind: 'statistic-random'; readonly not: boolean; readonly numerator: number }
  | { readonly kind: 'statistic-nth'; readonly not: boolean; readonly every: number; readonly packet: number }
  | {
      readonly kind: 'recent';
      readonly not: boolean;
      readonly op: 'set' | 'rcheck' | 'update' | 'remove';
      readonly name: string;
      readonly seconds?: number;
      readonly hitcount?: number;
      readonly reap: boolean;
      readonly rttl: boolean;
      readonly mask: Ip;
      readonly side: 'rsource' | 'rdest';
    }
  | {
      readonly kind: 'multiport';
      readonly not: boolean;
      readonly side: 'sports' | 'dports' | 'ports';
      readonly ports: readonly PortRange[];
    }
  | {
      readonly kind: 'iprange';
      readonly src?: { readonly not: boolean; readonly from: Ip; readonly to: Ip };
      readonly dst?: { readonly not: boolean; readonly from: Ip; readonly to: Ip };
    }
  | {
      readonly kind: 'rpfilter';
      readonly invert: boolean;
      readonly loose: boolean;
      readonly validmark: boolean;
      readonly acceptLocal: boolean;
    }
  | { readonly kind: 'length'; readonly not: boolean; readonly from: number; readonly to: number }
  /** `-m ttl`; of IPv6 `-m hl`. */
  | { readonly kind: 'ttl'; readonly family: Family; readonly op: 'eq' | 'ne' | 'lt' | 'gt'; readonly value: number }
  | { readonly kind: 'pkttype'; readonly not: boolean; readonly type: 'unicast' | 'broadcast' | 'multicast' }
  | { readonly kind: 'nfacct'; readonly name: string }
  /** `-m set --match-set NAME src,dst`: `flags` is which end of the packet each part of the set's elements is compared with. */
  | {
      readonly kind: 'set';
      readonly not: boolean;
      readonly name: string;
      readonly flags: readonly ('src' | 'dst')[];
      readonly returnNomatch: boolean;
    }
  | { readonly kind: 'physdev'; readonly text: string }
  /** A module or option this model does not know. Its text is kept; a walk that has to decide it ends `unknown`. */
  | { readonly kind: 'unsupported'; readonly text: string };

export interface PortMatch {
  readonly not: boolean;
  readonly range: PortRange;
}

export type ConntrackTest =
  | { readonly kind: 'ctstate'; readonly not: boolean; readonly states: readonly CtState[] }
  | {
      readonly kind: 'ctstatus';
      readonly not: boolean;
      readonly statuses: readonly ('NONE' | 'EXPECTED' | 'SEEN_REPLY' | 'ASSURED' | 'CONFIRMED')[];
    }
  | { readonly kind: 'ctdir'; readonly dir: 'ORIGINAL' | 'REPLY' }
  | { readonly kind: 'ctproto'; readonly not: boolean; readonly protocol: Protocol }
  | { readonly kind: 'ctorigsrc' | 'ctorigdst' | 'ctreplsrc' | 'ctrepldst'; readonly not: boolean; readonly cidr: Cidr }
  | {
      readonly kind: 'ctorigsrcport' | 'ctorigdstport' | 'ctreplsrcport' | 'ctrepldstport';
      readonly not: boolean;
      readonly range: PortRange;
    };

export interface NatRange {
  readonly from?: Ip;
  readonly to?: Ip;
  readonly ports?: PortRange;
  /** `P-Q/R`: port R becomes P, R+1 becomes P+1 and so on (NF_NAT_RANGE_PROTO_OFFSET). */
  readonly basePort?: number;
}

/** What REJECT answers, as iptables-save writes it (extensions/libipt_REJECT.c, libip6t_REJECT.c). */
export type RejectWith =
  | 'tcp-reset'
  | 'icmp-net-unreachable'
  | 'icmp-host-unreachable'
  | 'icmp-proto-unreachable'
  | 'icmp-port-unreachable'
  | 'icmp-net-prohibited'
  | 'icmp-host-prohibited'
  | 'icmp-admin-prohibited'
  | 'icmp6-no-route'
  | 'icmp6-adm-prohibited'
  | 'icmp6-addr-unreachable'
  | 'icmp6-port-unreachable'
  | 'icmp6-policy-fail'
  | 'icmp6-reject-route';

export type Target =
  | { readonly kind: 'ACCEPT' | 'DROP' | 'RETURN' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'REJECT'; readonly with: RejectWith }
  /** New mark = (mark & ~mask) ^ value (xt_mark.c). */
  | { readonly kind: 'MARK'; readonly value: number; readonly mask: number }
  | {
      readonly kind: 'CONNMARK';
      readonly op:
        | { readonly kind: 'set'; readonly value: number; readonly mask: number }
        | { readonly kind: 'save' | 'restore'; readonly nfmask: number; readonly ctmask: number };
    }
  | {
      readonly kind: 'DNAT' | 'SNAT';
      readonly range: NatRange;
      readonly random: boolean;
      readonly randomFully: boolean;
      readonly persistent: boolean;
    }
  | {
      readonly kind: 'MASQUERADE' | 'REDIRECT';
      readonly ports?: PortRange;
      readonly random: boolean;
      readonly randomFully: boolean;
    }
  | { readonly kind: 'NETMAP'; readonly to: Cidr }
  /** `via`: saved as `-j CT --notrack`. */
  | { readonly kind: 'NOTRACK'; readonly via?: 'CT' }
  /** `-j TTL`; of IPv6 `-j HL`. */
  | { readonly kind: 'TTL'; readonly family: Family; readonly op: 'set' | 'dec' | 'inc'; readonly value: number }
  /** New TOS byte = (byte & ~mask) ^ value (net/netfilter/xt_DSCP.c, tos_tg). */
  | { readonly kind: 'TOS'; readonly value: number; readonly mask: number }
  /** Its six upper bits. */
  | { readonly kind: 'DSCP'; readonly value: number }
  /** The MSS a SYN is to have at most; undefined: what its path takes (net/netfilter/xt_TCPMSS.c). */
  | { readonly kind: 'TCPMSS'; readonly mss?: number }
  /** A target that changes nothing a walk can see (LOG, NFLOG, TRACE, AUDIT, CHECKSUM...): name and options. */
  | { readonly kind: 'no-effect'; readonly name: string; readonly options: string }
  | { readonly kind: 'unsupported'; readonly name: string; readonly text: string };

/** The chains the kernel gives each table. */
export const BUILTIN_CHAINS: Readonly<Record<TableName, readonly Hook[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** The order iptables-save prints tables in (measured with iptables-nft 1.8.9). */
export const SAVE_ORDER: readonly TableName[] = ['mangle', 'security', 'raw', 'filter', 'nat'];

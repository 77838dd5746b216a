import type { Cidr, Family, Ip, Mac } from '../../net/index.ts';
import type { Origin } from '../origin.ts';
import type { Written } from '../written.ts';

// Field names are iproute2's JSON keys (`ip -j link|addr|route|rule|neigh`), except where a key is a CIDR split in two.

export interface Link {
  readonly ifindex: number;
  readonly ifname: string;
  /** `BROADCAST`, `MULTICAST`, `UP`, `LOWER_UP`, `LOOPBACK`, `NOARP`... as `ip link` prints them. */
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly qdisc: string;
  readonly operstate: string;
  readonly group: string;
  readonly link_type: 'loopback' | 'ether' | 'none';
  readonly address: Mac;
  readonly broadcast: Mac;
  /** The other end's index, for a veth; `ip` prints `@ifN` from it. */
  readonly link_index?: number;
  readonly link_netnsid?: number;
  /** `linkinfo.info_kind`: `veth`, `vlan`... absent for a physical device. */
  readonly info_kind?: string;
  /** Of a `vlan`: `linkinfo.info_data.id`. The device it is on is `link_index`. */
  readonly vlan_id?: number;
  /** The device it is a port of: a bridge, a bond, a VRF. */
  readonly master?: string;
  readonly txqlen?: number;
  readonly altnames?: readonly string[];
  readonly written?: Written;
  readonly origin?: Origin;
}

export interface Address {
  readonly dev: string;
  readonly family: Family;
  readonly local: Ip;
  readonly prefixlen: number;
  readonly scope: 'global' | 'site' | 'link' | 'host';
  readonly broadcast?: Ip;
  readonly label?: string;
  /** Point-to-point peer (`inet A peer B/32`). */
  readonly peer?: Cidr;
  /** A second address of a subnet already present: not used for source selection before the first. */
  readonly secondary?: boolean;
  readonly origin?: Origin;
}

export type RouteType =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'anycast'
  | 'multicast'
  | 'unreachable'
  | 'blackhole'
  | 'prohibit'
  | 'throw';

/** Types that lead nowhere, whatever device is printed beside them. */
export const ROUTE_TYPES_WITHOUT_DEVICE: ReadonlySet<RouteType> = new Set<RouteType>([
  'unreachable',
  'blackhole',
  'prohibit',
  'throw',
]);

export interface NextHop {
  readonly gateway?: Ip;
  readonly dev: string;
  readonly weight: number;
  readonly flags: readonly string[];
}

export interface Route {
  readonly type: RouteType;
  readonly family: Family;
  /** `default` is 0.0.0.0/0 or ::/0. */
  readonly dst: Cidr;
  /** Table number: 254 main, 255 local, 253 default. */
  readonly table: number;
  readonly dev?: string;
  readonly gateway?: Ip;
  readonly nexthops?: readonly NextHop[];
  readonly prefsrc?: Ip;
  /** `kernel`, `boot`, `static`, `dhcp`, `ra`... `boot` is what plain `ip route add` gives and is not printed. */
  readonly protocol: string;
  readonly scope: 'global' | 'site' | 'link' | 'host' | 'nowhere';
  readonly metric?: number;
  /** Of IPv4: the TOS byte a flow needs to take this route; absent: any. */
  readonly tos?: number;
  readonly mtu?: number;
  /** `mtu lock`: nothing a path tells changes it, so this host's own packets may be cut (include/net/ip.h ip_dont_fragment). */
  readonly mtuLocked?: true;
  /** TTL of this host's own packets that go by it (ip4_dst_hoplimit, ip6_dst_hoplimit). */
  readonly hoplimit?: number;
  /** Other metrics by their names, `advmss` or `initcwnd`: where a packet goes depends on none. */
  readonly metrics?: Readonly<Record<string, string>>;
  /** `onlink`, `linkdown`, `dead`... */
  readonly flags: readonly string[];
  /** What this model does not know of it (`nhid`, `encap`, IPv6's `from`): its text. A lookup that reaches the route ends `unknown`. */
  readonly unsupported?: string;
  readonly written?: Written;
  readonly origin?: Origin;
}

export type RuleAction =
  | { readonly kind: 'lookup'; readonly table: number; readonly suppressPrefixlength?: number }
  | { readonly kind: 'goto'; readonly target: number }
  | { readonly kind: 'nop' | 'unreachable' | 'blackhole' | 'prohibit' };

/** One `ip rule`. Every selector present must match; `not` inverts the whole. */
export interface IpRule {
  readonly priority: number;
  readonly family: Family;
  readonly not: boolean;
  readonly src?: Cidr;
  readonly dst?: Cidr;
  readonly iif?: string;
  readonly oif?: string;
  readonly fwmark?: number;
  readonly fwmask?: number;
  readonly tos?: number;
  readonly ipproto?: string;
  readonly sport?: { readonly from: number; readonly to: number };
  readonly dport?: { readonly from: number; readonly to: number };
  readonly action: RuleAction;
  readonly protocol?: string;
  /** Selectors this model does not know (`uidrange`, `l3mdev`, `tun_id`): their text. A lookup that reaches the rule ends `unknown`. */
  readonly unsupported?: string;
  readonly written?: Written;
  readonly origin?: Origin;
}

export interface Neighbour {
  readonly dst: Ip;
  readonly dev: string;
  readonly lladdr?: Mac;
  /** `PERMANENT`, `REACHABLE`, `STALE`, `FAILED`, `INCOMPLETE`, `NOARP`, `DELAY`, `PROBE`. */
  readonly state: string;
  readonly written?: Written;
  readonly origin?: Origin;
}

export const MAIN_TABLE = 254;
export const LOCAL_TABLE = 255;
export const DEFAULT_TABLE = 253;
/** A table that was collected by a name of rt_tables alone (RT_TABLE_UNSPEC, which no route is in). */
export const UNNUMBERED_TABLE = 0;

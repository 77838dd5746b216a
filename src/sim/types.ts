import type { Eni, KnownStandIn, WireEnd } from '../fabric/index.ts';
import type {
  Link,
  Neighbour,
  Netns,
  NftElement,
  NftReject,
  NftSet,
  RealServer,
  RejectWith,
  Route,
  RouteType,
  VirtualServer,
} from '../linux/index.ts';
import type { Ip, Mac, Protocol } from '../net/index.ts';
import type { Disposition, Evidence, Step } from '../trace/index.ts';
import type { Dice } from '../world/index.ts';
import type { SeenFlows } from './bpf/seen-flows.ts';
import type { DevConf } from './fib/dev-conf.ts';
import type { IpvsTcpState } from './netfilter/ipvs/tcp-state.ts';
import type { Conn, Ct, CtTuple, Packet, Skb } from './packet.ts';
import type { Kept } from './per-netns.ts';
import type { PortBuckets } from './port-buckets.ts';
import type { UnreadAtDevice, UnreadChain } from './unread-chains.ts';

/**
 * What one walk carries everywhere: how chance is settled, what time it is, and where steps go. `record` is absent for a
 * verdict-only walk: guard every construction of a step with it. There is one evaluator, with or without a recorder.
 */
export interface Walk {
  readonly dice: Dice;
  /** Seconds. */
  readonly now: number;
  readonly record: ((step: Step) => void) | undefined;
  /** Randomness settled without a choice, and other things the reader must be told; a set, so a walk says it once. */
  readonly assumptions: Set<string>;
  /** Whose made-up address it is; absent: all of them are given. */
  readonly standIn?: ((address: Ip) => KnownStandIn | undefined) | undefined;
  /** Whether anybody on a link of the namespace the packet is in answers for an address without a neighbour entry; absent: everybody does. */
  readonly resolves?: (dev: Device, nexthop: Ip) => boolean;
  /** Rules of ARP nobody has read, where a device's other end asks and answers. */
  readonly unreadArp?: (dev: Device) => UnreadChain | undefined;
}

/** What a socket lookup compares (__inet_lookup_established). A ping socket has its id for a port, and no other end. */
export interface OpenSocket {
  readonly protocol: Protocol;
  readonly own: Ip;
  readonly other: Ip | undefined;
  /** It chose no source of its own: `own` is what the kernel chose. */
  readonly unbound: boolean;
  /** Of a listener's connection: its other end has `opened` it, or not yet acknowledged the answer (TCP_NEW_SYN_RECV). */
  accepted: 'half-open' | 'opened' | undefined;
  /** Of one that asked: its other end has spoken, and it no longer waits for the answer to its SYN (TCP_SYN_SENT). */
  answered: boolean;
  /** The device it is bound to, by which alone it takes and sends. */
  readonly dev: string | undefined;
  /** What all it sends is marked with: of a listener's connection the mark of the packet that opened it, where one asks for that. */
  readonly mark: number;
  /** The device the last packet it took came by, whose route it remembers (sk_rx_dst). */
  cameBy: string | undefined;
}

/** A namespace during a walk: its artefacts, indexed once, and the state packets have left in it. */
export interface Host {
  readonly netns: Netns;
  /** Shared by all walks through the namespace: see `perNetns`. */
  readonly kept: Kept;
  /** `nodes/NAME`, `pods/NS/NAME`, `hosts/NAME`, `internet/NAME`: where its artefacts lie in a World folder, for evidence. */
  readonly folder: string;
  readonly links: ReadonlyMap<string, Link>;
  readonly conntrack: Conntrack;
  readonly ipvs: IpvsTable;
  /** Sockets beyond the listening ones: who asked whom, and connections a listener took; by own port and the other's. */
  readonly openSockets: PortBuckets<OpenSocket>;
  /** Flows its classifiers let through. */
  readonly flows: SeenFlows;
  /** xt_recent lists by name: address -> clock seconds of its stamps, newest last. */
  readonly recent: Map<string, Map<Ip, number[]>>;
  /** What packets wrote into nft's sets, by the set, and in it by the key. */
  readonly written: Map<NftSet, Map<string, WrittenElement>>;
  /** Per-rule counters of `-m statistic --mode nth` and friends, keyed by the rule object. */
  readonly counters: WeakMap<object, number>;
  /** `net.ipv4.conf.ens5.rp_filter` and the like; undefined when the namespace does not say. */
  sysctl(name: string): string | undefined;
}

/** An element packets wrote into a set, and the clock second it ends at. */
export interface WrittenElement {
  readonly element: NftElement;
  readonly until: number;
}

export interface FoundConn {
  readonly conn: Conn;
  readonly dir: 'original' | 'reply';
}

/** One namespace's connection table (net/netfilter/nf_conntrack_core.c). */
export interface Conntrack {
  /** False where no rule of the namespace uses conntrack or NAT: then nothing is tracked there at all. */
  readonly enabled: boolean;
  find(tuple: CtTuple, now: number): FoundConn | undefined;
  /** Connections whose original direction comes from where `tuple` comes from. */
  fromSameSource(tuple: CtTuple, now: number): readonly Conn[];
  insert(conn: Conn): void;
  remove(conn: Conn): void;
  entries(now: number): readonly Conn[];
  /** How many there are, with those that have expired and were not asked for since. */
  readonly size: number;
}

// ---- IPVS ------------------------------------------------------------------------------------------------------------

/** One end of a connection IPVS forwards. */
export interface IpvsEnd {
  readonly address: Ip;
  readonly port: number;
}

/** A connection IPVS forwards (struct ip_vs_conn): from the client's to the virtual address, and on to the real server's. */
export interface IpvsConn {
  readonly protocol: Protocol;
  readonly client: IpvsEnd;
  readonly virtual: IpvsEnd;
  readonly real: IpvsEnd;
  readonly service: VirtualServer;
  readonly server: RealServer;
  tcpState: IpvsTcpState;
  /** Clock second at which it is forgotten. */
  expiresAt: number;
  /** The persistence template it was made by. */
  readonly keptBy?: string;
}

/** IPVS's connections in one namespace, and what its schedulers remember (net/netfilter/ipvs/ip_vs_conn.c). */
export interface IpvsTable {
  findIn(protocol: Protocol, client: Ip, clientPort: number, virtual: Ip, virtualPort: number): IpvsConn | undefined;
  findOut(protocol: Protocol, real: Ip, realPort: number, client: Ip, clientPort: number): IpvsConn | undefined;
  insert(conn: IpvsConn): void;
  remove(conn: IpvsConn): void;
  expire(now: number, conntrack: Conntrack): void;
  /** The real server a rotation gave last. */
  lastOf(service: VirtualServer): RealServer | undefined;
  setLast(service: VirtualServer, server: RealServer): void;
  /** The real server a client, or a hash, keeps. */
  keptFor(key: string, now: number): RealServer | undefined;
  keep(key: string, server: RealServer, until: number): void;
}

// ---- devices ---------------------------------------------------------------------------------------------------------

/** A device as the stack holds it: struct net_device, its in_device and its neighbours. */
export interface Device {
  readonly name: string;
  /** Its place in the namespace's list of links; -1 where it is not there. */
  readonly index: number;
  /** Undefined: some artefact names a device that is not there. */
  readonly link: Link | undefined;
  readonly up: boolean;
  /** False: its other end is down or unplugged, and what is sent by it is lost. */
  readonly carrier: boolean;
  /** IFF_NOARP: it asks nobody for a neighbour. */
  readonly noarp: boolean;
  readonly mtu: number;
  /** What IPv6 sends by it in one piece (struct inet6_dev, cnf.mtu6). */
  readonly mtu6: number;
  readonly conf: DevConf;
  readonly neighbours: Neighbours;
  /** What of it, or of the whole namespace, no artefact can hold: a packet that comes in by it ends unknown. */
  readonly unmodelled: string | undefined;
  /** Base chains of nft on it that are not read; undefined: there are none. */
  readonly unread: UnreadAtDevice | undefined;
}

export interface Neighbours {
  get(address: Ip): KnownNeighbour | undefined;
}

export interface KnownNeighbour {
  readonly dst: Ip;
  /** Undefined: the entry has none, or none that holds; whoever has the address is asked. */
  readonly lladdr: Mac | undefined;
  readonly entry: Neighbour;
  /** Its place in the namespace's list. */
  readonly index: number;
}

// ---- netfilter -------------------------------------------------------------------------------------------------------

/** What a hook made of a packet. The skb was changed in place where rules changed it. */
export type HookResult =
  | { readonly kind: 'accept' }
  | { readonly kind: 'drop'; readonly disposition: Disposition; readonly because: string }
  /** Dropped, and an answer is due, by its name in iptables or nft (nf_reject_ipv4.c). */
  | { readonly kind: 'reject'; readonly with: RejectWith | NftReject; readonly because: string }
  /** `evidence`: the rule that could not be decided. */
  | { readonly kind: 'unknown'; readonly what: string; readonly evidence?: Evidence | undefined };

/** What some of the hooks are told beside the packet. */
export interface HookExtras {
  /**
   * OUTPUT: called when mangle changed the mark or nat the destination, before the next table runs (ip_route_me_harder); there
   * and on FORWARD when IPVS changed the source.
   */
  readonly reroute?: ((skb: Skb) => HookResult) | undefined;
  /** POSTROUTING only: the next hop, by which MASQUERADE selects an address. Absent: the destination is on-link. */
  readonly nexthop?: Ip | undefined;
  /**
   * INPUT and OUTPUT: IPVS's way to the real server (ip_vs_nat_xmit). `accept`: that is this host, and the hook goes on; else
   * the packet is gone from the hook.
   */
  readonly xmit?: ((skb: Skb, conn: IpvsConn) => HookResult) | undefined;
}

// ---- routing ---------------------------------------------------------------------------------------------------------

/** A FIB question (struct flowi4). Every field is always there: a lookup is made for every packet of every walk. */
export interface FlowQuery {
  readonly dst: Ip;
  /** Undefined: not chosen yet (an unbound local socket). */
  readonly src: Ip | undefined;
  /** Undefined: made by this host. */
  readonly iif: string | undefined;
  readonly oif: string | undefined;
  /** IPv6 without RT6_LOOKUP_F_IFACE: where a prefix has no route by `oif`, one by another device will do. */
  readonly anyDevice: boolean;
  readonly mark: number;
  readonly tos: number;
  readonly ipproto: Protocol | undefined;
  readonly sport: number | undefined;
  readonly dport: number | undefined;
}

/** Everything a question may leave open. */
export const PLAIN_FLOW: Omit<FlowQuery, 'dst'> = {
  src: undefined,
  iif: undefined,
  oif: undefined,
  anyDevice: false,
  mark: 0,
  tos: 0,
  ipproto: undefined,
  sport: undefined,
  dport: undefined,
};

export type FibResult =
  | {
      readonly kind: 'found';
      readonly route: Route;
      readonly type: RouteType;
      /** Egress device, and the next hop's address where there is a gateway. */
      readonly dev: string;
      readonly gateway: Ip | undefined;
      readonly rule: Evidence | undefined;
      readonly evidence: Evidence | undefined;
    }
  /** `unreachable`, `blackhole`, `prohibit` by a route or a rule. */
  | {
      readonly kind: 'refused';
      readonly by: 'route' | 'rule';
      readonly type: 'unreachable' | 'blackhole' | 'prohibit';
      readonly evidence: Evidence | undefined;
    }
  | { readonly kind: 'no-route' }
  | Unsettled;

/** What no artefact decides, and the line that would have to. */
export interface Unsettled {
  readonly kind: 'unknown';
  readonly what: string;
  readonly evidence: Evidence | undefined;
}

// ---- the host path ---------------------------------------------------------------------------------------------------

/**
 * An error this host owes a sender whose source or way nobody can know. `packet` is what is known of it; its source is the
 * unspecified address.
 */
export interface Undecided {
  readonly kind: 'undecided';
  readonly packet: Packet;
  readonly what: string;
  readonly evidence: Evidence | undefined;
}

/** What a packet this host makes because of another has of that one, beside its headers. */
export interface Ties {
  /** The connection it belongs to, attached as nf_conntrack_attach does. */
  readonly ct?: Ct | undefined;
  readonly mark?: number | undefined;
  /** The device it has to leave by: that of a link-local address it goes to. */
  readonly oif?: string | undefined;
  /** The device its socket is bound to, by which it leaves wherever it goes. */
  readonly boundTo?: string | undefined;
  /** It is the reset of a rule: its source need be no address of this host (FLOWI_FLAG_ANYSRC), and it closes its connection. */
  readonly resets?: boolean | undefined;
}

/** How a packet's stay in a namespace ended. */
export type Outcome =
  /** Put on a device towards a MAC. `lladdr` is undefined when the neighbour has to be resolved by whatever the device is wired to. */
  | {
      readonly kind: 'transmit';
      readonly skb: Skb;
      readonly dev: Device;
      readonly nexthop: Ip;
      readonly lladdr: Mac | undefined;
    }
  /** Reached a socket, or the kernel's own echo responder. `answer` is what it sends back, before this host's OUTPUT. */
  | {
      readonly kind: 'delivered';
      readonly skb: Skb;
      readonly socket: string;
      readonly answer: Packet | undefined;
      /** Of the answer. */
      readonly ties?: Ties;
    }
  /** Died here. `error` is the ICMP error or RST this host sends about it, before this host's OUTPUT; undefined for silence. */
  | {
      readonly kind: 'died';
      /** As it was when it died: what this host had rewritten stays rewritten. */
      readonly packet: Packet;
      readonly disposition: Disposition;
      readonly because: string;
      readonly error: Packet | Undecided | undefined;
      /** Of the error. */
      readonly ties?: Ties;
    }
  | { readonly kind: 'unknown'; readonly packet: Packet; readonly what: string };

// ---- the fabric ------------------------------------------------------------------------------------------------------

/** Where a device of a namespace leads. */
export type Attachment =
  | { readonly kind: 'wire'; readonly peer: WireEnd }
  | { readonly kind: 'eni'; readonly eni: Eni }
  | { readonly kind: 'on-premises'; readonly network: string }
  | { readonly kind: 'internet' };

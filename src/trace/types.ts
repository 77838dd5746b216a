import type { Family, Ip, Protocol } from '../net/index.ts';
import type { Cause, DropCause, Rcode } from './cause.ts';
import type { Disposition } from './disposition.ts';

/** Where a packet is: a namespace (`node`, `pod`, `host`, `internet`) or a device of the fabric. */
export interface Place {
  readonly kind: PlaceKind;
  readonly name: string;
}
export type PlaceKind =
  | 'pod'
  | 'node'
  | 'host'
  | 'internet'
  | 'vpc'
  | 'subnet'
  | 'internet-gateway'
  | 'nat-gateway'
  | 'vpc-peering'
  | 'control-plane'
  | 'load-balancer'
  | 'transit-gateway'
  | 'vpn-gateway'
  | 'on-premises'
  | 'vpc-endpoint';

export type TcpFlag = 'SYN' | 'ACK' | 'RST' | 'FIN' | 'PSH';

/** What a capture would show of a packet, plus the two things only the kernel sees: the device and the mark. */
export interface Headers {
  readonly family: Family;
  readonly src: Ip;
  readonly dst: Ip;
  readonly protocol: Protocol;
  readonly sport?: number;
  readonly dport?: number;
  readonly tcpFlags?: readonly TcpFlag[];
  readonly icmp?: {
    readonly type: number;
    readonly code: number;
    readonly id?: number;
    readonly mtu?: number /** Headers an error quotes. */;
    readonly quoted?: Headers;
  };
  readonly ttl: number;
  /** Bytes of the IP packet, header included. */
  readonly length: number;
  readonly df: boolean;
  readonly mark: number;
  readonly iif?: string;
  readonly oif?: string;
}

/** Names one line of one artefact. `file` is as `compile -o` lays it out: `nodes/ip-10-0-0-75.ec2.internal/iptables-save`. */
export interface ArtefactRef {
  readonly file: string;
  /** Line in that file, from 1; absent where the file is not line-shaped or the line is implied by the kernel. */
  readonly line?: number;
  /** iptables and nft: where the rule stands. `index` counts from 1 as `iptables -L --line-numbers` does. */
  readonly rule?: { readonly table: string; readonly chain: string; readonly index: number };
}

/** What proves a step: the line it used, who wrote that line and why. */
export interface Evidence {
  readonly plane: 'sim' | 'kernel';
  readonly artefact: ArtefactRef;
  /** The line itself, as the real tool prints it; or the kernel function, where a rule of the kernel and no line decided. */
  readonly text: string;
  readonly by?: string;
  readonly setting?: string;
}

export type Hook = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';
export type RuleVerdict = 'continue' | 'jump' | 'goto' | 'return' | 'accept' | 'drop' | 'reject';

interface StepBase {
  /** What happened, in a few words: `DNAT to 10.0.3.193:8080`. */
  readonly action: string;
  /** Why, for a reader who knows only the seed article: `this pod's address is on ens6`. Empty when the action says it all. */
  readonly because: string;
  readonly evidence: Evidence;
  readonly before: Headers;
  readonly after: Headers;
}

export type Step = StepBase &
  (
    | { readonly kind: 'enter'; readonly dev: string }
    | { readonly kind: 'leave'; readonly dev: string }
    | { readonly kind: 'ip-rule'; readonly priority: number; readonly table: string }
    | {
        readonly kind: 'route';
        readonly table: string;
        readonly routeType: string;
        readonly dev?: string;
        readonly via?: Ip;
      }
    | { readonly kind: 'neighbour'; readonly lladdr?: string; readonly state: string }
    | {
        readonly kind: 'rule';
        readonly hook: Hook;
        readonly table: string;
        readonly chain: string;
        readonly verdict: RuleVerdict;
        /** The chain a jump or goto of an nft rule leads to: a map may have one for each packet. */
        readonly target?: string;
        /** Of a rule that ends the packet: the connection states it asks for. */
        readonly ctstate?: readonly string[];
      }
    | { readonly kind: 'policy'; readonly hook: Hook; readonly table: string; readonly verdict: 'accept' | 'drop' }
    | { readonly kind: 'nat'; readonly manip: 'src' | 'dst'; readonly reply: boolean }
    | {
        readonly kind: 'choice';
        readonly taken: number;
        readonly of: readonly { readonly p: number; readonly label: string }[];
        /** Of a port that was drawn: the options are the ports that are decided alike about. */
        readonly draws?: 'source port' | 'destination port';
      }
    /** A program on the cgroup changed whom a call is about: no packet has had the address before. */
    | { readonly kind: 'socket'; readonly call: 'connect' | 'sendmsg' | 'recvmsg' | 'getpeername' }
    | { readonly kind: 'conntrack'; readonly state: 'new' | 'established' | 'related' | 'invalid' | 'untracked' }
    /** A classifier of a device let it through by an entry of its map. */
    | { readonly kind: 'tc'; readonly dev: string; readonly side: 'ingress' | 'egress'; readonly program: string }
    | { readonly kind: 'ttl' }
    | { readonly kind: 'icmp-error' }
    | {
        readonly kind: 'fabric';
        readonly what:
          | 'subnet-route'
          | 'delivery'
          | 'source-dest-check'
          | 'igw-nat'
          | 'nat-gateway'
          | 'peering'
          | 'transit-gateway'
          /** Over a VPN or Direct Connect connection. */
          | 'connection'
          | 'endpoint'
          | 'internet'
          | 'load-balancer'
          | 'security-group'
          | 'network-acl';
        /** Of a `subnet-route`: the block it is for. */
        readonly destination?: string;
        /** Of a `load-balancer`: targets that fail their health check; `failsOpen`: all do, so all are used. */
        readonly unhealthy?: readonly { readonly target: string; readonly because: string }[];
        readonly failsOpen?: boolean;
        /** Of a `load-balancer`: what of its choice a later request of the client does not make again. */
        readonly sticky?: readonly Stickiness[];
      }
    | { readonly kind: 'deliver'; readonly socket: string }
    | { readonly kind: 'answer' }
    | { readonly kind: 'drop'; readonly disposition: Disposition; readonly cause?: DropCause }
    | { readonly kind: 'unknown' }
  );

/** A choice a client keeps: it sends `cookie` back, and for so many seconds goes where its first request went. */
export interface Stickiness {
  readonly keeps: 'target-group' | 'target';
  /** Of a `target`: whose. */
  readonly targetGroup?: string;
  /** The load balancer's own. */
  readonly cookie: string;
  /** What the target has to set first: without it nothing is kept. */
  readonly targetSets?: string;
  readonly seconds: number;
}

/** A packet's stay in one place, from entering it to leaving, being delivered or dying there. */
export interface Hop {
  readonly where: Place;
  readonly steps: readonly Step[];
}

/** One packet, one way. */
export interface Trace {
  readonly probability: number;
  readonly disposition: Disposition;
  readonly hops: readonly Hop[];
}

export interface StepRef {
  readonly leg: 'forward' | 'reply' | 'followUp';
  /** Indexes from 0 into `hops` and `steps`. */
  readonly hop: number;
  readonly step: number;
}

export type IdentityKind =
  | 'pod'
  | 'node'
  | 'nat-gateway'
  | 'load-balancer'
  | 'control-plane'
  | 'internet-client'
  | 'server'
  | 'unowned';

export interface FarEnd {
  /** False when the packet died on the way: then this is the end aimed at, and `sees` is the source it had where it died. */
  readonly reached: boolean;
  readonly name: string;
  /** `10.0.3.193:8080`, `[2600::1]:80`, or the bare address where there is no port. */
  readonly address: string;
  readonly sees: {
    readonly ip: Ip;
    readonly port: number | null;
    readonly identity: { readonly kind: IdentityKind; readonly name: string };
    /** How many other workloads share that address towards this end; 1 is "nobody else". */
    readonly sharedBy: number;
  };
  /** TTL on arrival. */
  readonly ttl: number;
  readonly forwardedFor: readonly string[];
  readonly proxyProtocol: string | null;
}

/** A request and its answer through the state the request left. */
export interface RoundTrip {
  readonly probability: number;
  readonly disposition: Disposition;
  readonly diedAt: StepRef | null;
  readonly farEnd: FarEnd;
  readonly clientSees: { readonly ip: Ip; readonly port: number | null } | null;
  /** What a load balancer answered by itself. `rule` counts from 1, the default rule last; 0: no rule was read. */
  readonly http: { readonly status: number; readonly answeredBy: string; readonly rule: number } | null;
  readonly forward: Trace;
  readonly reply: Trace | null;
  /**
   * TCP: the packet after an accepted answer, which meets no nat rule any more. Absent where none was sent. Where `diedAt` is
   * in it the handshake passed.
   */
  readonly followUp?: Trace;
  /** Randomness that was settled without a choice (a random source port): said, not hidden. */
  readonly assumptions: readonly string[];
  readonly unknowns: readonly string[];
}

export interface Blocker {
  readonly at: StepRef;
  readonly cause: Cause;
  readonly message: string;
  /** What to do, in words. */
  readonly fix: string;
  /** Flags of the command line with which the same question was asked again, and more of it arrived. */
  readonly setFlags: readonly string[];
}

export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  readonly fix: string;
  /** As a blocker's: flags with which a walk showed what the fix promises. */
  readonly setFlags?: readonly string[];
}

export type Verdict = 'delivered' | 'failed' | 'mixed' | 'unknown';

export interface DnsQuery {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'SRV' | 'PTR';
  readonly rcode: Rcode;
  readonly answers: readonly string[];
  readonly answeredBy: 'coredns' | 'upstream' | 'hosts';
  /** Of an answer from /etc/hosts: its first line there. No query was sent. */
  readonly line?: number;
}

/** A name server whose answer never came, and how the walk to it ended. */
export interface SilentServer {
  readonly address: Ip;
  readonly disposition: Disposition;
  /** The cluster's name server that asked it; absent: the sender did. */
  readonly by?: string;
}

/** `trace -o json`: the stable contract, published as JSON Schema in `schema/`. */
export interface TraceResult {
  readonly apiVersion: 'packetwalk.dev/v1';
  readonly kind: 'TraceResult';
  readonly query: {
    readonly from: {
      readonly kind: string;
      readonly name: string;
      readonly address: string | null;
      readonly port: number | null;
    };
    readonly to: {
      readonly kind: string;
      readonly name: string;
      readonly address: string | null;
      readonly port: number | null;
      /** What is asked for once the connection is open; absent: nothing. */
      readonly url?: string;
    };
    readonly protocol: string;
    /** Seconds on the clock of a `Flows` document, as `90s`; `0s` for a single walk. */
    readonly at: string;
    readonly resolved: readonly DnsQuery[];
  };
  readonly verdict: Verdict;
  readonly roundTrips: readonly RoundTrip[];
  readonly blockers: readonly Blocker[];
  readonly findings: readonly Finding[];
  readonly assumptions: readonly string[];
  readonly unknowns: readonly string[];
}

export interface TraceResultList {
  readonly apiVersion: 'packetwalk.dev/v1';
  readonly kind: 'TraceResultList';
  readonly items: readonly TraceResult[];
}

import type { Ip, Protocol } from '../../net/index.ts';

/** One direction of a connection. Ports are the ICMP id (both) for echo, 0 where the protocol has none. */
export interface Tuple {
  readonly protocol: Protocol;
  readonly src: Ip;
  readonly dst: Ip;
  readonly sport: number;
  readonly dport: number;
  /** ICMP only: type and code of the original direction. */
  readonly icmp?: { readonly type: number; readonly code: number; readonly id: number };
}

/** A conntrack entry as `conntrack -L` prints it. NAT is the difference between the two tuples, nothing else. */
export interface ConntrackEntry {
  readonly original: Tuple;
  readonly reply: Tuple;
  readonly mark: number;
  /** TCP: `SYN_SENT`, `SYN_RECV`, `ESTABLISHED`, `TIME_WAIT`...; absent for the others. */
  readonly state?: string;
  /** Seconds until it is forgotten. */
  readonly timeout: number;
  readonly unreplied: boolean;
  readonly assured: boolean;
  /** Which sides are translated. Printed only with `-o extended` options, kept because a lookup must know. */
  readonly srcNat: boolean;
  readonly dstNat: boolean;
  readonly zone?: number;
}

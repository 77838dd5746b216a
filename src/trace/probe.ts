import type { Ip, Protocol } from '../net/index.ts';

/** A question: the first packet of a flow, as the sending socket would make it. */
export interface Probe {
  /** Namespace of the sender (a `NetnsId`). */
  readonly from: string;
  /** A bound source address; absent: the kernel selects one by route. */
  readonly src?: Ip;
  /** A bound source port; absent: an ephemeral one, the same for equal probes. */
  readonly sport?: number;
  readonly dst: Ip;
  readonly dport?: number;
  readonly protocol: Protocol;
  /** ICMP echo unless said otherwise. */
  readonly icmp?: { readonly type: number; readonly code: number };
  /** Bytes of the IP packet; absent: 60 for a SYN, 84 for a ping, 29 for UDP. */
  readonly size?: number;
  readonly df?: boolean;
  /** Initial TTL; absent: the sender's `net.ipv4.ip_default_ttl`. */
  readonly ttl?: number;
  /** `INVALID`: a packet out of its window, which conntrack will not take for part of its connection. */
  readonly ctState?: 'INVALID';
  /** What is asked once the connection is open; absent: nothing. */
  readonly http?: HttpRequest;
}

/** A request as the first proxy reads it: request target and headers, nothing of the connection. */
export interface HttpRequest {
  readonly scheme: 'http' | 'https';
  readonly method: string;
  /** The Host header without a port, lower case. */
  readonly host: string;
  /** From the first slash; no query. */
  readonly path: string;
  /** Without the question mark; empty for none. */
  readonly query: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

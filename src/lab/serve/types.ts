import type { NetnsId } from '../../linux/index.ts';
import type { Ip } from '../../net/index.ts';

export interface Endpoint {
  readonly ip: Ip;
  readonly port: number;
}

/** One request as the far end's program logs it. */
export interface Heard {
  readonly netns: NetnsId;
  readonly process: string;
  readonly protocol: 'tcp' | 'udp';
  /** Who the program believes it talks to: the source address after every translation on the way. */
  readonly client: Endpoint;
  readonly local: Endpoint;
  /** The line of its log: nginx's combined format for HTTP, a few words for anything else. */
  readonly line: string;
}

export type Sink = (heard: Heard) => void;

/** Whose socket it is, and what it is bound to. */
export interface Place {
  /** A namespace of the World, or the label of one the fabric was lowered to. */
  readonly netns: NetnsId;
  /** What `hostname` prints there; empty for who is known by the address alone. */
  readonly hostname: string;
  readonly process: string;
  readonly port: number;
}

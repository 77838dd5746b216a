import type { Ip } from '../../net/index.ts';
import type { Origin } from '../origin.ts';

export type LbProtocol = 'tcp' | 'udp' | 'sctp';

export interface LbEnd {
  readonly address: Ip;
  readonly port: number;
}

/** One frontend of the load balancer's eBPF maps, with its backends by slot. */
export interface LbFrontend extends LbEnd {
  readonly protocol: LbProtocol;
  /** `internal`: what sockets of the cluster get, where that is not what comes from outside. */
  readonly scope: 'external' | 'internal';
  readonly revNat: number;
  /** What it is and how it is served: `ClusterIP`, `NodePort`, `sessionAffinity`, `non-routable`... */
  readonly flags: readonly string[];
  readonly backends: readonly LbEnd[];
  readonly origin?: Origin;
}

import type { Ip } from '../../net/index.ts';
import type { Origin } from '../origin.ts';

export type IpvsProtocol = 'tcp' | 'udp' | 'sctp';

/** What an IPVS virtual service is found by (struct ip_vs_service). */
export type VirtualAddress =
  | { readonly kind: 'address'; readonly protocol: IpvsProtocol; readonly address: Ip; readonly port: number }
  /** `-f MARK`, and `-6` after it. */
  | { readonly kind: 'fwmark'; readonly mark: number; readonly family: 4 | 6 };

/** `-m`, `-g` and `-i` of ipvsadm(8): translated, sent on by the link layer, put in a tunnel. */
export type ForwardingMethod = 'masquerading' | 'gatewaying' | 'ipip';

export interface RealServer {
  readonly address: Ip;
  readonly port: number;
  readonly forward: ForwardingMethod;
  /** 0: takes no new connection. */
  readonly weight: number;
  /** Options this model does not know (`-x`, `--tun-type`...). */
  readonly unsupported?: string;
}

export interface VirtualServer {
  readonly at: VirtualAddress;
  readonly scheduler: string;
  /** Seconds a client keeps its real server for (`-p`). */
  readonly persistent?: number;
  /** How many bits of its address a client is known by (`-M`); all of them where absent. */
  readonly netmask?: number;
  /** `--ops`: no connection is kept for UDP. */
  readonly onePacket: boolean;
  /** `-b`: `sh-port`, `mh-fallback`... */
  readonly schedFlags: readonly string[];
  readonly realServers: readonly RealServer[];
  /** Options this model does not know. */
  readonly unsupported?: string;
  readonly origin?: Origin;
}

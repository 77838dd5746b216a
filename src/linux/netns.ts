import type { Brand, SourceRef } from '../base/index.ts';
import type { Family, Ip } from '../net/index.ts';
import type { Bpf } from './bpf/types.ts';
import type { ConntrackEntry } from './conntrack/types.ts';
import type { Address, IpRule, Link, Neighbour, Route } from './ip/types.ts';
import type { IpSet } from './ipset/types.ts';
import type { Hook, Iptables, TableName } from './iptables/types.ts';
import type { VirtualServer } from './ipvs/types.ts';
import type { LbFrontend } from './lb-map/types.ts';
import type { NftTable } from './nft/types.ts';
import type { ListenSocket } from './sockets/types.ts';

/**
 * A network namespace's name: `KIND/NAME`, for example `node/ip-10-0-0-75.ec2.internal`, `pod/packetlab/toolbox-a`,
 * `host/legacy-server`, `internet/8.8.8.8`. Everything before the first slash is the kind of place it is.
 */
export type NetnsId = Brand<string, 'NetnsId'>;

/**
 * Everything the kernel of one namespace decides by, and nothing else. Compiled, read from a folder or read back from a
 * kernel, it is the same value. Dual stack: one list holds both families; each entry says which it is.
 */
export interface Netns {
  readonly id: NetnsId;
  readonly links: readonly Link[];
  readonly addresses: readonly Address[];
  /** Every table, `local` included. */
  readonly routes: readonly Route[];
  readonly rules: readonly IpRule[];
  readonly neighbours: readonly Neighbour[];
  /** Dotted names as `sysctl -a` prints them: `net.ipv4.ip_forward` -> `1`. */
  readonly sysctls: ReadonlyMap<string, string>;
  readonly iptables: Iptables;
  /** Native nft tables only; the ones iptables-nft keeps are in `iptables`. */
  readonly nft: readonly NftTable[];
  /** Classifiers on its devices; absent where there are none. */
  readonly bpf?: Bpf;
  /** Sets rules of `iptables` ask (`-m set`); absent: none. */
  readonly ipsets?: readonly IpSet[];
  /** IPVS; absent: it balances nothing here. */
  readonly ipvs?: readonly VirtualServer[];
  /** The maps of eBPF programs that balance sockets; absent: there are none here. */
  readonly lbMap?: readonly LbFrontend[];
  /** The namespace whose programs act on the sockets of this one too, by their cgroup; absent: no other's. */
  readonly cgroupOf?: NetnsId;
  readonly sockets: readonly ListenSocket[];
  /** Connections that exist before the walk starts. */
  readonly conntrack: readonly ConntrackEntry[];
  readonly resolvConf?: ResolvConf;
  /** What this namespace has that no artefact above can hold; a walk that reaches one ends `unknown`. */
  readonly unmodelled: readonly Unmodelled[];
}

/** resolv.conf(5). */
export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

export interface Unmodelled {
  /**
   * When it bites: any packet that enters or leaves the namespace, packets through one device, those that ask who listens, on
   * any port (of one protocol) or on one, those that are for one address as they come in or are made, those that ask for one
   * setting or for a route (in one table), or those that meet one table of iptables or one hook.
   */
  readonly scope:
    | { readonly kind: 'netns' }
    | { readonly kind: 'dev'; readonly dev: string }
    | { readonly kind: 'sockets'; readonly protocol?: ListenSocket['protocol'] }
    | { readonly kind: 'socket'; readonly protocol: ListenSocket['protocol']; readonly port: number }
    | { readonly kind: 'destination'; readonly address: Ip }
    | { readonly kind: 'sysctl'; readonly name: string }
    | { readonly kind: 'routes'; readonly family: Family; readonly table?: number }
    | { readonly kind: 'hook'; readonly family: Family; readonly hook: Hook }
    | { readonly kind: 'table'; readonly family: Family; readonly table: TableName };
  readonly what: string;
  readonly at?: SourceRef;
}

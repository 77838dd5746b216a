import type { SourceRef } from '../base/index.ts';
import type { Cidr, Protocol } from '../net/index.ts';

// Security groups, network ACLs and prefix lists as the input gives them, one rule for each port range and peer.

export interface TrafficSpec {
  readonly protocol: Protocol | 'all';
  readonly ports?: { readonly from: number; readonly to: number };
  readonly icmp?: { readonly type: number; readonly code?: number };
}

export type PeerSpec =
  | { readonly kind: 'cidr'; readonly cidr: Cidr }
  | { readonly kind: 'security-group' | 'prefix-list'; readonly id: string };

export interface GroupRuleSpec extends TrafficSpec {
  readonly peer: PeerSpec;
  /** The controller that wrote it; absent: it is in the input. */
  readonly by?: string;
  readonly source: SourceRef;
}

export interface SecurityGroupSpec {
  readonly id: string;
  readonly name?: string;
  /** Absent: the cluster's VPC. */
  readonly vpc?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** The controller that made it; absent: it is in the input, or EKS's own. */
  readonly by?: string;
  readonly ingress: readonly GroupRuleSpec[];
  readonly egress: readonly GroupRuleSpec[];
  readonly source: SourceRef;
}

export interface AclEntrySpec extends TrafficSpec {
  readonly ruleNumber: number;
  readonly cidr: Cidr;
  readonly action: 'allow' | 'deny';
  readonly source: SourceRef;
}

export interface NetworkAclSpec {
  readonly id: string;
  readonly subnets: readonly string[];
  readonly ingress: readonly AclEntrySpec[];
  readonly egress: readonly AclEntrySpec[];
  readonly source: SourceRef;
}

export interface PrefixListSpec {
  readonly id: string;
  readonly cidrs: readonly Cidr[];
  readonly source: SourceRef;
}

/** What of a cluster filters packets outside its namespaces. */
export interface Filters {
  readonly securityGroups: readonly SecurityGroupSpec[];
  readonly networkAcls: readonly NetworkAclSpec[];
  readonly prefixLists: readonly PrefixListSpec[];
  /** Groups of the control plane's interfaces; empty where no group is described. */
  readonly controlPlaneGroups: readonly string[];
}

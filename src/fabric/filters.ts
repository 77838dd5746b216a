import type { Cidr, Protocol } from '../net/index.ts';
import type { FabricOrigin } from './origin.ts';

/*
 * What a VPC lets through, as EC2 keeps it (DescribeSecurityGroups, DescribeNetworkAcls, DescribeManagedPrefixLists):
 *
 *     guest ── source check ── security group ── network ACL of the subnet ── anywhere else
 *                               every ENI has      only on what enters or
 *                               its own, stateful  leaves the subnet, stateless
 */

/** Rules allow and have no order; an ENI is guarded by those of all its groups together (VPC guide, security groups). */
export interface SecurityGroup {
  readonly id: string;
  readonly name?: string;
  readonly vpc: string;
  readonly ingress: readonly SecurityGroupRule[];
  readonly egress: readonly SecurityGroupRule[];
  readonly origin?: FabricOrigin;
}

/** Which packets a rule or an entry is about: by protocol, and by what the destination is asked. */
export interface TrafficClass {
  readonly protocol: Protocol | 'all';
  /** Destination ports of TCP and UDP; absent: all. */
  readonly ports?: PortRange;
  /** Of ICMP and ICMPv6; absent: all. */
  readonly icmp?: { readonly type: number; readonly code?: number };
}

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface SecurityGroupRule extends TrafficClass {
  /** Who sends, of an ingress rule; who is sent to, of an egress rule. */
  readonly peer: RulePeer;
  readonly origin?: FabricOrigin;
}

export type RulePeer =
  | { readonly kind: 'cidr'; readonly cidr: Cidr }
  /** Whoever has an ENI with this group, by its private addresses (VPC guide, security group rules). */
  | { readonly kind: 'security-group'; readonly id: string }
  | { readonly kind: 'prefix-list'; readonly id: string };

/** Of the subnets it is associated with. A subnet without one that is described has the VPC's default, which allows all. */
export interface NetworkAcl {
  readonly id: string;
  readonly vpc: string;
  readonly subnets: readonly string[];
  readonly ingress: readonly NetworkAclEntry[];
  readonly egress: readonly NetworkAclEntry[];
  readonly origin?: FabricOrigin;
}

/** The entry with the lowest number that fits decides; behind the last one stands `*`, which denies (VPC guide, network ACLs). */
export interface NetworkAclEntry extends TrafficClass {
  readonly ruleNumber: number;
  readonly cidr: Cidr;
  readonly action: 'allow' | 'deny';
  readonly origin?: FabricOrigin;
}

export interface PrefixList {
  readonly id: string;
  readonly cidrs: readonly Cidr[];
  readonly origin?: FabricOrigin;
}

/** Seconds after which security groups forget an idle flow (EC2 guide, security group connection tracking). */
export const TRACKING_TIMEOUTS = {
  tcp: 432_000,
  udp: 30,
  /** More than one request and response. */
  udpStream: 180,
  /** Not documented: as one exchange of UDP. */
  icmp: 30,
  /** Known by its addresses and protocol alone. */
  other: 600,
} as const;

const MAX_PORT = 65_535;

export const showPorts = ({ from, to }: PortRange): string => (from === to ? String(from) : `${from}-${to}`);

/** `all`, `tcp 443`, `udp 1024-65535`, `icmp 3/4`: as it is written in the input. */
export function showTraffic({ protocol, ports, icmp }: TrafficClass): string {
  if (ports !== undefined) return `${protocol} ${showPorts(ports)}`;
  if (icmp !== undefined) return `${protocol} ${icmp.type}${icmp.code === undefined ? '' : `/${icmp.code}`}`;
  return String(protocol);
}

export const isEveryPort = (ports: PortRange | undefined): boolean =>
  ports === undefined || (ports.from <= 0 && ports.to >= MAX_PORT);

export const showPeer = (peer: RulePeer): string => (peer.kind === 'cidr' ? peer.cidr.text : peer.id);

/** `tcp 443 from sg-web` */
export const showRule = (direction: 'ingress' | 'egress', rule: SecurityGroupRule): string =>
  `${showTraffic(rule)} ${direction === 'ingress' ? 'from' : 'to'} ${showPeer(rule.peer)}`;

/** `100 allow tcp 443 from 10.0.0.0/16` */
export const showEntry = (direction: 'ingress' | 'egress', entry: NetworkAclEntry): string =>
  `${entry.ruleNumber} ${entry.action} ${showTraffic(entry)} ${direction === 'ingress' ? 'from' : 'to'} ${entry.cidr.text}`;

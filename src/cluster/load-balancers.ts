import type { SourceRef } from '../base/index.ts';
import type { LoadBalancer } from '../fabric/index.ts';
import type { Ip } from '../net/index.ts';
import type { PeerSpec, TrafficSpec } from './filters.ts';

/**
 * A load balancer as a controller, or the input, orders it (CreateLoadBalancer, CreateListener): what AWS has yet to give
 * it is left open. Its target groups are the fabric's own: nothing of them is left open.
 */
export interface LoadBalancerSpec
  extends Pick<
    LoadBalancer,
    | 'id'
    | 'type'
    | 'scheme'
    | 'vpc'
    | 'crossZone'
    | 'listeners'
    | 'xForwardedFor'
    | 'xffClientPort'
    | 'madeFor'
    | 'ownGroup'
  > {
  /** Absent: AWS makes one. */
  readonly dnsName?: string;
  readonly ipAddressType: 'ipv4' | 'dualstack' | 'dualstack-without-public-ipv4';
  /** `ipv6.deny_all_igw_traffic`; absent: so where it is internal. */
  readonly denyAllIgwTraffic?: boolean;
  /** What says that, or else that it is internal; absent: nothing does. */
  readonly closedBy?: SourceRef;
  /** One a zone. */
  readonly subnets: readonly LoadBalancerSubnet[];
  readonly securityGroups: readonly string[];
  /** Absent: nobody writes rules for it. */
  readonly guard?: GuardOrder;
  /** Who orders it: `aws-load-balancer-controller`, `cloud-controller-manager`, `input`. */
  readonly by: string;
  /** Something of it that nothing models and that may stop or turn any packet: a walk to it ends unknown. */
  readonly unmodelled?: string;
  /** Its controller refuses to make it or to change it: its addresses are not known either. */
  readonly unbuilt?: true;
  /** `NS/NAME` of the Services it would send to, were it built. */
  readonly unbuiltFor?: readonly string[];
  readonly source: SourceRef;
}

/** Where one of its nodes stands, and the addresses that are given. */
export interface LoadBalancerSubnet {
  readonly id: string;
  readonly privateIp?: Ip;
  readonly ipv6?: Ip;
  readonly publicIp?: Ip;
}

/** What whoever orders a load balancer writes into security groups, by the names of the groups it makes. */
export interface GuardOrder {
  /** The group made for this one alone: it lets these in and everything out. */
  readonly own?: { readonly name: string; readonly ingress: readonly Admission[] };
  /** The group all load balancers of its controller wear, so that targets can name it: it lets nobody in. */
  readonly shared?: string;
  /** What the groups of each target group's targets are made to let in. */
  readonly targets: readonly { readonly targetGroup: string; readonly ingress: readonly Admission[] }[];
}

export interface Admission extends TrafficSpec {
  readonly peer: PeerSpec;
}

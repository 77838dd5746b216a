import type { SourceRef } from '../../base/index.ts';
import type { Cluster, EniSpec, Node, NodeSpec, Pod, SubnetSpec, VpcSpec } from '../../cluster/index.ts';
import type { NetnsId, Origin } from '../../linux/index.ts';
import type { Cidr, Family, Ip, Mac } from '../../net/index.ts';
import type { PathSettings } from '../vpc-cni/settings.ts';
import type { OsProfile } from './os-profile.ts';

// What every compiler of this folder starts from: the settled cluster with its references resolved once. Names, MACs and
// interface indexes that the input leaves open are decided here, so that both ends of a wire and the fabric agree.

export interface ClusterPlan {
  readonly cluster: Cluster;
  readonly settings: PathSettings;
  readonly subnets: ReadonlyMap<string, SubnetPlan>;
  readonly nodes: readonly NodePlan[];
  /** Pods with addresses on nodes that are not modelled, or not described. */
  readonly outsidePods: readonly OutsidePod[];
  /** Ports of EndpointSlices (`tcp/8080`): what a Service sends to an address, or to a pod of a host's network by its `NS/NAME`. */
  readonly servedPorts: ReadonlyMap<string, ReadonlySet<string>>;
  /** `healthCheckNodePort`s: every node answers on them. */
  readonly healthCheckPorts: readonly number[];
}

/** A pod that is somewhere the compiler does not reach: it has a name and addresses, and every walk of it is unknown. */
export interface OutsidePod {
  readonly pod: Pod;
  readonly netns: NetnsId;
  readonly addresses: readonly Ip[];
  /** The one of them that another CNI gave it. */
  readonly overlay?: Ip;
  /** Why, and where the user wrote it. */
  readonly what: string;
  readonly at: SourceRef;
}

/** A load balancer with an address on the internet: it has a name and an address, and every walk of it is unknown. */
export interface FrontHost {
  readonly address: Ip;
  readonly netns: NetnsId;
  readonly what: string;
  readonly at: SourceRef;
}

export interface SubnetPlan {
  readonly spec: SubnetSpec;
  readonly vpc: VpcSpec;
  readonly cidr4: Cidr | undefined;
  readonly cidr6: Cidr | undefined;
  /** The implicit router: base + 1. */
  readonly router: Ip;
  readonly routerMac: Mac;
}

export interface NodePlan {
  readonly spec: NodeSpec;
  readonly object: Node | undefined;
  readonly netns: NetnsId;
  readonly os: OsProfile;
  /** `InternalIP`s: the primary ENI's own address first. */
  readonly addresses: readonly Ip[];
  readonly primary: EniPlan;
  /** By device index, primary first. */
  readonly enis: readonly EniPlan[];
  /** The branch interfaces of its trunk. */
  readonly branches: readonly EniPlan[];
  /** Pods with a namespace of their own, by address. */
  readonly pods: readonly PodPlan[];
  readonly hostPods: readonly Pod[];
}

export interface EniPlan {
  readonly spec: EniSpec;
  readonly subnet: SubnetPlan;
  readonly ifname: string;
  readonly ifindex: number;
  readonly mac: Mac;
  /** The routing table of its pods: main for the primary, device index + 1 for the others, 100 + VLAN for a branch. */
  readonly table: number;
  /** Of a branch interface: its VLAN, on the trunk. */
  readonly vlan?: { readonly id: number; readonly trunk: EniPlan };
}

/** The second pair of a pod that has one: for the family its cluster is not of. */
export interface Egress {
  readonly family: Family;
  readonly dev: string;
  readonly ifindex: number;
  readonly mac: Mac;
  readonly address: Ip;
  /** Host end. */
  readonly veth: string;
  readonly vethIfindex: number;
  readonly vethMac: Mac;
}

export interface PodPlan {
  readonly pod: Pod;
  readonly netns: NetnsId;
  readonly addresses: readonly Ip[];
  readonly eni: EniPlan;
  /** Host end of the pair. */
  readonly veth: string;
  readonly vethIfindex: number;
  readonly vethMac: Mac;
  /** `link-netnsid` of the pod's namespace as the node numbers it. */
  readonly netnsid: number;
  readonly ifindex: number;
  readonly mac: Mac;
  /** What it sets in its namespace, as far as the kernel takes it. */
  readonly sysctls?: readonly { readonly name: string; readonly value: string }[];
  /** Its second pair, where the CNI gives it one. */
  readonly egress?: Egress;
  /** Of every line the CNI writes for this pod. */
  readonly origin: Origin;
}

import type { SourceRef } from '../base/index.ts';
import type { Cidr, Ip, Mac } from '../net/index.ts';
import type { Taint } from './objects.ts';

// The AWS side as a user describes it, resolved to exact form: from eksctl's ClusterConfig or from our own `Network` kind.

export interface Network {
  readonly region: string;
  /** Id of the VPC the cluster is in. */
  readonly clusterVpc: string;
  readonly vpcs: readonly VpcSpec[];
  readonly peerings: readonly PeeringSpec[];
}

export interface VpcSpec {
  readonly id: string;
  readonly region: string;
  /** Primary first. */
  readonly cidrs: readonly Cidr[];
  /** The one of them that is made up, and what of the input says the true one. */
  readonly standIn?: { readonly block: Cidr; readonly give: string };
  /** DHCP option domain-name: `ec2.internal`, `eu-west-1.compute.internal`. */
  readonly dhcpDomain: string;
  readonly internetGateway?: string;
  /** Its virtual private gateway. */
  readonly vpnGateway?: string;
  readonly subnets: readonly SubnetSpec[];
  readonly routeTables: readonly RouteTableSpec[];
  readonly natGateways: readonly NatGatewaySpec[];
  /** The input does not speak of it: made around the addresses in use. */
  readonly undescribed?: boolean;
  readonly source: SourceRef;
}

export interface SubnetSpec {
  readonly id: string;
  readonly cidrs: readonly Cidr[];
  readonly zone: string;
  readonly routeTable: string;
  /** Instances launched here get a public address. */
  readonly mapPublicIp: boolean;
  readonly dns64: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly source: SourceRef;
}

export interface RouteSpec {
  readonly destination: Cidr;
  readonly target: string;
  readonly source: SourceRef;
}

export interface RouteTableSpec {
  readonly id: string;
  /** Without the `local` routes: those follow from the VPC's CIDRs. `target` is an id (`igw-...`, a NAT gateway's or peering's id, an eni) or `blackhole`. */
  readonly routes: readonly RouteSpec[];
  /** VPN gateways whose networks' blocks it learns. */
  readonly propagatingVgws?: readonly string[];
  readonly source: SourceRef;
}

export interface NatGatewaySpec {
  readonly id: string;
  readonly subnet: string;
  readonly privateIp?: Ip;
  readonly publicIp?: Ip;
  readonly connectivity: 'public' | 'private';
  readonly source: SourceRef;
}

export interface PeeringSpec {
  readonly id: string;
  readonly requester: string;
  readonly accepter: string;
  readonly source: SourceRef;
}

/** A machine that is not part of the cluster: in a VPC, on the internet, or in a network of one's own. */
export interface ServerSpec {
  readonly name: string;
  readonly kind: 'server' | 'internet' | 'on-premises';
  readonly subnet?: string;
  /** The on-premises network it is in. */
  readonly network?: string;
  readonly addresses: readonly Ip[];
  readonly publicIp?: Ip;
  readonly listens: readonly { readonly port: number; readonly protocol: 'tcp' | 'udp'; readonly process: string }[];
  readonly log?: 'nginx';
  readonly securityGroups?: readonly string[];
  /** Names it is known by in public DNS. */
  readonly dnsNames: readonly string[];
  readonly source: SourceRef;
}

/** An ENI of a node, as given or as the ipam controller made it. */
export interface EniSpec {
  readonly id: string;
  readonly deviceIndex: number;
  readonly subnet: string;
  readonly primaryIp: Ip;
  /** Secondary addresses that pods may take; holds at least the ones in use. */
  readonly addresses: readonly Ip[];
  readonly prefixes: readonly Cidr[];
  readonly publicIp?: Ip;
  readonly mac?: Mac;
  readonly ifname?: string;
  readonly ifindex?: number;
  readonly securityGroups: readonly string[];
  /** A trunk carries branch interfaces, and no pod of its own. */
  readonly interfaceType?: 'interface' | 'trunk';
  /** Off, it sends from, and takes what is for, anybody's addresses; on where it is absent. */
  readonly sourceDestCheck?: boolean;
  readonly source?: SourceRef;
}

/** A branch interface: an ENI of its own behind a trunk, for one pod. `deviceIndex` is the trunk's. */
export interface BranchEniSpec extends EniSpec {
  readonly branch: {
    /** Id of the trunk. */
    readonly trunk: string;
    readonly vlanId: number;
    /** `NAMESPACE/NAME` */
    readonly pod: string;
  };
}

/** Overrides of what the CNI would have chosen for one pod. */
export interface PlacementSpec {
  readonly namespace: string;
  readonly pod: string;
  readonly deviceIndex?: number;
  readonly ip?: Ip;
  /** Literal host veth name, where the real one is known and its hash input is not. */
  readonly veth?: string;
  readonly vethIfindex?: number;
  readonly vethMac?: Mac;
  readonly podMac?: Mac;
  readonly podIfindex?: number;
  /** How its node numbers the pod's namespace: of a pod that came when the others were there. */
  readonly netnsid?: number;
  readonly source: SourceRef;
}

/** A Fargate profile: which pods it takes, and where it starts their micro-VMs. */
export interface FargateProfileSpec {
  readonly name: string;
  /** A pod that one of them matches is taken; `*` and `?` as in a shell. */
  readonly selectors: readonly {
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly source: SourceRef;
  }[];
  /** Ids; without any, all private subnets of the cluster's VPC. */
  readonly subnets: readonly { readonly id: string; readonly source: SourceRef }[];
  readonly source: SourceRef;
}

/** How one node is built, beyond its Node object. */
export interface NodeSpec {
  readonly name: string;
  /** A micro-VM of Fargate: no instance of EC2, one interface, one pod. */
  readonly computeType?: 'fargate';
  readonly instanceType: string;
  readonly subnet: string;
  readonly zone: string;
  readonly os: 'AmazonLinux2023' | 'AmazonLinux2' | 'Bottlerocket' | 'Ubuntu';
  readonly maxPods?: number;
  /** Its cores as Linux counts them; absent: the type does not tell. */
  readonly vcpus?: number;
  /** Given ENIs win over computed ones; empty: the ipam controller makes them. */
  readonly enis: readonly EniSpec[];
  /** Of its trunk, by VLAN; made when settled. */
  readonly branches?: readonly BranchEniSpec[];
  readonly primaryIp?: Ip;
  readonly publicIp?: Ip;
  /** `publicIp` is made up. */
  readonly publicIpStandsIn?: true;
  /** Whether its primary interface has a primary IPv6 address (`IsPrimaryIpv6` of one of its addresses); absent: not said. */
  readonly primaryIpv6?: boolean;
  /** Of its primary interface, where that says nothing itself. */
  readonly sourceDestCheck?: boolean;
  /** What kube-proxy on this node calls itself, where that differs from the Node object's name. */
  readonly kubeProxyNodeName?: string;
  /** sysctls that differ from the OS default. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly sysctlsSource?: SourceRef;
  readonly labels: Readonly<Record<string, string>>;
  /** Taints a node group gives its nodes; a live Node's own are in its object. */
  readonly taints?: readonly Taint[];
  readonly nodeGroup?: string;
  /** Sysctls and patterns (`net.ipv4.*`) its kubelet lets pods set beside the safe ones, where the input says. */
  readonly allowedUnsafeSysctls?: readonly string[];
  /** Of its primary ENI, and of every other that says nothing else. */
  readonly securityGroups?: readonly string[];
  /** EKS puts the cluster security group beside the groups given. */
  readonly joinsClusterGroup?: boolean;
  readonly source: SourceRef;
}

export interface NodePatch {
  readonly name: string;
  readonly node: string;
  /** `iptables-save`, `ip-rule`, `ip-route`, `sysctl`...: the artefact's file name in a World folder, without extension. */
  readonly artefact: string;
  readonly remove: readonly string[];
  readonly add: readonly string[];
  readonly enabled: boolean;
  readonly source: SourceRef;
}

export interface FlowSpec {
  /** Seconds. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  readonly fromPort?: number;
  readonly idle?: number;
  readonly ctState?: 'INVALID';
  readonly ratePerSecond?: number;
  readonly hold?: number;
  readonly source: SourceRef;
}

export interface Flows {
  readonly name: string;
  readonly flows: readonly FlowSpec[];
  readonly source: SourceRef;
}

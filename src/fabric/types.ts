import type { Cidr, Ip, Mac } from '../net/index.ts';
import type { OnPremises, TransitGateway, VpcEndpoint, VpnGateway } from './connections.ts';
import type { ControlPlane } from './control-planes.ts';
import type { NetworkAcl, PrefixList, SecurityGroup } from './filters.ts';
import type { LoadBalancer, TargetGroup } from './load-balancers.ts';
import type { FabricOrigin } from './origin.ts';
import type { StandIn } from './stand-in.ts';

/**
 * Everything outside the namespaces, resolved: the VPCs, what hangs on them, and the wires between namespaces. Names are
 * the field's: EC2's API terms in kebab case. Ids are unique within their list.
 */
export interface Fabric {
  readonly vpcs: readonly Vpc[];
  readonly subnets: readonly Subnet[];
  readonly routeTables: readonly RouteTable[];
  readonly enis: readonly Eni[];
  readonly internetGateways: readonly InternetGateway[];
  readonly natGateways: readonly NatGateway[];
  readonly peerings: readonly VpcPeering[];
  readonly transitGateways: readonly TransitGateway[];
  readonly vpnGateways: readonly VpnGateway[];
  readonly onPremises: readonly OnPremises[];
  readonly vpcEndpoints: readonly VpcEndpoint[];
  readonly controlPlanes: readonly ControlPlane[];
  readonly loadBalancers: readonly LoadBalancer[];
  readonly targetGroups: readonly TargetGroup[];
  readonly securityGroups: readonly SecurityGroup[];
  readonly networkAcls: readonly NetworkAcl[];
  readonly prefixLists: readonly PrefixList[];
  /** veth pairs that cross namespaces. */
  readonly wires: readonly Wire[];
  /** Public hosts outside every VPC: their namespace sits directly on the internet. */
  readonly internetHosts: readonly InternetHost[];
  readonly dns: Dns;
  /** Public addresses that are made up; absent: none is. */
  readonly standIns?: readonly StandIn[];
  /** What the input describes and the fabric does not model: a walk that meets the scope ends `unknown`. */
  readonly unmodelled: readonly FabricUnmodelled[];
}

export interface Vpc {
  readonly id: string;
  readonly region: string;
  /** Associated IPv4 and IPv6 blocks, primary first. */
  readonly cidrs: readonly Cidr[];
  /** Nobody described it, and these are the addresses of it that somebody is known to have: who has another is not known. Absent: what is described is all. */
  readonly shown?: readonly Ip[];
  readonly origin?: FabricOrigin;
}

export interface Subnet {
  readonly id: string;
  readonly vpc: string;
  readonly zone: string;
  readonly cidrs: readonly Cidr[];
  readonly routeTable: string;
  /** The implicit router's address (base + 1) and MAC: frames to that MAC consult the route table, others do not. */
  readonly router: Ip;
  readonly routerMac: Mac;
  /** The resolver gives who asks from here IPv6 addresses for names that have IPv4 ones only. */
  readonly dns64?: boolean;
  readonly origin?: FabricOrigin;
}

export interface RouteTable {
  readonly id: string;
  readonly vpc: string;
  readonly routes: readonly VpcRoute[];
}

export interface VpcRoute {
  readonly destination: Cidr;
  readonly target: RouteTarget;
  readonly state: 'active' | 'blackhole';
  readonly origin?: FabricOrigin;
}

export type RouteTarget =
  | { readonly kind: 'local' }
  | {
      readonly kind:
        | 'internet-gateway'
        | 'nat-gateway'
        | 'vpc-peering'
        | 'transit-gateway'
        | 'vpn-gateway'
        | 'vpc-endpoint'
        | 'network-interface'
        | 'egress-only-internet-gateway';
      readonly id: string;
    }
  | { readonly kind: 'unsupported'; readonly text: string };

export interface Eni {
  readonly id: string;
  readonly subnet: string;
  readonly mac: Mac;
  /** The router's MAC as the ENI's host has it, where the input holds that host's own neighbour list; else the subnet's. */
  readonly routerMac?: Mac;
  /** The primary private address, then the secondaries. IPv6 addresses are among them. */
  readonly addresses: readonly Ip[];
  /** Delegated prefixes: /28 for IPv4, /80 for IPv6. */
  readonly prefixes: readonly Cidr[];
  /** Private address -> public address mapped to it by the internet gateway. */
  readonly publicAddresses: ReadonlyMap<Ip, Ip>;
  readonly sourceDestCheck: boolean;
  /** `DenyAllIgwTraffic`: nothing passes between it and the internet by an internet gateway. Absent: false. */
  readonly denyAllIgwTraffic?: boolean;
  /** What made it so, where that is not what made the interface. */
  readonly deniedBy?: FabricOrigin;
  /** The namespace device it is; null for one no namespace is behind (a NAT gateway's, the control plane's). */
  readonly attachment: { readonly netns: string; readonly dev: string } | null;
  readonly deviceIndex: number;
  /**
   * A trunk carries branches, each an ENI of its own whose frames wear its VLAN's tag on the trunk's wire; `deviceIndex` of a
   * branch is its trunk's.
   */
  readonly trunking?:
    | { readonly as: 'trunk' }
    | { readonly as: 'branch'; readonly trunk: string; readonly vlanId: number };
  /** `node/NAME`, `host/NAME`, `nat-gateway/ID`, `lb/ID`, `control-plane/CLUSTER`: who it belongs to. */
  readonly owner: string;
  /** Ids; one that no group of the fabric has is not described. Empty: nothing guards it. */
  readonly securityGroups: readonly string[];
  readonly mtu: number;
  readonly origin?: FabricOrigin;
}

export interface InternetGateway {
  readonly id: string;
  readonly vpc: string;
  readonly origin?: FabricOrigin;
}

export interface NatGateway {
  readonly id: string;
  readonly subnet: string;
  readonly privateIp: Ip;
  /** null for a private NAT gateway. */
  readonly publicIp: Ip | null;
  readonly origin?: FabricOrigin;
}

export interface VpcPeering {
  readonly id: string;
  readonly requester: string;
  readonly accepter: string;
  readonly mtu: number;
  readonly origin?: FabricOrigin;
}

export interface WireEnd {
  readonly netns: string;
  readonly dev: string;
}
export interface Wire {
  readonly a: WireEnd;
  readonly b: WireEnd;
}

export interface InternetHost {
  readonly netns: string;
  readonly dev: string;
  readonly addresses: readonly Ip[];
}

/** What name servers know. CoreDNS's zone is authoritative for the cluster domain; the rest is the VPC resolver's. */
export interface Dns {
  /** `cluster.local` */
  readonly clusterDomain: string;
  /** Service address of kube-dns, per family. */
  readonly clusterDns: readonly Ip[];
  /** Names in the cluster domain and reverse zones, absolute without the trailing dot, lower case. */
  readonly cluster: readonly DnsRecord[];
  /** The cluster's namespaces: a name in one that is not there does not exist. */
  readonly namespaces: readonly string[];
  /** Names any resolver outside the cluster answers. */
  readonly upstream: readonly DnsRecord[];
  /** Names the input speaks of and gives no address for: a lookup of one ends `unknown`. */
  readonly unmodelled?: readonly DnsUnmodelled[];
  /** How CoreDNS is set up; absent: as EKS installs it. */
  readonly corefile?: Corefile;
}

/** What the answers of CoreDNS depend on beside its records. */
export interface Corefile {
  readonly pods: 'disabled' | 'insecure' | 'verified';
  readonly ttl: number;
  /** The longest TTL the cache plugin lets pass; null without it. */
  readonly cacheTtl: number | null;
  /** The reverse zones the kubernetes plugin answers in. */
  readonly reverseZones: readonly string[];
  /** Zones in which a name the plugin does not have is forwarded; `.` is all. */
  readonly fallthrough: readonly string[];
  readonly unmodelled: readonly CorefileGap[];
}

/** Something the name server is told to do that nobody here can say the outcome of. */
export interface CorefileGap {
  /** The names it may touch: this one and those below; `.` is all. */
  readonly zone: string;
  /** It touches only what no zone of the cluster answers. */
  readonly forwarded: boolean;
  readonly what: string;
}

export interface DnsUnmodelled {
  /** The name, and all below it. Empty: every name. */
  readonly zone: string;
  /** Whose lookups it touches: everybody's, or one namespace's. */
  readonly asker: { readonly kind: 'anyone' } | { readonly kind: 'netns'; readonly netns: string };
  readonly what: string;
  readonly at?: { readonly file: string; readonly line?: number; readonly column?: number };
}

export type DnsRecord = {
  readonly name: string;
  readonly ttl: number;
  /** It is in a private hosted zone: the name servers of this VPC alone have it. */
  readonly vpc?: string;
} & (
  | {
      readonly type: 'A' | 'AAAA';
      readonly addresses: readonly Ip[];
      /** Of an alias record (`AliasTarget.DNSName`): the name whose addresses these are. */
      readonly aliasOf?: string;
      /** The input has it as a resolver answered: what the health of targets leaves out of it is left out already. */
      readonly asGiven?: boolean;
    }
  | { readonly type: 'CNAME' | 'PTR'; readonly target: string }
  | {
      readonly type: 'SRV';
      readonly targets: readonly {
        readonly priority: number;
        readonly weight: number;
        readonly port: number;
        readonly target: string;
      }[];
    }
);

export interface FabricUnmodelled {
  readonly scope: { readonly kind: 'vpc' | 'subnet' | 'eni'; readonly id: string };
  readonly what: string;
  readonly at?: { readonly file: string; readonly line?: number; readonly column?: number };
}

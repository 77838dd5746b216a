import type { SourceRef } from '../base/index.ts';
import type { TargetGroup } from '../fabric/index.ts';
import type { Cidr, Ip } from '../net/index.ts';
import type { OnPremisesSpec, TransitGatewaySpec, VpcEndpointSpec } from './connections.ts';
import type { Filters } from './filters.ts';
import type { Ingress, IngressClass, IngressClassParams } from './ingress-objects.ts';
import type { LoadBalancerController } from './load-balancer-controller.ts';
import type { LoadBalancerSpec } from './load-balancers.ts';
import type { FargateProfileSpec, Flows, Network, NodePatch, NodeSpec, PlacementSpec, ServerSpec } from './network.ts';
import type { NetworkPolicy, PolicyEndpoint } from './network-policies.ts';
import type {
  ConfigMap,
  EndpointSlice,
  EniConfig,
  Namespace,
  Node,
  Pod,
  PodPlacement,
  PriorityClass,
  SecurityGroupPolicy,
  Service,
  ServiceAccount,
  TargetGroupBinding,
  Unacted,
  Workload,
} from './objects.ts';
import type { VpcCniConfig } from './vpc-cni.ts';

/**
 * Everything the user gave, understood and defaulted, with references still open: pods without nodes or addresses,
 * Services without ClusterIPs. The controllers close them; `settle` returns the same type with nothing left open.
 */
export interface Cluster {
  readonly name: string;
  readonly region: string;
  /** `1.34` */
  readonly version: string;
  readonly ipFamily: 'IPv4' | 'IPv6';
  /** One per family in use. */
  readonly serviceCidrs: readonly Cidr[];
  readonly clusterDomain: string;
  /** Empty until settled: the `.10` of each service CIDR, or what kube-dns's Service says. */
  readonly clusterDns: readonly Ip[];
  /** Addresses of the control plane's ENIs: endpoints of default/kubernetes. */
  readonly apiserver: readonly { readonly ip: Ip; readonly subnet: string }[];
  readonly endpoint: EndpointSpec;
  readonly network: Network;
  /** Addresses and blocks of the input that nothing made up may have (`madeUpAddresses`). */
  readonly mentioned: readonly Cidr[];
  readonly cni: VpcCniConfig;
  readonly kubeProxy: KubeProxyConfig;
  /** Present when the input has a Corefile. */
  readonly coreDns?: CoreDnsConfig;
  /** What the addon's configuration makes of CoreDNS's Deployment; absent: EKS's defaults. */
  readonly coreDnsPods?: Partial<PodPlacement> & { readonly replicas?: number };
  readonly filters: Filters;
  readonly nodeSpecs: readonly NodeSpec[];
  readonly fargateProfiles: readonly FargateProfileSpec[];
  readonly servers: readonly ServerSpec[];
  readonly transitGateways: readonly TransitGatewaySpec[];
  readonly onPremises: readonly OnPremisesSpec[];
  readonly vpcEndpoints: readonly VpcEndpointSpec[];
  readonly placements: readonly PlacementSpec[];
  readonly patches: readonly NodePatch[];
  readonly flows: readonly Flows[];
  readonly dnsNames: readonly {
    readonly name: string;
    /** Empty for an alias. */
    readonly addresses: readonly Ip[];
    /** The load balancer whose addresses it has: `lb/NAME`, `ingress/NS/NAME`, `svc/NS/NAME`. */
    readonly alias?: string;
    readonly source: SourceRef;
  }[];

  readonly namespaces: readonly Namespace[];
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly workloads: readonly Workload[];
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly configMaps: readonly ConfigMap[];
  readonly eniConfigs: readonly EniConfig[];
  readonly priorityClasses: readonly PriorityClass[];
  readonly ingresses: readonly Ingress[];
  readonly ingressClasses: readonly IngressClass[];
  /** Of the AWS Load Balancer Controller. */
  readonly ingressClassParams: readonly IngressClassParams[];
  readonly networkPolicies: readonly NetworkPolicy[];
  /** Those the input shows, and once settled one for each NetworkPolicy that has none. */
  readonly policyEndpoints: readonly PolicyEndpoint[];
  readonly securityGroupPolicies: readonly SecurityGroupPolicy[];
  readonly targetGroupBindings: readonly TargetGroupBinding[];
  readonly serviceAccounts: readonly ServiceAccount[];
  readonly unacted: readonly Unacted[];
  /** How the AWS Load Balancer Controller runs; absent: the input does not have it. */
  readonly loadBalancerController?: LoadBalancerController;
  /** Those the input gives as they are, and once settled those the controllers order for Services and Ingresses. */
  readonly loadBalancers: readonly LoadBalancerSpec[];
  readonly targetGroups: readonly TargetGroup[];
  /** Once settled: why a Service of type LoadBalancer has none, by `NS/NAME`, where that is no refusal. */
  readonly unmadeBalancers?: ReadonlyMap<string, string>;
  /** What is said of a VPC or of nodes that nothing compiles: no walk it touches is sure. */
  readonly unmodelled: readonly UnmodelledInput[];
  /** Nodes the cluster has and nobody makes, on which a pod may run that fits on no other. */
  readonly unmadeNodes?: Pick<UnmodelledInput, 'what' | 'at'>;
  /** Of live objects, that what answers at `clusterDns` is not among them: what is missing. */
  readonly unlistedDns?: string;

  /** Choices the input left open and we made, said with every answer they touch. */
  readonly assumptions: readonly string[];
}

/** The API server's endpoint: in which modes it is reached, and by whom. */
export interface EndpointSpec {
  readonly public: boolean;
  readonly private: boolean;
  /** Who may call the public one. */
  readonly publicAccessCidrs: readonly Cidr[];
  /** Its name; absent: EKS makes one. */
  readonly dnsName?: string;
  /** Addresses of the public one; empty: EKS gives them. */
  readonly addresses: readonly Ip[];
  /** Where the input speaks of it. */
  readonly source?: SourceRef;
}

/** Something the input says that changes packet paths, that nothing compiles, and that is no object of `unacted`. */
export interface UnmodelledInput {
  /** Without its place, which `at` is. */
  readonly what: string;
  readonly at: SourceRef;
  readonly touches: /** Every walk through this VPC; without an id, through any. */
  { readonly kind: 'vpc'; readonly id?: string } | { readonly kind: 'nodes'; readonly group?: string };
}

/** What a Corefile makes of the cluster's name server. Without one it is as EKS installs it. */
export interface CoreDnsConfig {
  readonly pods: 'disabled' | 'insecure' | 'verified';
  /** TTL of the kubernetes plugin's records. */
  readonly ttl: number;
  /** The longest a record is given; null without the cache plugin. */
  readonly cacheTtl: number | null;
  /** The reverse zones the kubernetes plugin answers in. */
  readonly reverseZones: readonly string[];
  /** Zones in which a name the plugin does not have goes to the next; `.` is all. */
  readonly fallthrough: readonly string[];
  /** What else it is told to do, and the names that may touch: `forwarded` only those no zone of the cluster has. */
  readonly unmodelled: readonly { readonly zone: string; readonly forwarded: boolean; readonly what: string }[];
}

/** What a program listens on: an address, or every one of both families. */
export interface BindAddress {
  readonly local: Ip | '*';
  readonly port: number;
}

/** kube-proxy's configuration, as in the ConfigMap kube-proxy-config; defaults are what EKS ships. */
export interface KubeProxyConfig {
  readonly mode: 'iptables' | 'nftables' | 'ipvs' | 'ebpf';
  readonly masqueradeAll: boolean;
  /** Of IPVS mode. */
  readonly ipvsScheduler: string;
  readonly masqueradeBit: number;
  readonly clusterCIDR: readonly Cidr[];
  readonly detectLocal:
    | { readonly kind: 'none' }
    | { readonly kind: 'cluster-cidr' }
    | { readonly kind: 'node-cidr' }
    | { readonly kind: 'bridge' | 'interface-prefix'; readonly name: string };
  readonly localhostNodePorts: boolean;
  /** Empty: all addresses. `'primary'`: the node's own. */
  readonly nodePortAddresses: readonly Cidr[] | 'primary';
  /** Whether the kernel has nfacct objects: adds two forms of rule. */
  readonly nfacct: boolean;
  /** Where it answers for its metrics and its health. */
  readonly metricsBind: BindAddress;
  readonly healthzBind: BindAddress;
  readonly randomFully: boolean;
  /** What it sets on its node as it starts; times in seconds, 0: left alone. */
  readonly conntrack: {
    readonly maxPerCore: number;
    readonly min: number;
    readonly tcpEstablishedTimeout: number;
    readonly tcpCloseWaitTimeout: number;
    readonly tcpBeLiberal: boolean;
    readonly udpTimeout: number;
    readonly udpStreamTimeout: number;
  };
  /** Where the fields that decide who may use a node port are said. */
  readonly said: { readonly localhostNodePorts?: SourceRef; readonly nodePortAddresses?: SourceRef };
  /** What it says of every node and nothing compiles. */
  readonly unread: readonly UnmodelledInput[];
  readonly source?: SourceRef;
}

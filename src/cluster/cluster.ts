import type { SourceRef } from '../base/index.ts';
import type { Cidr, Ip } from '../net/index.ts';
import type { Flows, Network, NodePatch, NodeSpec, PlacementSpec, ServerSpec } from './network.ts';
import type {
  ConfigMap,
  EndpointSlice,
  EniConfig,
  Namespace,
  Node,
  Pod,
  Service,
  Unacted,
  Workload,
} from './objects.ts';

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
  readonly endpointAccess: { readonly public: boolean; readonly private: boolean };
  readonly network: Network;
  readonly cni: VpcCniConfig;
  readonly kubeProxy: KubeProxyConfig;
  readonly nodeSpecs: readonly NodeSpec[];
  readonly servers: readonly ServerSpec[];
  readonly placements: readonly PlacementSpec[];
  readonly patches: readonly NodePatch[];
  readonly flows: readonly Flows[];
  readonly dnsNames: readonly {
    readonly name: string;
    readonly addresses: readonly Ip[];
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
  readonly unacted: readonly Unacted[];
  /** What is said of a VPC, of nodes or of pods that nothing compiles: no walk it touches is sure. */
  readonly unmodelled: readonly UnmodelledInput[];

  /** Choices the input left open and we made, said with every answer they touch. */
  readonly assumptions: readonly string[];
}

/** Something the input says that changes packet paths, that nothing compiles, and that is no object of `unacted`. */
export interface UnmodelledInput {
  /** Without its place, which `at` is. */
  readonly what: string;
  readonly at: SourceRef;
  readonly touches: /** Every walk through this VPC; without an id, through any. */
    | { readonly kind: 'vpc'; readonly id?: string }
    | { readonly kind: 'nodes'; readonly group?: string }
    /** Pods of a namespace (`*` and `?` as in a shell) that have these labels. */
    | { readonly kind: 'pods'; readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
}

/** Amazon VPC CNI: its version and every environment variable that changes a packet's path, typed and defaulted (facts: manifest defaults of that version). */
export interface VpcCniConfig {
  readonly version: CniVersion;
  /** Environment as set, key -> value; `cni-env.ts` gives it types and defaults. */
  readonly env: Readonly<Record<string, EnvValue>>;
  readonly initEnv: Readonly<Record<string, EnvValue>>;
  readonly enableNetworkPolicy: boolean;
}

export interface EnvValue {
  readonly value: string;
  /** Where it was set: an addon, the aws-node DaemonSet, a `--set` flag. */
  readonly source: SourceRef;
}

export interface CniVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** kube-proxy's configuration, as in the ConfigMap kube-proxy-config; defaults are what EKS ships. */
export interface KubeProxyConfig {
  readonly mode: 'iptables' | 'nftables' | 'ipvs';
  readonly masqueradeAll: boolean;
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
  readonly randomFully: boolean;
  readonly conntrackTcpBeLiberal: boolean;
  readonly source?: SourceRef;
}

import type { SourceRef } from '../base/index.ts';
import type { Fabric } from '../fabric/index.ts';
import type { Netns, NetnsId, ResolvConf } from '../linux/index.ts';
import type { Cidr, Ip, Protocol } from '../net/index.ts';
import type { Evidence, Probe, RoundTrip } from '../trace/index.ts';

/**
 * The state of a whole cluster at one moment: a value. Same input, same bytes. Every producer (compiler, a folder, a
 * kernel read-back) makes this; every data plane reads this and nothing else.
 */
export interface World {
  readonly name: string;
  /** May compile a namespace on first use; reading one twice gives the same object. */
  readonly netns: ReadonlyMap<NetnsId, Netns>;
  readonly fabric: Fabric;
  readonly directory: Directory;
  /** Order the input left open and we settled: said with every answer it touches. */
  readonly assumptions: readonly string[];
}

/** Names people use, and what they stand for. No walk depends on it: it resolves questions and labels answers. */
export interface Directory {
  readonly nodes: readonly NodeEntry[];
  readonly pods: readonly PodEntry[];
  /** Pods of the input without a namespace, which no walk meets: wanted and not there yet, or ended. */
  readonly absent: readonly AbsentPod[];
  readonly services: readonly ServiceEntry[];
  readonly hosts: readonly HostEntry[];
  readonly apiserver: readonly Ip[];
  /** Where kube-proxy serves node ports; absent where the input describes no cluster. */
  readonly nodePorts?: NodePortScope;
  /** Blocks cluster IPs are taken from; an address in one of them that no Service has is nobody's. */
  readonly serviceCidrs: readonly Cidr[];
}

export interface NodePortScope {
  readonly mode: 'iptables' | 'nftables' | 'ipvs' | 'ebpf';
  readonly localhostNodePorts: boolean;
  /** Blocks, `primary`, or empty: every address. */
  readonly nodePortAddresses: readonly string[];
  readonly said: { readonly localhostNodePorts?: SourceRef; readonly nodePortAddresses?: SourceRef };
}

export interface NodeEntry {
  readonly name: string;
  readonly netns: NetnsId;
  readonly addresses: readonly Ip[];
  readonly zone: string;
  /** Its condition Ready where that is not True, and why: `Unknown (NodeStatusUnknown)`. */
  readonly notReady?: string;
}

export interface PodEntry {
  readonly namespace: string;
  readonly name: string;
  /** The node's namespace for a hostNetwork pod. */
  readonly netns: NetnsId;
  readonly node: string;
  readonly addresses: readonly Ip[];
  readonly hostNetwork: boolean;
  /** Of a hostNetwork pod whose /etc/resolv.conf is not its node's; every other pod's is in its namespace. */
  readonly resolvConf?: ResolvConf;
  /** Where that is not its name: `spec.hostname`. */
  readonly hostname?: string;
  /** `db.shop.svc.cluster.local`: what its hostname stands in, by `spec.subdomain`. */
  readonly hostDomain?: string;
  /** Lines the kubelet adds to its /etc/hosts. */
  readonly hostAliases?: readonly HostsLine[];
  /** `Deployment/echoserver`, the controller at the top of its owners; absent for a bare pod. */
  readonly workload?: string;
  readonly ports: readonly { readonly name?: string; readonly port: number; readonly protocol: Protocol }[];
  /** TCP ports its probes ask, and no container declares. */
  readonly probed?: readonly number[];
  /** Containers that do not run, or run and are not ready; absent: none that the input says. */
  readonly containers?: readonly ContainerEntry[];
  /** No container of it runs: nothing of it listens or sends. */
  readonly idle?: true;
}

export interface ContainerEntry {
  readonly name: string;
  readonly is: 'waiting' | 'terminated' | 'not-ready';
  /** `CrashLoopBackOff`, `Completed`. */
  readonly reason?: string;
  /** What it would listen on: `tcp/8080`. */
  readonly ports: readonly string[];
}

/** A line of /etc/hosts (hosts(5)). */
export interface HostsLine {
  readonly address: Ip;
  readonly names: readonly string[];
}

export interface AbsentPod {
  readonly namespace: string;
  readonly name: string;
  readonly phase: 'Pending' | 'Succeeded' | 'Failed';
  /** In the scheduler's or the kubelet's words: `Unschedulable: 0/3 nodes are available: ...`, `Evicted: ...`. */
  readonly why?: string;
  /** What keeps it from being sure that it has no place, where something does. */
  readonly unsure?: string;
  /** What an ended pod had, and its status still shows. */
  readonly addresses: readonly Ip[];
  /** Absent where no node runs it. */
  readonly node?: string;
  readonly workload?: string;
  /** `NS/NAME` of the Services that select it. */
  readonly services: readonly string[];
}

export interface ServiceEntry {
  readonly namespace: string;
  readonly name: string;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** Empty for a headless one. */
  readonly clusterIPs: readonly Ip[];
  readonly externalIPs: readonly Ip[];
  readonly loadBalancerIPs: readonly Ip[];
  readonly loadBalancerHostnames: readonly string[];
  readonly ports: readonly {
    readonly name?: string;
    readonly port: number;
    readonly protocol: Protocol;
    readonly nodePort?: number;
    /** `IP:PORT` of every endpoint, ready or not, sorted. */
    readonly endpoints: readonly string[];
  }[];
  /** `NS/NAME` of the pods it selects that are not ready; an endpoint without a pod by its address. */
  readonly notReady: readonly string[];
  /** Those of them that say of themselves they are ready: the EndpointSlice says otherwise. */
  readonly readyThemselves?: readonly string[];
  /** Target groups it is registered in that no load balancer of the input has, and by what. */
  readonly registeredIn?: readonly { readonly targetGroup: string; readonly by: string }[];
  /** Ingresses that lead to it and have no load balancer here: which, and why. */
  readonly unbuiltIngresses?: readonly string[];
  /** Why it has no load balancer of its own here, where it asks for one. */
  readonly withoutBalancer?: string;
  /** The label that has kube-proxy leave it alone, and where that is written. */
  readonly hiddenBy?: { readonly label: string; readonly at?: string };
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
  /** What every node answers at `healthCheckNodePort`: its own ready endpoints. Nodes without one are not listed. */
  readonly healthCheck?: {
    readonly nodePort: number;
    readonly localEndpoints: readonly { readonly node: string; readonly ready: number }[];
  };
}

export interface HostEntry {
  readonly name: string;
  readonly netns: NetnsId;
  readonly kind: 'server' | 'internet' | 'on-premises';
  readonly addresses: readonly Ip[];
  /** What its access log looks like, when it writes one. */
  readonly log?: 'nginx';
}

/**
 * Settles what a real kernel leaves to chance. `first` takes the first option, a seeded one draws, and an enumerating one
 * is asked again and again until every branch was taken.
 */
export interface Dice {
  /** Index of the option taken. Probabilities sum to 1. `by`: the rule that asks, where a walk is told. */
  choose(options: readonly { readonly p: number; readonly label: string }[], by?: Evidence): number;
  /** A port in [min, max]: what --random-fully and ephemeral binding draw. */
  port(min: number, max: number, how?: PortDraw): number;
  /**
   * Hears that a port's number decided something, and how other numbers would have decided. Answers, where one way is walked
   * and `port` was drawn, what share of the ports that could have been gets the same; nothing where all of them do.
   */
  decides?(port: number, verdicts: () => readonly PortVerdict[]): PortShare | undefined;
  /** Whether the port is one that was drawn. */
  drew?(port: number): boolean;
}

/** A draw of which more is known than its range. */
export interface PortDraw {
  /** The port to take as long as nothing depends on it. */
  readonly prefer?: number;
  /** Ports of the range that are never drawn. */
  readonly reserved?: (port: number) => boolean;
  /** Told which class of ports this one stands for, where they are walked one by one because their verdicts differ. */
  readonly tell?: (taken: number, of: readonly { readonly p: number; readonly label: string }[]) => void;
}

/** What is decided about ports `from` to `to`. */
export interface PortVerdict {
  readonly from: number;
  readonly to: number;
  readonly verdict: string;
}

export interface PortShare {
  readonly p: number;
  /** `32768-60999 of 1024-65535` */
  readonly label: string;
}

export type ChoicePolicy =
  | { readonly kind: 'first' }
  | { readonly kind: 'all' }
  | { readonly kind: 'seed'; readonly seed: number };

export interface WalkOptions {
  readonly choice: ChoicePolicy;
  /** `verdict-only` records no steps. Same evaluator either way. */
  readonly detail: 'full' | 'verdict-only';
}

/** The model and the kernel behind one interface. Round trips come with probabilities that sum to 1 under `all`. */
export interface DataPlane {
  readonly name: 'sim' | 'kernel';
  walk(world: World, probe: Probe, options: WalkOptions): Promise<readonly RoundTrip[]>;
}

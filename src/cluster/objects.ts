import type { SourceRef } from '../base/index.ts';
import type { Target } from '../fabric/index.ts';
import type { Ip } from '../net/index.ts';
import type { PeerSpec } from './filters.ts';
import type { JobProgress, WorkloadStatus } from './workload-progress.ts';

// Kubernetes objects, cut down to the fields that decide where a packet goes. Names and shapes are the API's, so a live
// object and a manifest are the same value. `source` is where the user wrote it.

export interface ObjectMeta {
  readonly name: string;
  /** `default` filled in for namespaced kinds, empty for cluster-scoped ones. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly uid?: string;
  readonly generateName?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly ownerReferences: readonly { readonly kind: string; readonly name: string; readonly controller: boolean }[];
}

export interface KubeObject<Kind extends string> {
  readonly kind: Kind;
  readonly metadata: ObjectMeta;
  readonly source: SourceRef;
}

export type IpProtocolName = 'TCP' | 'UDP' | 'SCTP';

export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
    readonly values: readonly string[];
  }[];
}

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

export interface Toleration {
  readonly key?: string;
  readonly operator: 'Equal' | 'Exists';
  readonly value: string;
  readonly effect?: Taint['effect'];
}

export interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly hostPort?: number;
  readonly protocol: IpProtocolName;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports: readonly ContainerPort[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  /** TCP ports its probes ask; `host` where they do not ask the pod's own address. */
  readonly probes?: readonly { readonly port: number; readonly host?: string }[];
}

export interface TopologySpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
  readonly labelSelector: LabelSelector;
  /** Domains there have to be before the emptiest of them counts. */
  readonly minDomains?: number;
  /** Keys whose values on the pod itself narrow the selector. */
  readonly matchLabelKeys?: readonly string[];
  /** Absent: Honor. */
  readonly nodeAffinityPolicy?: 'Honor' | 'Ignore';
  /** Absent: Ignore. */
  readonly nodeTaintsPolicy?: 'Honor' | 'Ignore';
}

export interface NodeSelectorTerm {
  readonly matchExpressions: LabelSelector['matchExpressions'];
  readonly matchFields: LabelSelector['matchExpressions'];
}

export interface PodSpec {
  readonly nodeName?: string;
  readonly hostNetwork: boolean;
  readonly dnsPolicy: 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None';
  readonly dnsConfig?: {
    readonly nameservers: readonly string[];
    readonly searches: readonly string[];
    readonly options: readonly { readonly name: string; readonly value?: string }[];
  };
  readonly hostname?: string;
  readonly subdomain?: string;
  /** Lines the kubelet adds to the pod's /etc/hosts. */
  readonly hostAliases?: readonly { readonly ip: Ip; readonly hostnames: readonly string[] }[];
  /** Init containers that may change the pod's network: privileged, or with the capability NET_ADMIN. */
  readonly netAdminInit?: readonly string[];
  /** securityContext.sysctls, names with dots. */
  readonly sysctls?: readonly { readonly name: string; readonly value: string; readonly at: SourceRef }[];
  /** Whether any container is privileged or has the capability NET_ADMIN. */
  readonly netAdmin?: boolean;
  /** What its containers ask of their securityContext beyond the default, where they do: `privileged`, `CAP_NET_ADMIN`. */
  readonly privileges?: readonly string[];
  /** Sidecars (init containers that keep running) stand last. */
  readonly containers: readonly Container[];
  /** Gates that keep the scheduler away. */
  readonly schedulingGates?: readonly string[];
  readonly runtimeClassName?: string;
  /** What admission made of its class, where that is past; the scheduler's queue goes by it. */
  readonly priority?: number;
  readonly priorityClassName?: string;
  /** Absent: it may take the place of pods of lower priority. */
  readonly preemptionPolicy?: 'Never';
  /** Absent: `default`. */
  readonly serviceAccountName?: string;
  /** Its first container's limits name `vpc.amazonaws.com/pod-eni`: it is to have a branch interface of its own. */
  readonly podEni?: true;
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution: terms are ORed. */
  readonly requiredNodeAffinity: readonly NodeSelectorTerm[];
  /** Required pod (anti-)affinity. */
  readonly podAffinity: readonly PodAffinityTerm[];
  readonly podAntiAffinity: readonly PodAffinityTerm[];
  readonly tolerations: readonly Toleration[];
  readonly topologySpreadConstraints: readonly TopologySpreadConstraint[];
  /** Affinity has terms that only weigh. */
  readonly prefers?: true;
}

/** What of a pod's spec decides on which nodes it may be. */
export type PodPlacement = Pick<
  PodSpec,
  | 'nodeSelector'
  | 'requiredNodeAffinity'
  | 'podAffinity'
  | 'podAntiAffinity'
  | 'tolerations'
  | 'topologySpreadConstraints'
  | 'prefers'
>;

export interface PodAffinityTerm {
  readonly labelSelector: LabelSelector;
  readonly namespaces: readonly string[];
  readonly topologyKey: string;
}

export interface Pod extends KubeObject<'Pod'> {
  readonly spec: PodSpec;
  readonly status: {
    readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
    readonly podIPs: readonly Ip[];
    readonly hostIP?: string;
    /** Pending or Failed, and why, as the scheduler or the kubelet put it: `Unschedulable: 0/3 nodes are available: ...`. */
    readonly why?: string;
    /** Absent: not said, taken as ready. */
    readonly ready?: boolean;
    /** Condition ContainersReady: only a readiness gate keeps one that has it from being ready. */
    readonly containersReady?: true;
    /** Of its containers those that do not run, or are not ready; absent: none that anybody says. */
    readonly containers?: readonly ContainerState[];
    /** No container of it runs, of any kind: nothing of it listens or sends. */
    readonly idle?: true;
  };
}

/** What the kubelet says of a container that is not simply running and ready. `reason`: `CrashLoopBackOff`, `Completed`. */
export interface ContainerState {
  readonly name: string;
  readonly is: 'waiting' | 'terminated' | 'not-ready';
  readonly reason?: string;
}

export interface PodTemplate {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

/** Deployment, ReplicaSet, StatefulSet, DaemonSet, Job: all that make pods from a template. */
export interface Workload extends KubeObject<'Deployment' | 'ReplicaSet' | 'StatefulSet' | 'DaemonSet' | 'Job'> {
  readonly replicas: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
  /** StatefulSet only. */
  readonly serviceName?: string;
  /** The first pod's number, of a StatefulSet; absent: 0. */
  readonly firstOrdinal?: number;
  /** A Job whose pods have a completion index each. */
  readonly indexed?: true;
  /** Of a Job. */
  readonly progress?: JobProgress;
  /** What its controller last said there is; absent where none did, as in a manifest. */
  readonly status?: WorkloadStatus;
  /** `--set` wrote how many pods it is for, or what they are made of. */
  readonly turned?: 'count' | 'template';
}

/** `scheduling.k8s.io/v1`: what pods that name it are worth to the scheduler. */
export interface PriorityClass extends KubeObject<'PriorityClass'> {
  readonly value: number;
  /** That of pods which name none. */
  readonly globalDefault: boolean;
  readonly preemptionPolicy?: 'Never';
}

export interface Namespace extends KubeObject<'Namespace'> {}

export interface Node extends KubeObject<'Node'> {
  readonly spec: { readonly providerID?: string; readonly taints: readonly Taint[]; readonly unschedulable: boolean };
  readonly status: {
    readonly addresses: readonly { readonly type: string; readonly address: string }[];
    readonly ready: boolean;
    /** What its condition Ready is instead of True, and why. */
    readonly notReady?: { readonly status: 'False' | 'Unknown'; readonly reason?: string };
    readonly capacityPods?: number;
    readonly capacityCpus?: number;
    /** Of `vpc.amazonaws.com/pod-eni`: branch interfaces. */
    readonly capacityPodEnis?: number;
    readonly osImage?: string;
    readonly kubeletVersion?: string;
  };
}

export interface ServicePort {
  readonly name: string;
  readonly protocol: IpProtocolName;
  readonly port: number;
  readonly targetPort: number | string;
  readonly nodePort?: number;
  readonly appProtocol?: string;
}

export interface Service extends KubeObject<'Service'> {
  readonly spec: {
    readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
    /** Empty: to be allocated. `['None']`: headless. */
    readonly clusterIPs: readonly string[];
    readonly ipFamilies: readonly ('IPv4' | 'IPv6')[];
    readonly ipFamilyPolicy?: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';
    /** undefined: no selector, endpoints are somebody else's business. */
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports: readonly ServicePort[];
    readonly externalIPs: readonly string[];
    readonly externalName?: string;
    readonly externalTrafficPolicy: 'Cluster' | 'Local';
    readonly internalTrafficPolicy: 'Cluster' | 'Local';
    readonly trafficDistribution?: 'PreferClose' | 'PreferSameZone' | 'PreferSameNode';
    readonly sessionAffinity: 'None' | 'ClientIP';
    readonly sessionAffinityTimeout: number;
    readonly healthCheckNodePort?: number;
    readonly loadBalancerClass?: string;
    readonly loadBalancerIP?: string;
    readonly loadBalancerSourceRanges: readonly string[];
    readonly allocateLoadBalancerNodePorts: boolean;
    readonly publishNotReadyAddresses: boolean;
  };
  readonly status: {
    readonly ingress: readonly {
      readonly ip?: string;
      readonly hostname?: string;
      readonly ipMode?: 'VIP' | 'Proxy';
    }[];
  };
  /** Where annotations that load balancer controllers read stand, by key. */
  readonly annotationsAt?: Readonly<Record<string, SourceRef>>;
}

export interface EndpointSlice extends KubeObject<'EndpointSlice'> {
  /** Label kubernetes.io/service-name. */
  readonly serviceName: string;
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly ports: readonly { readonly name: string; readonly protocol: IpProtocolName; readonly port?: number }[];
  readonly endpoints: readonly Endpoint[];
}

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  readonly nodeName?: string;
  readonly zone?: string;
  readonly hostname?: string;
  readonly targetRef?: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly hints?: { readonly forZones: readonly string[]; readonly forNodes: readonly string[] };
}

export interface ConfigMap extends KubeObject<'ConfigMap'> {
  readonly data: Readonly<Record<string, string>>;
}

export interface EniConfig extends KubeObject<'ENIConfig'> {
  readonly spec: { readonly subnet: string; readonly securityGroups: readonly string[] };
}

/** Whose labels a SecurityGroupPolicy may select by. */
export interface ServiceAccount extends KubeObject<'ServiceAccount'> {}

/** `vpcresources.k8s.aws/v1beta1` SecurityGroupPolicy: the pods that both selectors match, where both are given, get these groups. */
export interface SecurityGroupPolicy extends KubeObject<'SecurityGroupPolicy'> {
  readonly spec: {
    readonly podSelector?: LabelSelector;
    readonly serviceAccountSelector?: LabelSelector;
    readonly groupIds: readonly string[];
  };
}

/** Who registers the endpoints, or the nodes, of a Service in a target group somebody else made. */
export interface TargetGroupBinding extends KubeObject<'TargetGroupBinding'> {
  readonly spec: {
    readonly targetGroupARN?: string;
    readonly targetGroupName?: string;
    /** Absent: what the target group has. */
    readonly targetType?: 'instance' | 'ip';
    readonly ipAddressType?: 'ipv4' | 'ipv6';
    readonly serviceRef: { readonly name: string; readonly port: number | string };
    readonly nodeSelector?: LabelSelector;
    readonly multiClusterTargetGroup: boolean;
    /** Absent: its controller leaves security groups alone. */
    readonly networking?: readonly TargetGroupIngress[];
  };
  /** Once settled: the target group of the cluster it stands for; absent where nothing describes it. */
  readonly targetGroup?: string;
  /** Once settled: what its controller registers; of a group that is made here, nothing beside what is. */
  readonly targets: readonly Target[];
}

/** Whom targets are made to let in: every peer to every port, a port by the name pods give it, without one all. */
export interface TargetGroupIngress {
  readonly from: readonly PeerSpec[];
  readonly ports: readonly { readonly protocol: 'tcp' | 'udp'; readonly port?: number | string }[];
}

/** What an Ingress sends matching requests to: a Service, or some other object. */
/** A kind we recognise and keep, and do not act on. What it would change is said with every answer it could touch. */
export interface Unacted extends KubeObject<string> {
  readonly group: string;
  /** To packets: stop those of some pods, answer names and addresses, or only configure something that is outside. */
  readonly does: 'filter' | 'front' | 'nothing';
  readonly spec: unknown;
  readonly status: unknown;
}

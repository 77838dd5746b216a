import type { SourceRef } from '../base/index.ts';
import type { LabelSelector } from './objects.ts';

/** A feature of the AWS Load Balancer Controller that can be switched and that changes a path (pkg/config/feature_gates.go). */
export type LoadBalancerGate =
  | 'EnableServiceController'
  | 'EnableIPTargetType'
  | 'EnableTCPUDPListener'
  | 'EnableCertificateManagement'
  | 'NLBSecurityGroup'
  | 'ALBSingleSubnet'
  | 'SubnetsClusterTagCheck'
  | 'SubnetDiscoveryByReachability';

/** How the AWS Load Balancer Controller runs, as the arguments of its container and its webhooks in the input say (pkg/config). */
export interface LoadBalancerController {
  readonly scheme: 'internal' | 'internet-facing';
  readonly targetType: 'instance' | 'ip';
  /** Empty: Ingresses without a class are its own too. */
  readonly ingressClass: string;
  readonly loadBalancerClass: string;
  /** Empty: all. */
  readonly watchNamespace: string;
  readonly refusesClassAnnotation: boolean;
  readonly refusesGroupAnnotation: boolean;
  /** Whether a backend that is missing is answered for, with 503. */
  readonly toleratesService: boolean;
  readonly toleratesAction: boolean;
  /** The group that all its load balancers wear: one it makes where this is empty. */
  readonly backendGroup: string;
  readonly sharesBackendGroup: boolean;
  readonly managesRules: boolean;
  /** 0: no limit. */
  readonly maxTargets: number;
  readonly gates: Readonly<Record<LoadBalancerGate, boolean>>;
  /** Where a flag or a gate that was read stands, by its name. */
  readonly places: ReadonlyMap<string, SourceRef>;
  /** Why what it makes of anything is not known. */
  readonly unmodelled?: Said;
  /** Why it writes its class into no Service. */
  readonly writesNoClass?: Said;
  /** Of which Services and namespaces its webhook hears; absent: of all. */
  readonly hears?: { readonly objects: LabelSelector; readonly namespaces: LabelSelector };
}

interface Said {
  readonly what: string;
  readonly at: SourceRef;
}

/** With no argument but the cluster's name (pkg/config/controller_config.go, ingress_config.go, service_config.go). */
export const AS_INSTALLED: LoadBalancerController = {
  scheme: 'internal',
  targetType: 'instance',
  ingressClass: 'alb',
  loadBalancerClass: 'service.k8s.aws/nlb',
  watchNamespace: '',
  refusesClassAnnotation: false,
  refusesGroupAnnotation: false,
  toleratesService: true,
  toleratesAction: true,
  backendGroup: '',
  sharesBackendGroup: true,
  managesRules: false,
  maxTargets: 0,
  gates: {
    EnableServiceController: true,
    EnableIPTargetType: true,
    EnableTCPUDPListener: false,
    EnableCertificateManagement: false,
    NLBSecurityGroup: true,
    ALBSingleSubnet: false,
    SubnetsClusterTagCheck: true,
    SubnetDiscoveryByReachability: true,
  },
  places: new Map(),
};

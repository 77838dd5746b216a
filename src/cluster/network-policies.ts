import type { SourceRef } from '../base/index.ts';
import type { Cidr, Ip } from '../net/index.ts';
import type { IpProtocolName, LabelSelector, ObjectMeta } from './objects.ts';

export type PolicyType = 'Ingress' | 'Egress';

/** `networking.k8s.io/v1` NetworkPolicy with the API server's defaults: `policyTypes` is never empty, a port has a protocol. */
export interface NetworkPolicy {
  readonly kind: 'NetworkPolicy';
  readonly metadata: ObjectMeta;
  readonly source: SourceRef;
  readonly spec: {
    readonly podSelector: LabelSelector;
    readonly policyTypes: readonly PolicyType[];
    readonly ingress: readonly PolicyRule[];
    readonly egress: readonly PolicyRule[];
  };
}

/** Without `peers`: anybody. Without `ports`: any port of any protocol. */
export interface PolicyRule {
  readonly peers?: readonly PolicyPeer[];
  readonly ports: readonly PolicyRulePort[];
}

export type PolicyPeer =
  | { readonly kind: 'ip-block'; readonly cidr: Cidr; readonly except: readonly Cidr[] }
  /** Without a `namespaceSelector`: of the policy's own namespace. */
  | { readonly kind: 'pods'; readonly podSelector?: LabelSelector; readonly namespaceSelector?: LabelSelector };

/** A number, the name of a container port, or neither: every port of the protocol. */
export interface PolicyRulePort {
  readonly protocol: IpProtocolName;
  readonly port?: number | string;
  readonly endPort?: number;
}

/**
 * `networking.k8s.aws/v1alpha1` PolicyEndpoint: what amazon-network-policy-controller-k8s makes of a NetworkPolicy for the
 * agents of the nodes. A long policy has several.
 */
export interface PolicyEndpoint {
  readonly kind: 'PolicyEndpoint';
  readonly metadata: ObjectMeta;
  readonly source: SourceRef;
  readonly spec: {
    readonly policyRef: { readonly namespace: string; readonly name: string };
    readonly podIsolation: readonly PolicyType[];
    readonly podSelectorEndpoints: readonly PolicyPod[];
    readonly ingress: readonly EndpointInfo[];
    readonly egress: readonly EndpointInfo[];
  };
}

export interface PolicyPod {
  readonly namespace: string;
  readonly name: string;
  readonly podIP?: Ip;
  readonly hostIP?: Ip;
}

/** Without `ports`: any port of any protocol. An address stands as a block of one. */
export interface EndpointInfo {
  readonly cidr: Cidr;
  readonly except: readonly Cidr[];
  readonly ports: readonly EndpointPort[];
}

export interface EndpointPort {
  /** Absent, or a word that is none of these three: any protocol. */
  readonly protocol?: IpProtocolName;
  readonly port?: number;
  readonly endPort?: number;
}

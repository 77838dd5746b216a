import type { Cidr, Ip } from '../net/index.ts';
import type { FabricOrigin } from './origin.ts';

/**
 * The Kubernetes API server of a cluster. It is in a VPC of AWS's own, and in the cluster's by interfaces with the owner
 * `control-plane/ID`; on the internet it has addresses where its endpoint is public (EKS guide, cluster endpoint).
 */
export interface ControlPlane {
  /** The cluster's name. */
  readonly id: string;
  /** What kubelets and kubectl call it by. */
  readonly dnsName: string;
  /** Empty: the endpoint is private. */
  readonly publicAddresses: readonly Ip[];
  /** Who may call those. */
  readonly publicAccessCidrs: readonly Cidr[];
  /** Whether the name is its interfaces' in the cluster's VPC. */
  readonly privateAccess: boolean;
  /** Its name or its public addresses are none that AWS gave. */
  readonly standsIn: boolean;
  readonly origin?: FabricOrigin;
}

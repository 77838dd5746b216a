import type { Eni, LoadBalancer, Subnet, Target, TargetGroup } from '../../../fabric/index.ts';

/** One zone of a load balancer, at work. */
export interface LoadBalancerNode {
  readonly loadBalancer: LoadBalancer;
  readonly zone: string;
  readonly eni: Eni;
  readonly subnet: Subnet;
}

/** A target as one node's health check finds it. */
export type TargetHealth =
  | { readonly kind: 'healthy' /** What is taken for granted. */; readonly assumed?: string }
  | { readonly kind: 'unhealthy'; readonly because: string }
  | { readonly kind: 'unknown'; readonly what: string };

export type CheckTarget = (node: LoadBalancerNode, group: TargetGroup, target: Target) => TargetHealth;

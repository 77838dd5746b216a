import type { Listener } from '../../../../fabric/index.ts';
import type { LoadBalancerNode } from '../health-types.ts';

/** A node of an application load balancer, and the listener a connection to it was opened at. */
export interface ProxyEnd {
  readonly node: LoadBalancerNode;
  readonly listener: Listener;
}

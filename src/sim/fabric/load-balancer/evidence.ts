import { showSource } from '../../../base/index.ts';
import type { Listener } from '../../../fabric/index.ts';
import type { LoadBalancerNode } from './health-types.ts';

/** The line of the load balancer a step used, and who wrote what it was made from. */
export function evidenceOf(
  { loadBalancer, zone }: LoadBalancerNode,
  listener?: Listener,
): { readonly text: string; readonly by?: string; readonly at?: string } {
  const { id, origin } = loadBalancer;
  const text = listener === undefined ? `${id}: ${zone}` : `${id}: listener ${listener.protocol} ${listener.port}`;
  if (origin === undefined) return { text };
  return { text, by: origin.by, ...(origin.at === undefined ? {} : { at: showSource(origin.at) }) };
}

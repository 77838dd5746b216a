import { type EndpointView, viewFrom } from './endpoints.ts';
import type { ServicePortInfo } from './service-port.ts';

/** What one node makes of a service port, in whatever form its rules are written. */
export interface ServiceView extends EndpointView {
  /** Traffic to the ClusterIP has an endpoint from here. */
  readonly hasInternal: boolean;
  /** Traffic to a node port, a load balancer's address or an external IP has one. */
  readonly hasExternal: boolean;
}

export function viewService(
  service: ServicePortInfo,
  node: { readonly name: string; readonly zone: string },
): ServiceView {
  const view = viewFrom(node, service.endpoints, { cluster: service.usesCluster, local: service.usesLocal });
  return {
    ...view,
    hasInternal: view.any && (!service.internalLocal || view.local.length > 0),
    hasExternal: view.any && (!service.externalLocal || view.local.length > 0),
  };
}

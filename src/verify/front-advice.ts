import { assertNever } from '../base/index.ts';
import type { FrontCause } from '../trace/index.ts';

/** What to do about a packet that a load balancer, or the endpoint of a cluster, would not serve. */
export function frontAdvice(cause: FrontCause): string {
  switch (cause.kind) {
    case 'no-listener':
      return `call a port ${cause.loadBalancer} listens on, or give it a listener for ${cause.asked}`;
    case 'no-target':
      if (cause.unregistered !== undefined)
        return `mend that: its controller then registers targets in ${cause.targetGroup}`;
      if (cause.zone === undefined)
        return `register a target with ${cause.targetGroup}: its Service has no ready pod, or no node is fit to be one`;
      return `give target group ${cause.targetGroup} a target in ${cause.zone}, turn cross-zone load balancing on, or take that zone off the load balancer`;
    case 'public-access':
      return `add ${cause.address}/${cause.address.includes(':') ? 128 : 32} to the blocks that may call the public endpoint of ${cause.cluster} (publicAccessCidrs), or turn its private endpoint on and call it from the VPC`;
    case 'lb-ports':
      return `register more targets with ${cause.loadBalancer}, or keep the client's address (preserve_client_ip.enabled=true)`;
    case 'lb-idle':
      return `keep the connection busy: ${cause.loadBalancer} forgets one that is idle for ${cause.seconds} s (TCP keepalive below that, on the client's side)`;
    default:
      return assertNever(cause);
  }
}

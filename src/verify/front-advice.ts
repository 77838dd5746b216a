import { assertNever } from '../base/index.ts';
import type { FrontCause } from '../trace/index.ts';

/** What to do about a packet that a load balancer, or the endpoint of a cluster, would not serve. */
export function frontAdvice(cause: FrontCause): string {
  switch (cause.kind) {
    case 'igw-denied':
      return `call ${cause.owner} from its VPC or a network connected to that; if the internet is to reach it, ${cause.owner.startsWith('lb/') ? 'set its attribute ipv6.deny_all_igw_traffic to false' : `set DenyAllIgwTraffic of ${cause.eni} to false`}`;
    case 'no-listener':
      return `call a port ${cause.loadBalancer} listens on, or give it a listener for ${cause.asked}`;
    case 'no-backend':
      return `${cause.missing} does not exist: create it, or let the rule of ${cause.loadBalancer} name one that does`;
    case 'no-target':
      if (cause.weightless === true) return 'give at least one target group of the rule a weight above 0';
      if (cause.unhealthy === true)
        return `let the health check of ${cause.targetGroup} through and answer it: its port, protocol and path; with externalTrafficPolicy Local a node needs a ready pod for it`;
      if (cause.unregistered !== undefined)
        return `mend that: its controller then registers targets in ${cause.targetGroup}`;
      if (cause.zone === undefined)
        return `register a target with ${cause.targetGroup}: its Service has no ready pod, or no node is fit to be one`;
      return `give target group ${cause.targetGroup} a target in ${cause.zone}, turn cross-zone load balancing on, or take that zone off the load balancer`;
    case 'public-access':
      return `add ${cause.standsFor ?? `${cause.address}/${cause.address.includes(':') ? 128 : 32}`} to the blocks that may call the public endpoint of ${cause.cluster} (publicAccessCidrs), or turn its private endpoint on and call it from the VPC`;
    case 'lb-ports':
      return `register more targets with ${cause.loadBalancer}, or keep the client's address (preserve_client_ip.enabled=true)`;
    case 'lb-idle':
      return `keep the connection busy: ${cause.loadBalancer} forgets one that is idle for ${cause.seconds} s (TCP keepalive below that, on the client's side)`;
    default:
      return assertNever(cause);
  }
}

import { assertNever } from '../base/index.ts';
import type { ConnectionCause } from '../trace/index.ts';

/** What to do where VPCs or networks are not connected as the packet would need it. */
export function connectionAdvice(cause: ConnectionCause): string {
  switch (cause.kind) {
    case 'no-attachment':
      return `attach ${cause.vpc} to ${cause.gateway}, or route the destination another way`;
    case 'no-zone-attachment':
      return `give attachment ${cause.attachment} a subnet in ${cause.zone}: a transit gateway takes packets only from zones it has a subnet in`;
    case 'no-association':
      return `associate attachment ${cause.attachment} with a route table of ${cause.gateway}`;
    case 'no-transit-route':
      return `add ${cause.dst} to route table ${cause.table} of ${cause.gateway}: a static route, or propagation from the attachment that has it`;
    case 'outside-vpc':
      return `${cause.gateway} carries what ${cause.vpc} owns, nothing passes through a VPC: connect the two networks themselves, by a transit gateway`;
    case 'endpoint-from-outside':
      return `give the VPC of ${cause.address} a gateway endpoint for ${cause.service} of its own, in the route tables of its subnets; or put an interface endpoint into ${cause.vpc}, which takes callers from connected networks`;
    case 'no-connection':
      return `connect ${cause.gateway} to the network that has ${cause.dst}, or route it another way`;
    case 'no-way-from':
      return `let ${cause.network} know the way to ${cause.dst}: announce it over one of its connections`;
    default:
      return assertNever(cause);
  }
}

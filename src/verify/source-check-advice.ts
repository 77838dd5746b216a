import { assertNever } from '../base/index.ts';
import type { Cause } from '../trace/index.ts';

/** What to do where an ENI did not own the source it was given. */
export function sourceCheckAdvice({ address, story, dst }: Extract<Cause, { kind: 'source-check' }>): string {
  switch (story) {
    case 'reply':
      return 'restore the ip rule or mark that sends the reply out of the ENI the request came in by';
    case 'passed-through':
      return `no pod of that node has ${dst ?? 'the address'} any more, though its ENI still does, so the packet was routed out again: let senders hear of a pod's end before it goes (preStop, deregistration delay)`;
    case 'translated':
      return 'the node translated the source and routed by the pod: exclude the destination from node SNAT, or restore the mark that sends what is translated out of the primary ENI';
    case 'own':
      return `restore the ip rule that sends ${address} out of the ENI that owns it (1536: from ${address} lookup N): recreate the pod, and keep the OS from removing rules it did not write`;
    case 'marked':
      return 'a mark set before the destination was translated chose the route of what the node translates: let the mark be set after it (VPC CNI v1.23 and later, whose own nft table comes after kube-proxy), or let kube-proxy run in iptables mode';
    case 'own-pod':
      return 'the node reaches this pod of its own only through the VPC (security groups for pods in strict mode), which takes no source of others from it: let kube-proxy translate it (externalTrafficPolicy: Cluster), or load balancers send to pods (ip targets)';
    case 'forwarded':
    case undefined:
      return 'translate the source on the node that forwards it (masquerade), or keep the backend on that node';
    default:
      return assertNever(story);
  }
}

import { isTerminal, type Pod } from '../../cluster/index.ts';
import { familyOf, type Ip } from '../../net/index.ts';

/** The IPv4 address that a node's ENI has for a pod. */
export const addressOf = (pod: Pod): Ip | undefined =>
  pod.spec.hostNetwork || isTerminal(pod) ? undefined : pod.status.podIPs.find((address) => familyOf(address) === 4);

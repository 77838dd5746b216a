import { isTerminal } from './pod-phase.ts';
import type { InputObjects } from './read-objects.ts';

export const SHOWN_IPV6 = 'IP family not given: IPv6, from the addresses of Services and pods';

/**
 * The family of a cluster that nothing but its live objects tells: that of default/kubernetes, else of the Services whose
 * addresses are all of one, else of the pods that have one of their own.
 */
export function shownFamily({ services, pods }: InputObjects): 'IPv4' | 'IPv6' {
  const kubernetes = services.find(({ metadata }) => metadata.name === 'kubernetes');
  const first =
    kubernetes?.spec.clusterIPs[0] ??
    services.flatMap(({ spec }) => spec.clusterIPs).find((address) => address !== 'None') ??
    pods.find((pod) => !pod.spec.hostNetwork && !isTerminal(pod) && pod.status.podIPs.length > 0)?.status.podIPs[0];
  return first?.includes(':') === true ? 'IPv6' : 'IPv4';
}

import { decisiveTrip, type Finding, type RoundTrip } from '../trace/index.ts';
import type { Directory } from '../world/index.ts';
import { deathOf } from './cause-of.ts';

/**
 * A Local traffic policy dropped the packet on a node that runs an endpoint of the Service. kube-proxy compares the endpoint's
 * nodeName with its own name (pkg/proxy/topology.go, CategorizeEndpoints), so a node that calls itself otherwise has none.
 */
export function localEndpointFindings(directory: Directory, trips: readonly RoundTrip[]): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const trip of trips.map(decisiveTrip)) {
    const hop = trip.diedAt?.leg === 'forward' ? trip.forward.hops[trip.diedAt.hop] : undefined;
    const cause = deathOf(trip, directory)?.cause;
    if (hop?.where.kind !== 'node' || cause?.kind !== 'no-local-endpoints') continue;
    const service = directory.services.find((each) => `${each.namespace}/${each.name}` === cause.service);
    const ends = new Set(service?.ports.flatMap(({ endpoints }) => endpoints.map(addressOf)));
    const pod = directory.pods.find(
      (each) => each.node === hop.where.name && each.addresses.some((address) => ends.has(address)),
    );
    if (pod === undefined) continue;
    const message = `Node ${hop.where.name} runs pod ${pod.namespace}/${pod.name}, an endpoint of Service ${cause.service}, but kube-proxy there counts no local one: the pod is not ready, or kube-proxy calls its node by another name than the Node object`;
    found.set(message, {
      code: 'local-endpoint-not-seen',
      severity: 'error',
      message,
      fix: 'give kube-proxy the name of the Node object (--hostname-override, or a DHCP domain that makes the host name equal it), and see that the pod is ready',
    });
  }
  return [...found.values()];
}

/** `10.0.1.20:8080`, `[2600::1]:80` without their port. */
const addressOf = (endpoint: string): string => endpoint.slice(0, endpoint.lastIndexOf(':')).replace(/^\[|\]$/g, '');

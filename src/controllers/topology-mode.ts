import { showSource } from '../base/index.ts';
import type { Endpoint, Node, Service } from '../cluster/index.ts';
import { keyOf, own } from './labels.ts';

export const ZONE = 'topology.kubernetes.io/zone';
/** The newer annotation is the one looked at where both are (endpointslice/util, hintsEnabled). */
const ANNOTATIONS = ['service.kubernetes.io/topology-mode', 'service.kubernetes.io/topology-aware-hints'];

/** The annotation that has the EndpointSlice controller share endpoints out to zones by their nodes' processors. */
export function topologyAnnotation({ metadata }: Service): string | undefined {
  const key = ANNOTATIONS.find((name) => own(metadata.annotations, name) !== undefined);
  return key !== undefined && /^[Aa]uto$/.test(metadata.annotations[key] ?? '') ? key : undefined;
}

/**
 * What is to be said where hints may exist that nobody can work out without the nodes' allocatable processors. None are
 * written in one zone, or with fewer ready endpoints than zones (`topologycache/topologycache.go`, getAllocations).
 */
export function missingHints(
  service: Service,
  endpoints: readonly Endpoint[],
  nodes: ReadonlyMap<string, Node>,
): readonly string[] {
  const annotation = topologyAnnotation(service);
  if (annotation === undefined) return [];
  const zones = new Set([...nodes.values()].map(({ metadata }) => own(metadata.labels, ZONE)));
  zones.delete(undefined);
  const ready = endpoints.filter(({ conditions }) => conditions.ready === true).length;
  if (zones.size < 2 || ready < zones.size) return [];
  return [
    `Service ${keyOf(service)} is taken to have no topology hints: its EndpointSlices are not in the input, and with annotation ${annotation} the controller may have written some that keep each zone's packets in it (${showSource(service.source)})`,
  ];
}

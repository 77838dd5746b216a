import type { Ip } from '../net/index.ts';
import type { Finding, RoundTrip } from '../trace/index.ts';
import type { Directory } from '../world/index.ts';
import { deathOf } from './cause-of.ts';

/** More pods than this are counted, not listed. */
const MAX_LISTED = 4;

/**
 * Pods of the Service that was asked for which are Pending. An EndpointSlice lists pods that have an address
 * (pkg/controller/endpointslice, podToEndpoint): where they are all a Service has, they are why it refuses.
 */
export function pendingFindings(directory: Directory, dst: Ip, trips: readonly RoundTrip[]): readonly Finding[] {
  const causes = trips.map((trip) => deathOf(trip, directory)?.cause);
  const refused = causes.find((cause) => cause?.kind === 'no-endpoints' || cause?.kind === 'no-local-endpoints');
  const asked = directory.services.find(({ clusterIPs }) => clusterIPs.includes(dst));
  const service = refused?.service ?? (asked === undefined ? undefined : `${asked.namespace}/${asked.name}`);
  const pods = directory.pending.filter(({ services }) => service !== undefined && services.includes(service));
  const [first] = pods;
  if (first === undefined) return [];
  const names = pods.slice(0, MAX_LISTED).map(({ namespace, name }) => `${namespace}/${name}`);
  const more = pods.length > names.length ? ` and ${pods.length - names.length} more` : '';
  return [
    {
      code: 'pending-pods',
      severity: refused?.kind === 'no-endpoints' ? 'error' : 'warning',
      message: `Service ${service} has pods that are Pending, without an address, so they are not among its endpoints: ${names.join(', ')}${more}`,
      fix: `find out why they do not start: kubectl describe pod -n ${first.namespace} ${first.name}`,
    },
  ];
}

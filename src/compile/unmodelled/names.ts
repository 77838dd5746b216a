import type { SourceRef } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import type { DnsUnmodelled } from '../../fabric/index.ts';
import { podNetns } from '../node/names.ts';
import { otherZones } from './corefile.ts';
import { fronts } from './fronts.ts';
import { told } from './say.ts';

/** Lookups whose answer the model does not know. A name the input gives addresses for is not among them. */
export function unmodelledNames(cluster: Cluster): readonly DnsUnmodelled[] {
  const given = new Set(
    [...cluster.dnsNames.map(({ name }) => name), ...cluster.servers.flatMap((server) => server.dnsNames)].map((name) =>
      name.replace(/\.$/, '').toLowerCase(),
    ),
  );
  const entry = (zone: string, asker: DnsUnmodelled['asker'], what: string, at: SourceRef): DnsUnmodelled => ({
    zone,
    asker,
    what: told(what, at),
    at,
  });
  return [
    ...fronts(cluster).flatMap(({ names, what, at }) =>
      names.filter((name) => !given.has(name)).map((name) => entry(name, { kind: 'anyone' }, what, at)),
    ),
    ...otherZones(cluster).map(({ zone, what, at }) => entry(zone, { kind: 'cluster-dns' }, what, at)),
    ...cluster.pods.flatMap(({ metadata, spec, source }) => {
      const netns = podNetns(metadata.namespace, metadata.name);
      const what = 'hostAliases of the pod give this name an address, and its hosts file is not modelled';
      return (spec.hostAliases ?? []).map((name) => entry(name.toLowerCase(), { kind: 'netns', netns }, what, source));
    }),
  ];
}

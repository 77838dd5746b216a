import type { SourceRef } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import type { DnsUnmodelled } from '../../fabric/index.ts';
import { plainName } from '../../net/index.ts';
import { handlesOf } from '../vpc/dns-aliases.ts';
import { loadBalancerDnsName } from '../vpc/load-balancer-names.ts';
import { fronts } from './fronts.ts';
import { told } from './say.ts';

/** Lookups whose answer the model does not know. A name the input gives addresses for is not among them. */
export function unmodelledNames(cluster: Cluster): readonly DnsUnmodelled[] {
  const given = new Set(
    [...cluster.dnsNames.map(({ name }) => name), ...cluster.servers.flatMap((server) => server.dnsNames)].map(
      plainName,
    ),
  );
  const entry = (zone: string, what: string, at: SourceRef): DnsUnmodelled => ({
    zone,
    asker: { kind: 'anyone' },
    what: told(what, at),
    at,
  });
  return [
    ...fronts(cluster).flatMap(({ names, what, at }) =>
      names.filter((name) => !given.has(name)).map((name) => entry(name, what, at)),
    ),
    ...unbuiltNames(cluster).map(({ name, what, at }) => entry(name, what, at)),
    ...ledNowhere(cluster).map(({ name, what, at }) => entry(name, what, at)),
  ];
}

/** Aliases of what has no load balancer here. */
function ledNowhere({ loadBalancers, dnsNames }: Cluster): readonly UnknownName[] {
  const handles = new Set(loadBalancers.flatMap(handlesOf));
  return dnsNames.flatMap(({ name, alias, source: at }) =>
    alias === undefined || handles.has(alias)
      ? []
      : [{ name: plainName(name), what: `It is an alias of ${alias}, for which no load balancer is made here`, at }],
  );
}

interface UnknownName {
  readonly name: string;
  readonly what: string;
  readonly at: SourceRef;
}

/** The name of a load balancer that its controller refuses to build, and the aliases of it. */
function unbuiltNames({ loadBalancers, dnsNames, network }: Cluster): readonly UnknownName[] {
  return loadBalancers.flatMap((spec) => {
    const { unbuilt, unmodelled, dnsName, source: at } = spec;
    if (unbuilt === undefined || unmodelled === undefined) return [];
    const handles = new Set(handlesOf(spec));
    const aliases = dnsNames.filter(({ alias }) => alias !== undefined && handles.has(alias));
    const names = [dnsName ?? loadBalancerDnsName(spec, network.region), ...aliases.map(({ name }) => name)];
    return names.map((name) => ({ name: plainName(name), what: unmodelled, at }));
  });
}

import type { Dns, DnsRecord } from '../types.ts';

/** The same servers with other names outside the cluster; its own names stay uncompiled until they are asked for. */
export function withRecords(dns: Dns, upstream: readonly DnsRecord[]): Dns {
  const { clusterDomain, clusterDns, namespaces, unmodelled, corefile } = dns;
  return {
    clusterDomain,
    clusterDns,
    get cluster() {
      return dns.cluster;
    },
    namespaces,
    upstream,
    ...(unmodelled === undefined ? {} : { unmodelled }),
    ...(corefile === undefined ? {} : { corefile }),
  };
}

const views = new WeakMap<Dns, Map<string, Dns>>();
const OUTSIDE = '';

/**
 * What the name servers of one VPC know, or those of nobody's VPC (undefined): a name of a private hosted zone is answered
 * from it alone where the zone is associated, and is not in it elsewhere (Route 53 guide, private hosted zones).
 */
export function dnsSeenFrom(dns: Dns, vpc: string | undefined): Dns {
  if (dns.upstream.every((record) => record.vpc === undefined)) return dns;
  const key = vpc ?? OUTSIDE;
  const known = views.get(dns) ?? new Map<string, Dns>();
  views.set(dns, known);
  const made = known.get(key) ?? withRecords(dns, visible(dns.upstream, vpc));
  known.set(key, made);
  return made;
}

function visible(records: readonly DnsRecord[], vpc: string | undefined): readonly DnsRecord[] {
  const own = new Set(
    records.flatMap((record) => (record.vpc !== undefined && record.vpc === vpc ? [record.name] : [])),
  );
  return records.filter((record) => (own.has(record.name) ? record.vpc === vpc : record.vpc === undefined));
}

import { type Dns, type DnsRecord, withRecords } from '../../fabric/index.ts';
import { familyOf, type Ip, plainName } from '../../net/index.ts';

/** Seconds: what the VPC resolver gives names nobody says otherwise of. */
export const UPSTREAM_TTL = 60;

/** A name as the resolvers outside the cluster answer it, one record a family. */
export function addressRecords(given: string, list: readonly Ip[]): readonly DnsRecord[] {
  const name = plainName(given);
  const of = (family: 4 | 6): readonly Ip[] => list.filter((address) => familyOf(address) === family);
  const [ipv4, ipv6] = [of(4), of(6)];
  const records: DnsRecord[] = [];
  if (ipv4.length > 0) records.push({ name, type: 'A', addresses: ipv4, ttl: UPSTREAM_TTL });
  if (ipv6.length > 0) records.push({ name, type: 'AAAA', addresses: ipv6, ttl: UPSTREAM_TTL });
  return records;
}

/** The same servers with more names outside the cluster. */
export const withUpstream = (dns: Dns, more: readonly DnsRecord[]): Dns =>
  more.length === 0 ? dns : withRecords(dns, [...dns.upstream, ...more]);

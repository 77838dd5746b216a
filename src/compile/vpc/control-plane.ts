import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Issue } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import type { ControlPlane, DnsRecord } from '../../fabric/index.ts';
import { type Ip, isPublicIp } from '../../net/index.ts';
import { addressRecords } from '../dns/upstream.ts';
import { namedAddresses } from './named-addresses.ts';
import type { PublicAddressPool } from './public-address-pool.ts';

/** EKS gives the public endpoint an address in two zones at least. */
const STAND_INS = 2;
const GIVE = 'endpointAccess.publicAddresses of a Cluster does';

/** The endpoint of the cluster by its modes; a name and addresses stand in where the input has none. */
export function controlPlane(cluster: Cluster, pool: PublicAddressPool, issues: Issue[]): ControlPlane {
  const { name, region, endpoint } = cluster;
  const dnsName = endpoint.dnsName ?? inventedName(name, region);
  const said = [...endpoint.addresses, ...namedAddresses(cluster, dnsName).filter(isPublicIp)];
  const publicAddresses = endpoint.public ? given(name, [...new Set(said)], pool) : [];
  if (!endpoint.public && !endpoint.private)
    issues.push({
      code: 'no-endpoint',
      severity: 'error',
      at: endpoint.source ?? { file: name },
      message: `Cluster "${name}" has neither a public nor a private endpoint`,
      expected: 'one of them: EKS refuses to turn both off',
    });
  return {
    id: name,
    dnsName,
    publicAddresses,
    publicAccessCidrs: endpoint.publicAccessCidrs,
    privateAccess: endpoint.private,
    standsIn: endpoint.dnsName === undefined || (endpoint.public && said.length === 0),
    ...(endpoint.source === undefined ? {} : { origin: { by: 'input', at: endpoint.source } }),
  };
}

const given = (name: string, addresses: readonly Ip[], pool: PublicAddressPool): readonly Ip[] =>
  addresses.length > 0
    ? addresses
    : Array.from({ length: STAND_INS }, () => pool.take(`the public endpoint of ${name}`, GIVE)).filter(
        (each) => each !== undefined,
      );

/** As EKS shapes it: 32 digits, a word of the Region's, the Region. */
function inventedName(name: string, region: string): string {
  const digits = bytesToHex(sha256(utf8ToBytes(`endpoint ${name} ${region}`))).slice(0, 32);
  return `${digits}.gr7.${region}.eks.amazonaws.com`;
}

/**
 * Whom the endpoint's name leads to: on the internet the public addresses, or the private ones where there are no others; in
 * the cluster's VPC the private ones where that mode is on (EKS guide, cluster endpoint, the private hosted zone).
 */
export function endpointRecords(
  { dnsName, publicAddresses, privateAccess }: ControlPlane,
  { apiserver, network }: Cluster,
): readonly DnsRecord[] {
  const inside = apiserver.map(({ ip }) => ip);
  if (publicAddresses.length === 0) return addressRecords(dnsName, inside);
  const hidden = addressRecords(dnsName, inside).map((record): DnsRecord => ({ ...record, vpc: network.clusterVpc }));
  return [...addressRecords(dnsName, publicAddresses), ...(privateAccess ? hidden : [])];
}

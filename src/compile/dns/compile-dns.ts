import type { Cluster, ServerSpec } from '../../cluster/index.ts';
import { type Dns, type DnsRecord, reverseName } from '../../fabric/index.ts';
import { familyOf, plainName } from '../../net/index.ts';
import type { ClusterPlan } from '../node/plan-types.ts';
import { unmodelledNames } from '../unmodelled/names.ts';
import { dashed } from './names.ts';
import { kubernetesTtl, serviceRecords } from './service-records.ts';
import { addressRecords, UPSTREAM_TTL } from './upstream.ts';

/** Namespaces every cluster has (pkg/controlplane/controller/systemnamespaces; pkg/apis/core NamespaceNodeLease). */
const SYSTEM_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'] as const;

/**
 * What the cluster's and the VPC's resolvers know; `others` are names that come with what has them. The cluster's records
 * are made when a name is first asked for.
 */
export function compileDns(plan: ClusterPlan, others: readonly DnsRecord[]): Dns {
  const { cluster } = plan;
  const unmodelled = unmodelledNames(cluster);
  let records: readonly DnsRecord[] | undefined;
  return {
    clusterDomain: cluster.clusterDomain,
    clusterDns: cluster.clusterDns,
    get cluster() {
      records ??= [...serviceRecords(cluster), ...(cluster.coreDns?.pods === 'verified' ? podRecords(cluster) : [])];
      return records;
    },
    namespaces: namespacesOf(cluster),
    ...(cluster.coreDns === undefined ? {} : { corefile: cluster.coreDns }),
    upstream: [...instanceNames(plan), ...cluster.servers.flatMap(serverNames), ...givenNames(plan, others), ...others],
    ...(unmodelled.length === 0 ? {} : { unmodelled }),
  };
}

/** `pods verified`: a pod's first address, dashed, in its namespace (coredns plugin/kubernetes, findPods). */
const podRecords = (cluster: Cluster): readonly DnsRecord[] =>
  cluster.pods.flatMap((pod) => {
    const [address] = pod.status.podIPs;
    if (address === undefined) return [];
    const name = `${address.replaceAll(/[.:]/g, '-')}.${pod.metadata.namespace}.pod.${cluster.clusterDomain}`;
    return [{ name, type: familyOf(address) === 4 ? 'A' : 'AAAA', addresses: [address], ttl: kubernetesTtl(cluster) }];
  });

/** Those the input declares, and those its objects are in: it need not list them all. */
function namespacesOf(cluster: Cluster): readonly string[] {
  const names = new Set<string>(SYSTEM_NAMESPACES);
  for (const { metadata } of cluster.namespaces) names.add(metadata.name);
  for (const list of [cluster.services, cluster.pods, cluster.endpointSlices])
    for (const { metadata } of list) names.add(metadata.namespace);
  return [...names].sort();
}

/** IP-based instance names, `ip-10-0-0-75.ec2.internal`, both ways (VPC user guide, EC2 instance hostnames). */
function instanceNames(plan: ClusterPlan): readonly DnsRecord[] {
  return plan.nodes.flatMap((node) => {
    const { dhcpDomain } = node.primary.subnet.vpc;
    const address = node.primary.spec.primaryIp;
    if (familyOf(address) !== 4 || dhcpDomain === '') return [];
    const name = `ip-${dashed(address)}.${dhcpDomain.split(/\s+/)[0]}`.toLowerCase();
    return [
      ...addressRecords(name, [address]),
      ...(node.spec.name === name ? [] : addressRecords(node.spec.name.toLowerCase(), [address])),
      { name: reverseName(address), type: 'PTR', target: name, ttl: UPSTREAM_TTL } as const,
    ];
  });
}

/** Public DNS gives a server in a VPC by the address the internet reaches it at, where it has one. */
const serverNames = (server: ServerSpec): readonly DnsRecord[] =>
  server.dnsNames.flatMap((name) =>
    addressRecords(name, server.publicIp === undefined ? server.addresses : [server.publicIp]),
  );

/** Those of what has a name already, a load balancer or the API server's endpoint, are its own. */
function givenNames({ cluster }: ClusterPlan, others: readonly DnsRecord[]): readonly DnsRecord[] {
  const aliases = new Set(
    cluster.dnsNames.flatMap(({ name, alias }) => (alias === undefined ? [] : [plainName(name)])),
  );
  const isAlias = (record: DnsRecord): boolean => 'aliasOf' in record && aliases.has(record.name);
  const owned = new Set(others.filter((record) => !isAlias(record)).map(({ name }) => name));
  return cluster.dnsNames
    .flatMap(({ name, addresses }) => addressRecords(name, addresses))
    .filter(({ name }) => !owned.has(name));
}

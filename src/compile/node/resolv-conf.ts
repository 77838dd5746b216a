import type { Cluster, Pod, VpcSpec } from '../../cluster/index.ts';
import type { ResolvConf } from '../../linux/index.ts';
import { vpcResolver } from './main-routes.ts';
import type { NodePlan } from './plan-types.ts';

/** kubelet's and resolv.conf(5)'s limits (pkg/kubelet/network/dns/dns.go, pkg/apis/core/validation). */
const MAX_NAMESERVERS = 3;
const MAX_SEARCH = 32;
const MAX_SEARCH_LENGTH = 2048;

/** DHCP options: the VPC's resolver at base + 2 and the VPC's domain. */
export function nodeResolvConf(node: NodePlan): ResolvConf {
  const resolver = vpcResolver(node);
  const { dhcpDomain } = node.primary.subnet.vpc;
  return {
    nameservers: resolver === undefined ? [] : [resolver],
    search: dhcpDomain === '' ? [] : dhcpDomain.split(/\s+/),
    options: [],
  };
}

/** The resolv.conf of every pod: pods of one namespace and policy on nodes of one VPC share it. */
export function podResolvConfs(cluster: Cluster): (pod: Pod, node: NodePlan) => ResolvConf {
  const hosts = new Map<VpcSpec, ResolvConf>();
  const plain = new Map<string, ResolvConf>();
  return (pod, node) => {
    const { vpc } = node.primary.subnet;
    const host = hosts.get(vpc) ?? nodeResolvConf(node);
    hosts.set(vpc, host);
    if (pod.spec.dnsConfig !== undefined) return podResolvConf(pod, cluster, host);
    const key = `${vpc.id} ${pod.metadata.namespace} ${pod.spec.dnsPolicy} ${pod.spec.hostNetwork}`;
    const known = plain.get(key) ?? podResolvConf(pod, cluster, host);
    plain.set(key, known);
    return known;
  };
}

/** Whether kubelet gives a pod of the host network the node's own file. */
export const usesNodeResolvConf = ({ spec: { dnsPolicy, dnsConfig } }: Pod): boolean =>
  dnsConfig === undefined && (dnsPolicy === 'Default' || dnsPolicy === 'ClusterFirst');

/** `GetPodDNS`: the policy picks a base, `dnsConfig` is added to it; the host's options are not inherited by ClusterFirst. */
function podResolvConf(pod: Pod, cluster: Cluster, host: ResolvConf): ResolvConf {
  const base = baseConf(pod, cluster, host);
  const extra = pod.spec.dnsConfig;
  if (extra === undefined) return base;
  const options = new Map(base.options.map((option) => [option.split(':')[0] ?? option, option]));
  for (const { name, value } of extra.options) options.set(name, value === undefined ? name : `${name}:${value}`);
  return {
    nameservers: distinct([...base.nameservers, ...extra.nameservers]).slice(0, MAX_NAMESERVERS),
    search: fitSearch([...base.search, ...extra.searches]),
    options: [...options.values()],
  };
}

function baseConf(pod: Pod, cluster: Cluster, host: ResolvConf): ResolvConf {
  switch (pod.spec.dnsPolicy) {
    case 'None':
      return { nameservers: [], search: [], options: [] };
    case 'Default':
      return host;
    case 'ClusterFirst':
    case 'ClusterFirstWithHostNet': {
      if (pod.spec.hostNetwork && pod.spec.dnsPolicy === 'ClusterFirst') return host;
      const { clusterDomain: domain } = cluster;
      const search = [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain, ...host.search];
      return { nameservers: [...cluster.clusterDns], search: fitSearch(search), options: ['ndots:5'] };
    }
  }
}

function fitSearch(list: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const domain of distinct(list).slice(0, MAX_SEARCH)) {
    if ([...kept, domain].join(' ').length > MAX_SEARCH_LENGTH) break;
    kept.push(domain);
  }
  return kept;
}

const distinct = (list: readonly string[]): readonly string[] => [...new Set(list)];

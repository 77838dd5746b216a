import type { Cluster } from '../../../cluster/index.ts';
import type { IpSet, VirtualServer } from '../../../linux/index.ts';
import { type Family, familyOf, type Ip, isLinkLocal } from '../../../net/index.ts';
import type { Fragment } from '../../types.ts';
import { nodePortAddresses } from '../node-port-addresses.ts';
import type { ProxyNode } from '../proxy-node.ts';
import { type ServicePortInfo, servicePorts } from '../service-port.ts';
import { ipvsChains, ipvsJumps } from './chains.ts';
import { admits, commonSets, nodeSets, type Sets } from './collect-sets.ts';
import { SET_NAMES } from './sets.ts';
import { type ServiceServers, virtualServers } from './virtual-servers.ts';

/** kube-proxy's part of a node in this mode, of one family. */
export interface IpvsPart {
  readonly iptables: Fragment;
  readonly ipsets: readonly IpSet[];
  readonly ipvs: readonly VirtualServer[];
  /** Addresses of kube-ipvs0. */
  readonly bound: readonly Ip[];
}

/**
 * kube-proxy's IPVS mode as a full sync leaves it (pkg/proxy/ipvs/proxier.go, syncProxyRules, as of 1.33): in, a settled
 * cluster and a family; out, a function from node to what it has there. What is the same on every node is made once.
 */
export function compileKubeProxyIpvs(cluster: Cluster, family: Family): (node: ProxyNode) => IpvsPart {
  const { kubeProxy: config, version } = cluster;
  const services = servicePorts(cluster, family);
  const common = commonSets(services, family);
  const head = ipvsJumps(version);
  const shared = new Map<ServicePortInfo, ServiceServers>();
  const serversOf = (service: ServicePortInfo, node: ProxyNode): ServiceServers => {
    const known = shared.get(service);
    if (known !== undefined) return known;
    const made = virtualServers(service, node, config.ipvsScheduler);
    if (!service.perNode) shared.set(service, made);
    return made;
  };
  return (node) => {
    const ownIps = node.deviceIps.filter((each) => familyOf(each) === family && (family === 4 || !isLinkLocal(each)));
    const nodeIps = nodePortAddresses(config, family, node, false) ?? ownIps;
    const bound = boundAddresses(services, new Set(ownIps));
    const sets: Sets = new Map([...common, ...nodeSets(services, { node, family, nodeIps, bound })]);
    return {
      iptables: {
        chains: ipvsChains({ config, family, version, sets, barred: barred(services, node) }),
        head,
        tail: [],
      },
      ipsets: SET_NAMES.flatMap((name) => sets.get(name) ?? []),
      ipvs: services.flatMap((service) => {
        const servers = serversOf(service, node);
        return [...servers.everywhere, ...servers.nodePort(nodeIps)];
      }),
      bound: [...bound.keys()],
    };
  };
}

/** Service ports with source ranges that leave the node itself out. */
const barred = (services: readonly ServicePortInfo[], node: ProxyNode): readonly ServicePortInfo[] =>
  services.filter((service) => service.sourceRanges.length > 0 && !admits(service, node));

/** Every address of a Service that no other device of the node has, and the first that has it. */
function boundAddresses(services: readonly ServicePortInfo[], own: ReadonlySet<Ip>): ReadonlyMap<Ip, ServicePortInfo> {
  const bound = new Map<Ip, ServicePortInfo>();
  for (const service of services) {
    for (const address of [service.clusterIP, ...service.externalIPs, ...service.loadBalancerVIPs]) {
      if (!own.has(address) && !bound.has(address)) bound.set(address, service);
    }
  }
  return bound;
}

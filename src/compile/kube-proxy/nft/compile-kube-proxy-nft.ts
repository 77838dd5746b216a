import type { Cluster } from '../../../cluster/index.ts';
import type { NftChain, NftSet, NftTable, Origin } from '../../../linux/index.ts';
import type { Family } from '../../../net/index.ts';
import { nodePortAddresses } from '../node-port-addresses.ts';
import type { ProxyNode } from '../proxy-node.ts';
import { type ServicePortInfo, servicePorts } from '../service-port.ts';
import { addressElement, addressSet, type Keyed, listed, MAPS, type MapName, mapOf } from './elements.ts';
import { fixedChains } from './fixed-chains.ts';
import { type ServiceBlock, writeServiceBlock } from './service-block.ts';

const origin: Origin = { by: 'kube-proxy' };

/** What of a table does not depend on the node's own addresses. */
interface Body {
  readonly clusterIps: NftSet;
  /** Maps, then the sets of affinity. */
  readonly sets: readonly NftSet[];
  readonly chains: readonly NftChain[];
}

/**
 * kube-proxy's nftables mode as a first sync leaves it (pkg/proxy/nftables/proxier.go, as of 1.34): in, a settled cluster and
 * a family; out, a function from node to its table, as `nft list` prints it. What most Services look like from every node
 * is made once: chains are shared by reference, and where no Service differs by node, the lists of them as well.
 */
export function compileKubeProxyNft(cluster: Cluster, family: Family): (node: ProxyNode) => NftTable {
  const config = cluster.kubeProxy;
  const services = servicePorts(cluster, family);
  const serviceCidrs = knowsServiceCidrs(cluster.version)
    ? cluster.serviceCidrs.filter((block) => block.family === family)
    : [];
  const shared = new Map<ServicePortInfo, ServiceBlock>();
  const blockOf = (service: ServicePortInfo, node: ProxyNode): ServiceBlock => {
    const known = shared.get(service);
    if (known !== undefined) return known;
    const made = writeServiceBlock(service, { config, family, node });
    if (!service.perNode) shared.set(service, made);
    return made;
  };
  const uniform = services.every((service) => !service.perNode);
  const alike = new Map<boolean, Body>();
  const bodyOf = (node: ProxyNode, allNodePorts: boolean): Body => {
    const known = alike.get(allNodePorts);
    if (known !== undefined) return known;
    const fixed = fixedChains({ config, family, serviceCidrs, allNodePorts });
    const body = assemble(
      services.map((service) => blockOf(service, node)),
      fixed,
      family,
    );
    if (uniform) alike.set(allNodePorts, body);
    return body;
  };
  return (node) => {
    const addresses = nodePortAddresses(config, family, node, false);
    const { clusterIps, sets, chains } = bodyOf(node, addresses === undefined);
    const answering = addresses?.map((each) => addressElement(each, origin));
    const nodePortIps =
      answering && addressSet('nodeport-ips', 'IPs that accept NodePort traffic', family, listed(answering));
    return {
      family: family === 4 ? 'ip' : 'ip6',
      name: 'kube-proxy',
      comment: 'rules for kube-proxy',
      objects: [clusterIps, ...(nodePortIps === undefined ? [] : [nodePortIps]), ...sets],
      chains,
    };
  };
}

/** Rules for addresses of no Service come from ServiceCIDR objects (KEP-1880: on from 1.33). */
const knowsServiceCidrs = (version: string): boolean => Number(version.split('.')[1] ?? 0) >= 33;

function assemble(blocks: readonly ServiceBlock[], fixed: readonly NftChain[], family: Family): Body {
  const elements = new Map<MapName, Keyed[]>(MAPS.map((name) => [name, []]));
  for (const block of blocks) for (const [map, element] of block.elements) elements.get(map)?.push(element);
  const maps = [...elements].map(([name, found]) => mapOf(name, family, listed(found)));
  const clusterIps = listed(blocks.map((block) => block.clusterIp));
  return {
    clusterIps: addressSet('cluster-ips', 'Active ClusterIPs', family, clusterIps),
    sets: [...maps, ...blocks.flatMap((block) => block.sets)],
    chains: [...fixed, ...blocks.flatMap((block) => block.chains)],
  };
}

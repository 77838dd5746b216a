import type { Fabric } from '../../fabric/index.ts';
import type { Address, Netns } from '../../linux/index.ts';
import { type Directory, type World, worldFiles } from '../../world/index.ts';

/**
 * What servers need of a World: sockets, addresses, names, load balancers. The programs are started anew when it changes,
 * and their connections end, so everything is named that they read; what is not named here, they do not have.
 */
export function servedWorld(world: World): string {
  const netns = new Map(
    [...world.netns].flatMap(([id, each]) => (each.sockets.length > 0 ? [[id, served(each)]] : [])),
  );
  return compiledWorld({
    name: 'served',
    netns,
    fabric: servedFabric(world.fabric, netns),
    directory: servedDirectory(world, netns),
    assumptions: [],
  });
}

/** A World as one text: its files by their paths. */
export const compiledWorld = (world: World): string =>
  JSON.stringify([...worldFiles(world)].map(({ path, text }) => [path, text] as const));

const served = ({ id, addresses, sockets, resolvConf }: Netns): Netns => ({
  id,
  addresses: addresses.map(servedAddress),
  sockets,
  ...(resolvConf === undefined ? {} : { resolvConf }),
  links: [],
  routes: [],
  rules: [],
  neighbours: [],
  sysctls: new Map(),
  iptables: { variant: 'nft', ip: new Map(), ip6: new Map() },
  nft: [],
  conntrack: [],
  unmodelled: [],
});

const servedAddress = ({ dev, family, local, prefixlen, scope }: Address): Address => ({
  dev,
  family,
  local,
  prefixlen,
  scope,
});

type Served = ReadonlyMap<string, Netns>;

/** Whom the VPC's resolver knows by their cards and wires, what answers behind cards of nobody's, and load balancers. */
function servedFabric(fabric: Fabric, netns: Served): Fabric {
  return {
    vpcs: fabric.vpcs.map(({ id, region, cidrs }) => ({ id, region, cidrs })),
    subnets: fabric.subnets.map(({ id, vpc, zone, cidrs, router, routerMac, dns64 }) => ({
      ...{ id, vpc, zone, cidrs, router, routerMac, routeTable: '' },
      ...(dns64 === undefined ? {} : { dns64 }),
    })),
    enis: fabric.enis.map(({ id, subnet, mac, addresses, attachment, deviceIndex, owner, mtu }) => ({
      ...{ id, subnet, mac, attachment, deviceIndex, owner, mtu },
      addresses: attachment === null ? addresses : [],
      prefixes: [],
      publicAddresses: new Map(),
      sourceDestCheck: true,
      securityGroups: [],
    })),
    vpcEndpoints: fabric.vpcEndpoints.map(({ id, vpc, kind, service, ports }) => ({ id, vpc, kind, service, ports })),
    controlPlanes: fabric.controlPlanes.map(({ id, dnsName, publicAddresses, privateAccess, standsIn }) => ({
      ...{ id, dnsName, publicAddresses, privateAccess, standsIn },
      publicAccessCidrs: [],
    })),
    loadBalancers: fabric.loadBalancers.map(({ origin: _, ...each }) => each),
    targetGroups: fabric.targetGroups.map(({ origin: _, ...each }) => each),
    // A pod is where its node is.
    wires: fabric.wires.filter(({ a, b }) => netns.has(a.netns) && netns.has(b.netns)),
    dns: fabric.dns,
    routeTables: [],
    internetGateways: [],
    natGateways: [],
    peerings: [],
    transitGateways: [],
    vpnGateways: [],
    onPremises: [],
    securityGroups: [],
    networkAcls: [],
    prefixLists: [],
    internetHosts: [],
    unmodelled: [],
  };
}

/** What hosts are called, the Services of name servers, and those whose health kube-proxy tells. */
function servedDirectory({ directory, fabric: { dns } }: World, netns: Served): Directory {
  const isNames = (address: Directory['services'][number]['clusterIPs'][number]): boolean =>
    dns.clusterDns.includes(address);
  return {
    nodes: directory.nodes.map(({ name, netns: of }) => ({ name, netns: of, addresses: [], zone: '' })),
    pods: directory.pods
      .filter((pod) => netns.has(pod.netns))
      .map(({ namespace, name, netns: of, hostNetwork, hostname }) => ({
        ...{ namespace, name, netns: of, hostNetwork, node: '', addresses: [], ports: [] },
        ...(hostname === undefined ? {} : { hostname }),
      })),
    services: directory.services
      .filter(({ clusterIPs, healthCheck }) => healthCheck !== undefined || clusterIPs.some(isNames))
      .map(({ namespace, name, type, clusterIPs, ports, healthCheck }) => ({
        ...{ namespace, name, type, clusterIPs },
        ports: clusterIPs.some(isNames) ? ports : [],
        ...(healthCheck === undefined ? {} : { healthCheck }),
        externalIPs: [],
        loadBalancerIPs: [],
        loadBalancerHostnames: [],
        notReady: [],
        externalTrafficPolicy: 'Cluster',
        internalTrafficPolicy: 'Cluster',
      })),
    hosts: directory.hosts.map(({ name, netns: of, kind }) => ({ name, netns: of, kind, addresses: [] })),
    absent: [],
    apiserver: [],
    serviceCidrs: [],
  };
}

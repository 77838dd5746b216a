import type { RealServer, VirtualServer } from '../../../linux/index.ts';
import { type Ip, ip } from '../../../net/index.ts';
import type { ProxyEndpoint } from '../endpoints.ts';
import type { ProxyNode } from '../proxy-node.ts';
import type { ServicePortInfo } from '../service-port.ts';
import { type ServiceView, viewService } from '../service-view.ts';
import { portOf } from './collect-sets.ts';

/** What every node has of a service port: its cluster IP and the addresses from outside; then its node port at each address of the node. */
export interface ServiceServers {
  readonly everywhere: readonly VirtualServer[];
  nodePort(nodeIps: readonly Ip[]): readonly VirtualServer[];
}

/**
 * The virtual services of one service port as a node sees it (pkg/proxy/ipvs/proxier.go, syncService and syncEndpoint): every
 * endpoint is a real server of weight 1, translated; where a Local policy finds none on the node, all of them stand in.
 */
export function virtualServers(service: ServicePortInfo, node: ProxyNode, scheduler: string): ServiceServers {
  const view = viewService(service, node);
  const make = serverMaker(service, scheduler);
  const internal = make(realServers(view, service.internalLocal));
  const external = make(realServers(view, service.externalLocal));
  return {
    everywhere: [
      internal(service.clusterIP, service.port),
      ...[...service.externalIPs, ...service.loadBalancerVIPs].map((address) => external(address, service.port)),
    ],
    nodePort: (nodeIps) =>
      service.nodePort === 0 ? [] : nodeIps.map((address) => external(address, service.nodePort)),
  };
}

function realServers({ cluster, local }: ServiceView, onlyLocal: boolean): readonly RealServer[] {
  const endpoints: readonly ProxyEndpoint[] = onlyLocal && local.length > 0 ? local : cluster;
  return endpoints.map(({ ip: text, address }) => ({
    address: ip(text),
    port: portOf(address),
    forward: 'masquerading',
    weight: 1,
  }));
}

const serverMaker =
  ({ protocol, affinity, origin }: ServicePortInfo, scheduler: string) =>
  (servers: readonly RealServer[]) =>
  (address: Ip, port: number): VirtualServer => ({
    at: { kind: 'address', protocol, address, port },
    scheduler,
    ...(affinity === undefined ? {} : { persistent: affinity }),
    onePacket: false,
    // FlagSourceHash of utilipvs, as ipvsadm names that flag of this scheduler.
    schedFlags: scheduler === 'mh' ? ['mh-port'] : [],
    realServers: servers,
    origin,
  });

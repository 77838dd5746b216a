import type { IpSet, IpSetElement } from '../../../linux/index.ts';
import { cidrContains, type Family, type Ip, ip } from '../../../net/index.ts';
import type { ProxyNode } from '../proxy-node.ts';
import type { ServicePortInfo } from '../service-port.ts';
import {
  ipElement,
  ipPortElement,
  ipPortIpElement,
  ipPortNetElement,
  makeSet,
  portElement,
  SET_NAMES,
  type SetName,
} from './sets.ts';

export type Sets = ReadonlyMap<SetName, IpSet>;

class Collector {
  private readonly found = new Map<SetName, IpSetElement[]>();

  add(name: SetName, element: IpSetElement): void {
    const known = this.found.get(name);
    if (known === undefined) this.found.set(name, [element]);
    else known.push(element);
  }

  sets(names: readonly SetName[], family: Family): Sets {
    return new Map(names.map((name) => [name, makeSet(name, family, this.found.get(name) ?? [])]));
  }
}

/** Those that hold what is a node's own: its endpoints, its addresses, whether a range admits it. */
const OF_NODE: readonly SetName[] = [
  'KUBE-LOOP-BACK',
  'KUBE-LOAD-BALANCER-SOURCE-IP',
  'KUBE-NODE-PORT-SCTP-HASH',
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH',
  'KUBE-IPVS-IPS',
];

/** The sets that are the same on every node (pkg/proxy/ipvs/proxier.go, syncProxyRules). */
export function commonSets(services: readonly ServicePortInfo[], family: Family): Sets {
  const on = new Collector();
  for (const service of services) {
    const { port, externalIPs, loadBalancerVIPs, externalLocal, nodePort, protocol } = service;
    on.add('KUBE-CLUSTER-IP', ipPortElement(service, service.clusterIP, port));
    for (const address of externalIPs)
      on.add(externalLocal ? 'KUBE-EXTERNAL-IP-LOCAL' : 'KUBE-EXTERNAL-IP', ipPortElement(service, address, port));
    for (const address of loadBalancerVIPs) addLoadBalancer(on, service, address);
    if (nodePort !== 0 && protocol !== 'sctp') {
      on.add(protocol === 'tcp' ? 'KUBE-NODE-PORT-TCP' : 'KUBE-NODE-PORT-UDP', portElement(service, nodePort));
      const local = protocol === 'tcp' ? 'KUBE-NODE-PORT-LOCAL-TCP' : 'KUBE-NODE-PORT-LOCAL-UDP';
      if (externalLocal) on.add(local, portElement(service, nodePort));
    }
    if (service.healthCheckNodePort !== 0)
      on.add('KUBE-HEALTH-CHECK-NODE-PORT', portElement(service, service.healthCheckNodePort));
  }
  return on.sets(
    SET_NAMES.filter((name) => !OF_NODE.includes(name)),
    family,
  );
}

function addLoadBalancer(on: Collector, service: ServicePortInfo, address: Ip): void {
  const { port, sourceRanges, externalLocal } = service;
  const entry = ipPortElement(service, address, port);
  on.add('KUBE-LOAD-BALANCER', entry);
  if (externalLocal) on.add('KUBE-LOAD-BALANCER-LOCAL', entry);
  if (sourceRanges.length === 0) return;
  on.add('KUBE-LOAD-BALANCER-FW', entry);
  for (const range of sourceRanges)
    on.add('KUBE-LOAD-BALANCER-SOURCE-CIDR', ipPortNetElement(service, address, port, range));
}

export interface NodeParts {
  readonly node: ProxyNode;
  readonly family: Family;
  /** Addresses that answer node ports. */
  readonly nodeIps: readonly Ip[];
  /** Addresses on the dummy device. */
  readonly bound: ReadonlyMap<Ip, ServicePortInfo>;
}

export function nodeSets(services: readonly ServicePortInfo[], { node, family, nodeIps, bound }: NodeParts): Sets {
  const on = new Collector();
  for (const service of services) {
    for (const { ip: text, address, nodeName } of service.endpoints) {
      if (nodeName !== node.name) continue;
      const own = ip(text);
      on.add('KUBE-LOOP-BACK', ipPortIpElement(service, own, portOf(address), own));
    }
    const { port, nodePort, protocol, externalLocal } = service;
    if (admits(service, node)) {
      for (const address of service.loadBalancerVIPs)
        on.add('KUBE-LOAD-BALANCER-SOURCE-IP', ipPortIpElement(service, address, port, address));
    }
    if (nodePort === 0 || protocol !== 'sctp') continue;
    for (const address of nodeIps) {
      on.add('KUBE-NODE-PORT-SCTP-HASH', ipPortElement(service, address, nodePort));
      if (externalLocal) on.add('KUBE-NODE-PORT-LOCAL-SCTP-HASH', ipPortElement(service, address, nodePort));
    }
  }
  for (const [address, service] of bound) on.add('KUBE-IPVS-IPS', ipElement(service, address));
  return on.sets(OF_NODE, family);
}

/** A source range holds the node's own address. */
export const admits = ({ sourceRanges }: ServicePortInfo, { ips }: ProxyNode): boolean =>
  sourceRanges.some((range) => ips.some((each) => cidrContains(range, each)));

export const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));

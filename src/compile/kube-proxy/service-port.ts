import type { Cluster, EndpointSlice, Service } from '../../cluster/index.ts';
import type { Origin } from '../../linux/index.ts';
import { type Cidr, type Family, familyOf, type Ip, parseCidr, parseIp } from '../../net/index.ts';
import { endpointsByPort, hasHints, type ProxyEndpoint } from './endpoints.ts';
import { serviceHash } from './names.ts';

/** kube-proxy's unit of work: one port of one Service in one family (pkg/proxy/serviceport.go, BaseServicePortInfo). */
export interface ServicePortInfo {
  /** `namespace/service` or `namespace/service:portname`. */
  readonly name: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly clusterIP: Ip;
  readonly port: number;
  readonly nodePort: number;
  readonly externalIPs: readonly Ip[];
  /** Ingress addresses kube-proxy serves itself; a hostname (every AWS load balancer) is none. */
  readonly loadBalancerVIPs: readonly Ip[];
  readonly sourceRanges: readonly Cidr[];
  readonly externalLocal: boolean;
  readonly internalLocal: boolean;
  /** Seconds; undefined: no affinity. */
  readonly affinity: number | undefined;
  readonly healthCheckNodePort: number;
  readonly endpoints: readonly ProxyEndpoint[];
  readonly hash: string;
  readonly external: boolean;
  readonly usesCluster: boolean;
  readonly usesLocal: boolean;
  /** What is written for it may differ from node to node. */
  readonly perNode: boolean;
  readonly origin: Origin;
}

/**
 * Every service port kube-proxy serves in `family`, sorted by name (the real order is a Go map's, so any order is right and
 * one that does not change is useful). Headless and ExternalName Services are none of its business.
 */
export function servicePorts(cluster: Cluster, family: Family): readonly ServicePortInfo[] {
  const slices = slicesByService(cluster.endpointSlices.filter((slice) => !isHidden(slice)));
  const infos: ServicePortInfo[] = [];
  for (const service of cluster.services) {
    const clusterIP = clusterIpOf(service, family);
    if (clusterIP === undefined || isHidden(service)) continue;
    const key = `${service.metadata.namespace}/${service.metadata.name}`;
    // What it writes for a Service whose endpoints nobody listed is as little known as they are.
    if (cluster.unlistedDns !== undefined && key === 'kube-system/kube-dns') continue;
    const endpoints = endpointsByPort(slices.get(key) ?? [], family);
    infos.push(...portsOf(service, family, clusterIP, endpoints));
  }
  return infos.sort((a, b) => compare(a.name, b.name) || compare(a.protocol, b.protocol));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function clusterIpOf(service: Service, family: Family): Ip | undefined {
  if (service.spec.type === 'ExternalName') return undefined;
  return addresses(service.spec.clusterIPs, family)[0];
}

/** Labels the informers leave out, of Services and of slices alike (cmd/kube-proxy/app/server.go, newProxyServer and Run). */
const HIDDEN = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'];

/** The label by which kube-proxy leaves it alone. */
export const hidingLabel = ({ metadata }: Service | EndpointSlice): string | undefined =>
  HIDDEN.find((label) => Object.hasOwn(metadata.labels, label));

const isHidden = (object: Service | EndpointSlice): boolean => hidingLabel(object) !== undefined;

const addresses = (texts: readonly string[], family: Family): Ip[] =>
  texts.map((text) => parseIp(text.trim())).filter((ip): ip is Ip => ip !== undefined && familyOf(ip) === family);

function slicesByService(slices: readonly EndpointSlice[]): ReadonlyMap<string, readonly EndpointSlice[]> {
  const grouped = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const key = `${slice.metadata.namespace}/${slice.serviceName}`;
    const known = grouped.get(key);
    if (known === undefined) grouped.set(key, [slice]);
    else known.push(slice);
  }
  return grouped;
}

function portsOf(
  service: Service,
  family: Family,
  clusterIP: Ip,
  endpoints: ReadonlyMap<string, readonly ProxyEndpoint[]>,
): ServicePortInfo[] {
  const { metadata, spec, status } = service;
  const key = `${metadata.namespace}/${metadata.name}`;
  const externalIPs = addresses(spec.externalIPs, family);
  const loadBalancerVIPs =
    spec.type === 'LoadBalancer'
      ? addresses(
          status.ingress.filter((each) => each.ipMode !== 'Proxy').map((each) => each.ip ?? ''),
          family,
        )
      : [];
  const sourceRanges = spec.loadBalancerSourceRanges
    .map((text) => parseCidr(text.trim()))
    .filter((block): block is Cidr => block !== undefined && block.family === family);
  const hasNodePorts = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  return spec.ports.map((port) => {
    const name = port.name === '' ? key : `${key}:${port.name}`;
    const protocol = port.protocol.toLowerCase() as 'tcp' | 'udp' | 'sctp'; // IpProtocolName, lower-cased
    const nodePort = hasNodePorts ? (port.nodePort ?? 0) : 0;
    const external = nodePort !== 0 || loadBalancerVIPs.length > 0 || externalIPs.length > 0;
    const externalLocal = spec.externalTrafficPolicy === 'Local';
    const internalLocal = spec.internalTrafficPolicy === 'Local';
    const usesLocal = internalLocal || (externalLocal && external);
    const ofPort = endpoints.get(`${port.name}/${port.protocol}`) ?? [];
    return {
      name,
      protocol,
      clusterIP,
      port: port.port,
      nodePort,
      externalIPs,
      loadBalancerVIPs,
      sourceRanges,
      externalLocal,
      internalLocal,
      affinity: spec.sessionAffinity === 'ClientIP' ? spec.sessionAffinityTimeout : undefined,
      healthCheckNodePort: spec.type === 'LoadBalancer' && externalLocal ? (spec.healthCheckNodePort ?? 0) : 0,
      endpoints: ofPort,
      hash: serviceHash(name, protocol),
      external,
      usesCluster: !internalLocal || external,
      usesLocal,
      perNode: usesLocal || hasHints(ofPort) || (sourceRanges.length > 0 && loadBalancerVIPs.length > 0),
      origin: { by: 'kube-proxy', because: `Service ${key}`, at: service.source },
    };
  });
}

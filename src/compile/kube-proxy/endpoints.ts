import type { Endpoint, EndpointSlice } from '../../cluster/index.ts';
import type { Family } from '../../net/index.ts';

/** One endpoint of one service port as kube-proxy keeps it (pkg/proxy/endpoint.go, BaseEndpointInfo). */
export interface ProxyEndpoint {
  readonly ip: string;
  /** `IP:PORT`, `[IP]:PORT` for IPv6: its identity, its sort key and its DNAT destination. */
  readonly address: string;
  readonly nodeName: string | undefined;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly forZones: readonly string[];
  readonly forNodes: readonly string[];
}

/**
 * Endpoints of every port name and protocol of one Service, from its slices of one family, sorted by the string `ip:port`
 * (byte order: "10.1.1.11:80" < "10.1.1.1:80"). The key is `portName/PROTOCOL`. Ports without a number are ignored, only
 * the first address of an endpoint counts, and of two records of one address a non-terminating one wins
 * (pkg/proxy/endpointslicecache.go, addEndpoints).
 */
export function endpointsByPort(
  slices: readonly EndpointSlice[],
  family: Family,
): ReadonlyMap<string, readonly ProxyEndpoint[]> {
  const ports = new Map<string, Map<string, ProxyEndpoint>>();
  for (const slice of slices) {
    if (slice.addressType !== (family === 4 ? 'IPv4' : 'IPv6')) continue;
    for (const port of slice.ports) {
      if (port.port === undefined || port.port === 0) continue;
      const key = `${port.name}/${port.protocol}`;
      const known = ports.get(key) ?? new Map<string, ProxyEndpoint>();
      ports.set(key, known);
      for (const endpoint of slice.endpoints) addEndpoint(known, endpoint, port.port, family);
    }
  }
  return new Map([...ports].map(([key, known]) => [key, [...known.values()].sort(byAddress)]));
}

function addEndpoint(known: Map<string, ProxyEndpoint>, endpoint: Endpoint, port: number, family: Family): void {
  const ip = endpoint.addresses[0];
  if (ip === undefined) return;
  const address = family === 4 ? `${ip}:${port}` : `[${ip}]:${port}`;
  const { ready, serving, terminating } = endpoint.conditions;
  if (known.has(address) && terminating === true) return;
  known.set(address, {
    ip,
    address,
    nodeName: endpoint.nodeName,
    ready: ready ?? true,
    serving: serving ?? true,
    terminating: terminating ?? false,
    forZones: endpoint.hints?.forZones ?? [],
    forNodes: endpoint.hints?.forNodes ?? [],
  });
}

const byAddress = (a: ProxyEndpoint, b: ProxyEndpoint): number =>
  a.address < b.address ? -1 : a.address > b.address ? 1 : 0;

export interface EndpointView {
  /** Endpoints for traffic under policy Cluster, and under policy Local on this node. */
  readonly cluster: readonly ProxyEndpoint[];
  readonly local: readonly ProxyEndpoint[];
  /** Both, each once: the ones that need a chain. */
  readonly reachable: readonly ProxyEndpoint[];
  /** Some endpoint is usable on some node, even if none is from here. */
  readonly any: boolean;
}

/**
 * Which endpoints this node uses (pkg/proxy/topology.go, CategorizeEndpoints): hints choose node, else zone, else all, from
 * the ready ones; serving-terminating endpoints stand in where no ready one exists, for each policy on its own.
 */
export function viewFrom(
  node: { readonly name: string; readonly zone: string },
  endpoints: readonly ProxyEndpoint[],
  uses: { readonly cluster: boolean; readonly local: boolean },
): EndpointView {
  const ready = endpoints.filter((each) => each.ready);
  const terminating = endpoints.filter((each) => each.serving && each.terminating);
  let cluster: readonly ProxyEndpoint[] = [];
  if (uses.cluster) {
    cluster = ready.filter(topologyFilter(node, ready));
    if (cluster.length === 0) cluster = terminating;
  }
  let local: readonly ProxyEndpoint[] = [];
  if (uses.local) {
    const isLocal = (each: ProxyEndpoint): boolean => each.nodeName === node.name;
    local = ready.filter(isLocal);
    if (local.length === 0) local = terminating.filter(isLocal);
  }
  const reachable = local.length === 0 ? cluster : [...new Set([...cluster, ...local])].sort(byAddress);
  return { cluster, local, reachable, any: ready.length > 0 || terminating.length > 0 };
}

/** One endpoint without a hint switches that level of topology off. */
function topologyFilter(
  node: { readonly name: string; readonly zone: string },
  ready: readonly ProxyEndpoint[],
): (endpoint: ProxyEndpoint) => boolean {
  const everyNode = ready.every((each) => each.forNodes.length > 0);
  if (everyNode && ready.some((each) => each.forNodes.includes(node.name))) {
    return (each) => each.forNodes.includes(node.name);
  }
  const everyZone = ready.every((each) => each.forZones.length > 0);
  if (everyZone && node.zone !== '' && ready.some((each) => each.forZones.includes(node.zone))) {
    return (each) => each.forZones.includes(node.zone);
  }
  return () => true;
}

/** True when some node may see another set than its neighbour: hints are present. */
export const hasHints = (endpoints: readonly ProxyEndpoint[]): boolean =>
  endpoints.some((each) => each.forZones.length > 0 || each.forNodes.length > 0);

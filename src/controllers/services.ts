import type { Issue, Parsed } from '../base/index.ts';
import type { Cluster, Service } from '../cluster/index.ts';
import { type Cidr, cidrContains, cidrNth, type Family, familyOf, type Ip } from '../net/index.ts';
import { assume } from './assume.ts';
import { ClusterIpAllocator, givenClusterIps, outsideCidr, wellKnownIp } from './cluster-ip.ts';
import { byText, keyOf } from './labels.ts';
import { NodePortAllocator, wantsHealthCheckPort, wantsNodePorts } from './node-ports.ts';

/**
 * Gives Services what the API server would: ClusterIPs per family, node ports, a health check node port
 * (`pkg/registry/core/service/storage/alloc.go`). What a Service has already, it keeps; allocation goes by name, so the
 * order of the input does not matter.
 */
export function settleServices(cluster: Cluster): Parsed<Cluster> {
  const issues: Issue[] = [];
  const blocks = cluster.serviceCidrs;
  const allocators = blocks.map((block) => new ClusterIpAllocator(block));
  const ports = new NodePortAllocator();
  hold(cluster, allocators, ports, issues);
  const settled = new Map<Service, Service>();
  for (const service of cluster.services.toSorted((a, b) => byText(keyOf(a), keyOf(b)))) {
    settled.set(service, withPorts(withClusterIps(service, allocators, issues), ports, issues));
  }
  const services = cluster.services.map((service) => settled.get(service) ?? service);
  const changed = services.some((service, i) => service !== cluster.services[i]);
  const clusterDns = dnsOf(cluster, services);
  const same =
    clusterDns.length === cluster.clusterDns.length && clusterDns.every((ip, i) => ip === cluster.clusterDns[i]);
  if (!changed && same) return { value: cluster, issues };
  const value = { ...cluster, services: changed ? services : cluster.services, clusterDns };
  const said = 'ClusterIPs and node ports the input does not give are drawn from a hash of the Service name';
  return { value: changed ? assume(value, said) : value, issues };
}

function hold(
  cluster: Cluster,
  allocators: readonly ClusterIpAllocator[],
  ports: NodePortAllocator,
  issues: Issue[],
): void {
  const report = (issue: Issue | undefined): void => {
    if (issue !== undefined) issues.push(issue);
  };
  for (const service of cluster.services) {
    for (const address of givenClusterIps(service)) {
      const outside = outsideCidr(service, address, cluster.serviceCidrs);
      report(outside);
      const home = allocators.find((allocator) => cidrContains(allocator.block, address));
      report(home?.hold(address, service));
    }
    for (const port of service.spec.ports) {
      if (port.nodePort !== undefined) report(ports.hold(port.nodePort, port.protocol, service));
    }
    const { healthCheckNodePort } = service.spec;
    if (healthCheckNodePort !== undefined) report(ports.hold(healthCheckNodePort, 'TCP', service));
  }
}

function withClusterIps(service: Service, allocators: readonly ClusterIpAllocator[], issues: Issue[]): Service {
  const { spec } = service;
  if (spec.type === 'ExternalName') return service;
  const given = givenClusterIps(service);
  const families = familiesOf(service, given, allocators, issues);
  const ipFamilies = families.map((family) => (family === 4 ? ('IPv4' as const) : ('IPv6' as const)));
  const known = spec.ipFamilies.length === ipFamilies.length && ipFamilies.every((f, i) => f === spec.ipFamilies[i]);
  if (spec.clusterIPs.includes('None')) return known ? service : { ...service, spec: { ...spec, ipFamilies } };
  const clusterIPs = families.flatMap((family): Ip[] => {
    const has = given.find((address) => familyOf(address) === family);
    if (has !== undefined) return [has];
    const allocator = allocators.find((candidate) => candidate.block.family === family);
    const made = allocator && (wellKnownIp(service, allocator.block) ?? allocator.allocate(keyOf(service)));
    if (made !== undefined) return [made];
    issues.push({
      code: 'cluster-ip-exhausted',
      severity: 'error',
      rests: ['network', 'services'],
      at: service.source,
      message: `No IPv${family} ClusterIP is left for Service "${keyOf(service)}"`,
      expected: 'a larger service CIDR',
    });
    return [];
  });
  const same = clusterIPs.length === spec.clusterIPs.length;
  return known && same ? service : { ...service, spec: { ...spec, clusterIPs, ipFamilies } };
}

/** `alloc.go` initIPFamilyFields: what it has, what it asks for, else the cluster's first family; a policy may add the second. */
function familiesOf(
  service: Service,
  given: readonly Ip[],
  allocators: readonly ClusterIpAllocator[],
  issues: Issue[],
): readonly Family[] {
  const { spec } = service;
  const available = allocators.map((allocator) => allocator.block.family);
  const asked = spec.ipFamilies.map((family): Family => (family === 'IPv4' ? 4 : 6));
  const families = new Set<Family>([...given.map(familyOf), ...asked]);
  if (families.size === 0 && available[0] !== undefined) families.add(available[0]);
  if (spec.ipFamilyPolicy === 'PreferDualStack' || spec.ipFamilyPolicy === 'RequireDualStack') {
    for (const family of available) families.add(family);
  }
  const missing = [...families].find(
    (family) => !available.includes(family) && !given.some((a) => familyOf(a) === family),
  );
  if (missing !== undefined || (spec.ipFamilyPolicy === 'RequireDualStack' && families.size < 2)) {
    issues.push({
      code: 'service-family-missing',
      severity: 'error',
      rests: ['network'],
      at: service.source,
      message: `Service "${keyOf(service)}" asks for an IP family the cluster does not have`,
      expected: `ipFamilies [${available.map((family) => `IPv${family}`).join(', ')}]`,
    });
  }
  return [...families].filter((family) => family !== missing);
}

/** Ports of one number, such as a resolver's of UDP and TCP, have one node port: a requested one, or the one drawn (`alloc.go` initNodePorts). */
function withPorts(service: Service, allocator: NodePortAllocator, issues: Issue[]): Service {
  const { spec } = service;
  const full = (): undefined => {
    issues.push({
      code: 'node-ports-exhausted',
      severity: 'error',
      rests: ['services'],
      at: service.source,
      message: `No node port is left for Service "${keyOf(service)}"`,
    });
  };
  let changed = false;
  const known = new Map<number, number>();
  for (const { port, nodePort } of spec.ports.toReversed()) if (nodePort !== undefined) known.set(port, nodePort);
  const ports = spec.ports.map((port) => {
    if (port.nodePort !== undefined || !wantsNodePorts(service)) return port;
    const nodePort =
      known.get(port.port) ?? allocator.allocate(service, `${port.name}/${port.protocol}/${port.port}`) ?? full();
    if (nodePort === undefined) return port;
    known.set(port.port, nodePort);
    changed = true;
    return { ...port, nodePort };
  });
  const wantsHealth = wantsHealthCheckPort(service) && spec.healthCheckNodePort === undefined;
  const health = wantsHealth ? (allocator.allocate(service, 'health') ?? full()) : undefined;
  if (!changed && health === undefined) return service;
  return { ...service, spec: { ...spec, ports, ...(health === undefined ? {} : { healthCheckNodePort: health }) } };
}

/** What kubelet is told: kube-dns's own addresses, else the `.10` of each service CIDR. */
function dnsOf(cluster: Cluster, services: readonly Service[]): readonly Ip[] {
  const service = services.find((candidate) => keyOf(candidate) === 'kube-system/kube-dns');
  const own = service === undefined ? [] : givenClusterIps(service);
  if (own.length > 0) return own;
  return cluster.clusterDns.length > 0
    ? cluster.clusterDns
    : cluster.serviceCidrs.map((block: Cidr) => cidrNth(block, 10));
}

import type { Cluster, EndpointSlice, Service } from '../../cluster/index.ts';
import type { DnsRecord } from '../../fabric/index.ts';
import { compareIp, familyOf, type Ip, parseIp } from '../../net/index.ts';
import { dashed, reverseName } from './names.ts';

/** The kubernetes plugin's own TTL; EKS' Corefile does not change it. */
const TTL = 5;
/** Weights of one name's SRV targets share this (plugin/kubernetes, plugin/pkg/SRV). */
const FULL_WEIGHT = 100;

interface EndpointAddress {
  readonly ip: Ip;
  /** The endpoint's own label under its Service: its hostname, or the address with dashes. */
  readonly label: string;
  readonly hostname: boolean;
  readonly ports: EndpointSlice['ports'];
}

/**
 * Records of the cluster domain as CoreDNS's kubernetes plugin answers them (coredns plugin/kubernetes, Kubernetes DNS
 * specification 1.1.0): a Service's own addresses; for a headless one its ready endpoints; SRV for named ports; PTR for
 * cluster addresses and for endpoints that have a hostname. Names of pods (`10-0-1-51.NAMESPACE.pod`) follow a rule (the
 * Corefile has `pods insecure`), not a list.
 */
export function serviceRecords(cluster: Cluster): readonly DnsRecord[] {
  const zone = cluster.clusterDomain;
  const slices = new Map<string, EndpointSlice[]>();
  for (const slice of cluster.endpointSlices) {
    const key = `${slice.metadata.namespace}/${slice.serviceName}`;
    const known = slices.get(key);
    if (known === undefined) slices.set(key, [slice]);
    else known.push(slice);
  }
  return cluster.services.flatMap((service) => {
    const { namespace, name } = service.metadata;
    return recordsOf(service, `${name}.${namespace}.svc.${zone}`, slices.get(`${namespace}/${name}`) ?? []);
  });
}

function recordsOf(service: Service, base: string, slices: readonly EndpointSlice[]): readonly DnsRecord[] {
  if (service.spec.type === 'ExternalName') {
    const target = (service.spec.externalName ?? '').replace(/\.$/, '').toLowerCase();
    return target === '' ? [] : [{ name: base, type: 'CNAME', target, ttl: TTL }];
  }
  const endpoints = slices.flatMap(readyAddresses);
  const own = service.spec.clusterIPs.map(parseIp).filter((address) => address !== undefined);
  const headless = own.length === 0;
  const named = new Map<string, Ip[]>();
  for (const { label, ip } of endpoints) {
    const known = named.get(label);
    if (known === undefined) named.set(label, [ip]);
    else known.push(ip);
  }
  return [
    ...addressRecords(base, headless ? endpoints.map(({ ip }) => ip) : own),
    ...[...named].flatMap(([label, addresses]) => addressRecords(`${label}.${base}`, addresses)),
    ...(headless ? endpointPorts(base, endpoints) : servicePorts(service, base)),
    ...own.map((address): DnsRecord => ({ name: reverseName(address), type: 'PTR', target: base, ttl: TTL })),
    ...endpoints
      .filter(({ hostname }) => hostname)
      .map(
        ({ ip, label }): DnsRecord => ({ name: reverseName(ip), type: 'PTR', target: `${label}.${base}`, ttl: TTL }),
      ),
  ];
}

/** `ready` absent counts as ready; publishNotReadyAddresses has made it true already. */
const readyAddresses = (slice: EndpointSlice): readonly EndpointAddress[] =>
  slice.endpoints
    .filter(({ conditions }) => conditions.ready !== false)
    .flatMap(({ addresses, hostname }) =>
      addresses.flatMap((text) => {
        const ip = parseIp(text);
        if (ip === undefined) return [];
        return [{ ip, label: hostname ?? dashed(ip), hostname: hostname !== undefined, ports: slice.ports }];
      }),
    );

function addressRecords(name: string, list: readonly Ip[]): readonly DnsRecord[] {
  const [only, ...more] = list;
  if (only !== undefined && more.length === 0)
    return [{ name, type: familyOf(only) === 4 ? 'A' : 'AAAA', addresses: [only], ttl: TTL }];
  const of = (family: 4 | 6): readonly Ip[] =>
    [...new Set(list)].filter((address) => familyOf(address) === family).sort(compareIp);
  const records: DnsRecord[] = [];
  const [ipv4, ipv6] = [of(4), of(6)];
  if (ipv4.length > 0) records.push({ name, type: 'A', addresses: ipv4, ttl: TTL });
  if (ipv6.length > 0) records.push({ name, type: 'AAAA', addresses: ipv6, ttl: TTL });
  return records;
}

const servicePorts = (service: Service, base: string): readonly DnsRecord[] =>
  service.spec.ports
    .filter((port) => port.name !== '')
    .map(({ name, protocol, port }) => srv(`_${name}._${protocol.toLowerCase()}.${base}`, [{ port, target: base }]));

function endpointPorts(base: string, endpoints: readonly EndpointAddress[]): readonly DnsRecord[] {
  const targets = new Map<string, Map<string, { port: number; target: string }>>();
  for (const { label, ports } of endpoints) {
    for (const { name, protocol, port } of ports) {
      if (name === '' || port === undefined) continue;
      const owner = `_${name}._${protocol.toLowerCase()}.${base}`;
      const list = targets.get(owner) ?? new Map<string, { port: number; target: string }>();
      list.set(`${label} ${port}`, { port, target: `${label}.${base}` });
      targets.set(owner, list);
    }
  }
  return [...targets].map(([name, list]) => srv(name, [...list.values()]));
}

const srv = (name: string, targets: readonly { readonly port: number; readonly target: string }[]): DnsRecord => ({
  name: name.toLowerCase(),
  type: 'SRV',
  targets: targets.map(({ port, target }) => ({
    priority: 0,
    weight: Math.floor(FULL_WEIGHT / targets.length),
    port,
    target,
  })),
  ttl: TTL,
});

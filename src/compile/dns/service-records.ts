import type { Cluster, EndpointSlice, Service } from '../../cluster/index.ts';
import { type DnsRecord, reverseName } from '../../fabric/index.ts';
import { compareIp, familyOf, type Ip, parseIp, plainName } from '../../net/index.ts';
import { endpointLabel } from './names.ts';

/** The kubernetes plugin's own TTL; the Corefile EKS installs does not change it. */
const TTL = 5;
export const kubernetesTtl = (cluster: Cluster): number => cluster.coreDns?.ttl ?? TTL;
/** Weights of one name's SRV targets share this (coredns plugin/backend_lookup.go, SRV). */
const FULL_WEIGHT = 100;

type Port = EndpointSlice['ports'][number];

/** One address and port a Service's name stands for: what the plugin calls a msg.Service. */
interface Entry {
  readonly ip: Ip;
  /** The name an SRV record points to. */
  readonly target: string;
  /** Absent where nothing is declared: such an entry has an address and no SRV record. */
  readonly port: Port | undefined;
}

/**
 * Records of the cluster domain as CoreDNS's kubernetes plugin answers them (coredns 1.12.4, plugin/kubernetes:
 * findServices, serviceRecordForIP): a Service's own addresses; for a headless one its ready endpoints; every endpoint by
 * its own label; SRV for all ports and for each named one; PTR for cluster addresses and endpoints. Names of pods
 * (`10-0-1-51.NAMESPACE.pod`) follow a rule (the Corefile has `pods insecure`), not a list.
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
  const ttl = kubernetesTtl(cluster);
  const records = cluster.services.flatMap((service) => {
    const { namespace, name } = service.metadata;
    return recordsOf(service, `${name}.${namespace}.svc.${zone}`, slices.get(`${namespace}/${name}`) ?? []);
  });
  return ttl === TTL ? records : records.map((record) => ({ ...record, ttl }));
}

function recordsOf(service: Service, base: string, slices: readonly EndpointSlice[]): readonly DnsRecord[] {
  if (service.spec.type === 'ExternalName') return alias(service, base);
  const endpoints = slices.flatMap((slice) => endpointEntries(slice, base));
  const own = service.spec.clusterIPs.map(parseIp).filter((address) => address !== undefined);
  const entries = own.length === 0 ? endpoints : serviceEntries(service, own, base);
  const byName = new Map<string, Entry[]>();
  for (const entry of endpoints) {
    const named = byName.get(entry.target);
    if (named === undefined) byName.set(entry.target, [entry]);
    else named.push(entry);
  }
  const pointers = new Map(endpoints.map(({ ip, target }) => [`${ip} ${target}`, { ip, target }]));
  return [
    ...namedEntries(base, entries),
    ...[...byName].flatMap(([name, list]) => namedEntries(name, list)),
    ...portRecords(base, entries),
    ...own.map((address) => pointer(address, base)),
    ...[...pointers.values()].map(({ ip, target }) => pointer(ip, target)),
  ];
}

/** An external name that is an address is no alias and has no record (msg.Service, HostType). */
function alias(service: Service, name: string): readonly DnsRecord[] {
  const target = plainName(service.spec.externalName ?? '');
  if (target === '' || parseIp(target) !== undefined) return [];
  return [{ name, type: 'CNAME', target, ttl: TTL }];
}

const pointer = (address: Ip, target: string): DnsRecord => ({
  name: reverseName(address),
  type: 'PTR',
  target,
  ttl: TTL,
});

const orNone = <T>(ports: readonly T[]): readonly (T | undefined)[] => (ports.length === 0 ? [undefined] : ports);

const serviceEntries = (service: Service, addresses: readonly Ip[], target: string): readonly Entry[] =>
  orNone(service.spec.ports).flatMap((port) => addresses.map((ip) => ({ ip, target, port })));

/** `ready` absent counts as ready; publishNotReadyAddresses has made it true already. */
const endpointEntries = (slice: EndpointSlice, base: string): readonly Entry[] =>
  slice.endpoints
    .filter(({ conditions }) => conditions.ready !== false)
    .flatMap(({ addresses, hostname }) =>
      addresses.flatMap((text) => {
        const ip = parseIp(text);
        if (ip === undefined) return [];
        const target = `${hostname?.toLowerCase() || endpointLabel(ip)}.${base}`;
        return orNone(slice.ports).map((port) => ({ ip, target, port }));
      }),
    );

function namedEntries(name: string, entries: readonly Entry[]): readonly DnsRecord[] {
  const records: DnsRecord[] = [];
  const addresses = [...new Set(entries.map(({ ip }) => ip))].sort(compareIp);
  const ipv4 = addresses.filter((address) => familyOf(address) === 4);
  const ipv6 = addresses.filter((address) => familyOf(address) === 6);
  if (ipv4.length > 0) records.push({ name, type: 'A', addresses: ipv4, ttl: TTL });
  if (ipv6.length > 0) records.push({ name, type: 'AAAA', addresses: ipv6, ttl: TTL });
  return [...records, ...srv(name, entries)];
}

function portRecords(base: string, entries: readonly Entry[]): readonly DnsRecord[] {
  const byPort = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (entry.port === undefined || entry.port.name === '') continue;
    const name = `_${entry.port.name}._${entry.port.protocol}.${base}`.toLowerCase();
    const named = byPort.get(name);
    if (named === undefined) byPort.set(name, [entry]);
    else named.push(entry);
  }
  return [...byPort].flatMap(([name, list]) => srv(name, list));
}

/** The weight counts every entry, also one whose port is not declared or whose record repeats another's. */
function srv(name: string, entries: readonly Entry[]): readonly DnsRecord[] {
  const weight = Math.max(1, Math.floor(FULL_WEIGHT / entries.length));
  const targets = new Map<string, { priority: number; weight: number; port: number; target: string }>();
  for (const { target, port } of entries)
    if (port?.port !== undefined)
      targets.set(`${target} ${port.port}`, { priority: 0, weight, port: port.port, target });
  return targets.size === 0 ? [] : [{ name, type: 'SRV', targets: [...targets.values()], ttl: TTL }];
}

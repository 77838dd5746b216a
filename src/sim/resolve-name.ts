import type { DnsRecord } from '../fabric/index.ts';
import type { NetnsId, ResolvConf } from '../linux/index.ts';
import { type Ip, ip, parseIp } from '../net/index.ts';
import type { DnsQuery } from '../trace/index.ts';
import type { World } from '../world/index.ts';
import { openSession, type Session } from './session.ts';

export interface Resolution {
  /** Every query the resolver library makes, in order, with its answer. */
  readonly queries: readonly DnsQuery[];
  readonly addresses: readonly Ip[];
  readonly unknowns: readonly string[];
  /** Name servers whose answer never came, and why: `172.20.0.10 (dropped)`. */
  readonly silent: readonly string[];
}

const MAX_CNAMES = 8;
/** glibc keeps three name servers and takes the first that answers; one that answers NXDOMAIN has answered. */
const MAX_SERVERS = 3;

/**
 * getaddrinfo as glibc does it (resolv.conf(5)): names with fewer dots than `ndots` go through the search list first, then
 * as they are; a trailing dot stops that; A and AAAA are asked for each. Every query is a UDP walk to the name server: a
 * server that no packet reaches, or whose answer is lost, does not answer.
 */
export function resolveName(world: World, from: string, name: string): Resolution {
  const netns = world.netns.get(from as NetnsId); // callers pass a namespace of this world
  const conf = netns?.resolvConf ?? { nameservers: [], search: [], options: [] };
  const literal = parseIp(name);
  if (literal !== undefined) return { queries: [], addresses: [literal], unknowns: [], silent: [] };
  if (name === 'localhost') return { queries: [hosts(name)], addresses: [ip('127.0.0.1')], unknowns: [], silent: [] };
  const session = openSession(world);
  const queries: DnsQuery[] = [];
  const unknowns = new Set<string>();
  const silent = new Set<string>();
  for (const candidate of candidates(name, conf)) {
    const addresses: Ip[] = [];
    for (const type of ['A', 'AAAA'] as const) {
      const query = ask(world, session, from, conf, candidate, type, unknowns, silent);
      queries.push(query);
      for (const answer of query.answers) {
        const address = parseIp(answer);
        if (address !== undefined) addresses.push(address);
      }
    }
    if (addresses.length > 0) return { queries, addresses, unknowns: [...unknowns], silent: [...silent] };
  }
  return { queries, addresses: [], unknowns: [...unknowns], silent: [...silent] };
}

const hosts = (name: string): DnsQuery => ({
  name,
  type: 'A',
  rcode: 'NOERROR',
  answers: ['127.0.0.1'],
  answeredBy: 'hosts',
});

function candidates(name: string, conf: ResolvConf): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const ndots = Number(conf.options.find((option) => option.startsWith('ndots:'))?.slice(6) ?? 1);
  const searched = conf.search.map((suffix) => `${name}.${suffix}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...searched] : [...searched, name];
}

function ask(
  world: World,
  session: Session,
  from: string,
  conf: ResolvConf,
  name: string,
  type: 'A' | 'AAAA',
  unknowns: Set<string>,
  silent: Set<string>,
): DnsQuery {
  for (const server of conf.nameservers.slice(0, MAX_SERVERS)) {
    const dst = parseIp(server);
    if (dst === undefined) continue;
    const trip = session.send({ from, dst, dport: 53, protocol: 'udp' }, undefined, 'verdict-only');
    for (const what of trip.unknowns) unknowns.add(what);
    if (trip.disposition !== 'delivered') {
      silent.add(`${server} (${trip.disposition})`);
      continue;
    }
    return trip.farEnd.name === 'vpc-resolver' || !isClusterDns(world, dst)
      ? upstream(world, name, type)
      : answer(world, name, type);
  }
  return { name, type, rcode: 'SERVFAIL', answers: [], answeredBy: 'upstream' };
}

const isClusterDns = (world: World, server: Ip): boolean => world.fabric.dns.clusterDns.includes(server);

/** CoreDNS with EKS's Corefile: authoritative for the cluster domain, everything else is forwarded. */
function answer(world: World, name: string, type: 'A' | 'AAAA'): DnsQuery {
  const { clusterDomain, cluster } = world.fabric.dns;
  const inZone = name === clusterDomain || name.endsWith(`.${clusterDomain}`);
  if (!inZone) return upstream(world, name, type);
  const pod = podAddress(name, clusterDomain);
  if (pod !== undefined)
    return {
      name,
      type,
      rcode: 'NOERROR',
      answers: pod.includes(':') === (type === 'AAAA') ? [pod] : [],
      answeredBy: 'coredns',
    };
  return lookUp(cluster, world.fabric.dns.upstream, name, type, 'coredns');
}

/** `pods insecure`: 10-0-1-51.NS.pod.cluster.local is 10.0.1.51, whoever that is (plugin/kubernetes). */
function podAddress(name: string, domain: string): Ip | undefined {
  const found = new RegExp(`^([0-9a-f-]+)\\.[^.]+\\.pod\\.${domain.replaceAll('.', '\\.')}$`).exec(name)?.[1];
  return found === undefined ? undefined : (parseIp(found.replaceAll('-', '.')) ?? parseIp(found.replaceAll('-', ':')));
}

const upstream = (world: World, name: string, type: 'A' | 'AAAA'): DnsQuery =>
  lookUp(world.fabric.dns.upstream, [], name, type, 'upstream');

function lookUp(
  records: readonly DnsRecord[],
  beyond: readonly DnsRecord[],
  asked: string,
  type: 'A' | 'AAAA',
  answeredBy: DnsQuery['answeredBy'],
): DnsQuery {
  let name = asked.toLowerCase();
  let zone = records;
  let exists = false;
  for (let i = 0; i < MAX_CNAMES; i++) {
    const named = recordsNamed(zone, name);
    exists ||= named.length > 0;
    const direct = named.flatMap((record) => (record.type === type ? record.addresses : []));
    if (direct.length > 0) return { name: asked, type, rcode: 'NOERROR', answers: direct, answeredBy };
    const alias = named.find((record) => record.type === 'CNAME');
    if (alias?.type !== 'CNAME') break;
    name = alias.target.toLowerCase();
    if (recordsNamed(zone, name).length === 0) zone = beyond;
  }
  return { name: asked, type, rcode: exists ? 'NOERROR' : 'NXDOMAIN', answers: [], answeredBy };
}

const indexes = new WeakMap<readonly DnsRecord[], ReadonlyMap<string, readonly DnsRecord[]>>();

function recordsNamed(records: readonly DnsRecord[], name: string): readonly DnsRecord[] {
  let index = indexes.get(records);
  if (index === undefined) {
    const made = new Map<string, DnsRecord[]>();
    for (const record of records) {
      const key = record.name.toLowerCase();
      const known = made.get(key);
      if (known === undefined) made.set(key, [record]);
      else known.push(record);
    }
    // A name with children exists, though it has no records of its own (RFC 8020).
    for (const key of [...made.keys()])
      for (let at = key.indexOf('.'); at >= 0; at = key.indexOf('.', at + 1))
        if (!made.has(key.slice(at + 1))) made.set(key.slice(at + 1), []);
    index = made;
    indexes.set(records, made);
  }
  return index.get(name) ?? [];
}

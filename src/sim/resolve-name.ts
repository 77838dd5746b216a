import { answerUpstream, type DnsAnswer } from '../fabric/index.ts';
import type { NetnsId, ResolvConf } from '../linux/index.ts';
import { familyOf, type Ip, ip, parseIp } from '../net/index.ts';
import type { DnsQuery, RoundTrip, SilentServer } from '../trace/index.ts';
import { asksWithDns64, dnsOf, type HostsLine, hostsFileAt, servesClusterNames, type World } from '../world/index.ts';
import { addressesOut } from './fabric/load-balancer/dns-failover.ts';
import { type Asked, answerForwarding } from './forwarded-names.ts';
import { openSession } from './session.ts';
import { walkPacket } from './walk-packet.ts';

/** Files of a program that are not those of the namespace it runs in. */
export interface OwnFiles {
  readonly resolvConf?: ResolvConf;
  readonly hosts?: readonly HostsLine[];
}

export interface Resolution {
  /** Every query the resolver library makes, in order, with its answer. */
  readonly queries: readonly DnsQuery[];
  readonly addresses: readonly Ip[];
  readonly unknowns: readonly string[];
  readonly silent: readonly SilentServer[];
}

/** glibc keeps three name servers and takes the first that answers; one that answers NXDOMAIN has answered. */
const MAX_SERVERS = 3;

/**
 * getaddrinfo as glibc does it (resolv.conf(5)): names with fewer dots than `ndots` go through the search list first, then
 * as they are; a trailing dot stops that; A and AAAA are asked for each. An answer without an address (NXDOMAIN, NODATA, a
 * SERVFAIL that a server sent) leads to the next name. Without any answer the list ends (resolv/res_query.c,
 * __res_context_search): after a time-out only the name as it is follows, where it was not asked before; where nobody can be
 * reached at all, nothing. As the first, the name as it is ends nothing. Every query is a UDP walk to the name server: a
 * server that no packet reaches, or whose answer is lost, does not answer. Before all that /etc/hosts is read (`hosts: files
 * dns`, nsswitch.conf(5)). `own` stands for the namespace's files: of its programs not all see the same.
 */
export function resolveName(world: World, from: string, name: string, own: OwnFiles = {}): Resolution {
  const netns = world.netns.get(from as NetnsId); // callers pass a namespace of this world
  const conf = own.resolvConf ?? netns?.resolvConf ?? { nameservers: [], search: [], options: [] };
  const literal = parseIp(name);
  if (literal !== undefined) return { queries: [], addresses: [literal], unknowns: [], silent: [] };
  if (name === 'localhost') return { queries: [hosts(name)], addresses: [ip('127.0.0.1')], unknowns: [], silent: [] };
  const listed = (own.hosts ?? hostsFileAt(world, from as NetnsId) ?? [])
    .map((each, i) => ({ ...each, line: HOSTS_FIRST + i }))
    .filter(({ names }) => isAmong(names, name));
  if (listed.length > 0) return fromHosts(name, listed);
  const on: Lookup = {
    world,
    session: openSession(world),
    from: from as NetnsId, // callers pass a namespace of this world
    conf,
    unknowns: new Set(),
    silent: new Map(),
    upstreams: new Map(),
  };
  const queries: DnsQuery[] = [];
  const end = (addresses: readonly Ip[], unknown?: string): Resolution => ({
    queries,
    addresses,
    unknowns: unknown === undefined ? [...on.unknowns] : [...on.unknowns, unknown],
    silent: [...on.silent.values()],
  });
  const { list, asItIs } = candidates(name, conf);
  let ended: Unanswered | undefined;
  for (const [i, candidate] of list.entries()) {
    if (ended === 'unreachable' || (ended === 'timed-out' && i !== asItIs)) continue;
    const addresses: Ip[] = [];
    for (const type of ['A', 'AAAA'] as const) {
      const { query, unknown, unanswered } = ask(on, candidate, type);
      queries.push(query);
      if (unanswered !== undefined && !(i === 0 && asItIs === 0)) ended = unanswered;
      // Whether the search goes on depends on an answer nobody can know.
      if (unknown !== undefined) return end([], unknown);
      for (const answer of query.answers) {
        const address = parseIp(answer);
        if (address !== undefined) addresses.push(address);
      }
    }
    if (addresses.length > 0) return end(addresses);
  }
  return end([]);
}

/** One getaddrinfo. */
interface Lookup extends Asked {
  readonly from: NetnsId;
  readonly conf: ResolvConf;
}

/** Of the file's lines the kubelet writes a heading first (printHostsFile). */
const HOSTS_FIRST = 2;

/** A line is for its names in either case, and all lines count that have the name (nss/nss_files/files-hosts.c). */
const isAmong = (names: readonly string[], name: string): boolean =>
  names.some((each) => each.toLowerCase() === name.toLowerCase());

function fromHosts(name: string, lines: readonly (HostsLine & { readonly line: number })[]): Resolution {
  const addresses = [...new Set(lines.map(({ address }) => address))];
  const queries = ([4, 6] as const).flatMap((family): DnsQuery[] => {
    const answers = addresses.filter((address) => familyOf(address) === family);
    const type = family === 4 ? 'A' : 'AAAA';
    const line = lines.find(({ address }) => familyOf(address) === family)?.line;
    if (answers.length === 0 || line === undefined) return [];
    return [{ name, type, rcode: 'NOERROR', answers, answeredBy: 'hosts', line }];
  });
  return { queries, addresses, unknowns: [], silent: [] };
}

const hosts = (name: string): DnsQuery => ({
  name,
  type: 'A',
  rcode: 'NOERROR',
  answers: ['127.0.0.1'],
  answeredBy: 'hosts',
});

/**
 * Why a question has no answer. `unreachable`: an ICMP error or the own host said so of every server, which glibc takes for
 * ECONNREFUSED (resolv/res_send.c, __res_context_send: `gotsomewhere`); one silent server makes it a time-out.
 */
type Unanswered = 'timed-out' | 'unreachable';

/** The names in the order they are asked, and which of them is the name as it is. */
function candidates(name: string, conf: ResolvConf): { readonly list: readonly string[]; readonly asItIs: number } {
  if (name.endsWith('.')) return { list: [name.slice(0, -1)], asItIs: 0 };
  const ndots = Number(conf.options.find((option) => option.startsWith('ndots:'))?.slice(6) ?? 1);
  const searched = conf.search.map((suffix) => `${name}.${suffix}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots
    ? { list: [name, ...searched], asItIs: 0 }
    : { list: [...searched, name], asItIs: searched.length };
}

/** A server that says SERVFAIL has not answered: the next one is asked (resolv/res_send.c, send_dg). */
function ask(
  on: Lookup,
  name: string,
  type: 'A' | 'AAAA',
): { readonly query: DnsQuery; readonly unknown?: string | undefined; readonly unanswered?: Unanswered } {
  const { world, session, from, conf, unknowns, silent } = on;
  let unanswered: Unanswered = 'unreachable';
  const out = (answer: DnsAnswer): DnsQuery => {
    const names = [name, ...answer.answers.flatMap((rr) => (rr.type === 'CNAME' ? [rr.target] : []))];
    return queryOf(answer, name, type, addressesOut(world, walkPacket, names));
  };
  // A machine outside the cluster, whose resolv.conf nobody gave, asks a resolver on its own card or beside it: no packet
  // to it crosses anything the input describes.
  if (/^(?:internet|host|lb|control-plane)\//.test(from) && conf.nameservers.length === 0) {
    const answer = answerUpstream(dnsOf(world, from), { name, type });
    return { query: out(answer), unknown: answer.unknown };
  }
  let failed: DnsQuery | undefined;
  for (const server of conf.nameservers.slice(0, MAX_SERVERS)) {
    const dst = parseIp(server);
    if (dst === undefined) continue;
    const trip = session.send({ from, dst, dport: 53, protocol: 'udp' }, undefined, 'verdict-only');
    for (const what of trip.unknowns) unknowns.add(what);
    if (trip.disposition !== 'delivered') {
      silent.set(dst, { address: dst, disposition: trip.disposition });
      if (!isTold(trip)) unanswered = 'timed-out';
      continue;
    }
    const [address, port] = splitEndpoint(trip.farEnd.address);
    const cluster = servesClusterNames(world, dst, 53) || servesClusterNames(world, address, port);
    // A server of the cluster's asks outside by itself.
    const itself = cluster ? world.netns.get(trip.farEnd.name as NetnsId)?.id : undefined;
    const question = { name, type, dns64: asksWithDns64(world, itself ?? from) };
    const answer = cluster
      ? answerForwarding(on, itself, dnsOf(world, itself ?? from), question)
      : answerUpstream(dnsOf(world, from), question);
    const { unknown } = answer;
    if (unknown !== undefined || answer.rcode !== 'SERVFAIL') return { query: out(answer), unknown };
    failed = out(answer);
  }
  if (failed !== undefined) return { query: failed };
  return { query: { name, type, rcode: 'SERVFAIL', answers: [], answeredBy: 'upstream' }, unanswered };
}

/** The sender's own host refused to send, or an ICMP error came back. */
const isTold = ({ disposition, diedAt, reply }: RoundTrip): boolean =>
  disposition === 'not-sent' || (diedAt?.leg === 'forward' && reply?.disposition === 'delivered');

/** `10.0.1.181:53`, `[2600::1]:53` */
function splitEndpoint(text: string): readonly [address: Ip, port: number] {
  const colon = text.lastIndexOf(':');
  return [ip(text.slice(0, colon).replace(/^\[|\]$/g, '')), Number(text.slice(colon + 1))];
}

/** The answer as a walk reports it: the addresses at the end of whatever aliases stand before them, less those that are `out`. */
const queryOf = (
  { rcode, answers, answeredBy }: DnsAnswer,
  name: string,
  type: 'A' | 'AAAA',
  out: ReadonlySet<Ip>,
): DnsQuery => ({
  name,
  type,
  rcode,
  answers: answers.flatMap((rr) =>
    (rr.type === 'A' || rr.type === 'AAAA') && rr.type === type && !out.has(rr.address) ? [rr.address] : [],
  ),
  answeredBy,
});

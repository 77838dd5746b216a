import { answerUpstream, type DnsAnswer } from '../fabric/index.ts';
import type { NetnsId, ResolvConf } from '../linux/index.ts';
import { familyOf, type Ip, ip, parseIp } from '../net/index.ts';
import type { DnsQuery, RoundTrip, SilentServer } from '../trace/index.ts';
import { asksWithDns64, dnsOf, type HostsLine, hostsFileAt, servesClusterNames, type World } from '../world/index.ts';
import { type OrderRule, orderDestinations } from './destination-order.ts';
import { sourcesTowards } from './destination-sources.ts';
import { addressesOut } from './fabric/load-balancer/dns-failover.ts';
import { type Asked, answerForwarding } from './forwarded-names.ts';
import { type ResolverOptions, resolverOptions, waitFor } from './resolver-options.ts';
import { openSession } from './session.ts';
import { createSessionState } from './session-state.ts';
import { walkPacket } from './walk-packet.ts';

/** Files of a program that are not those of the namespace it runs in. */
export interface OwnFiles {
  readonly resolvConf?: ResolvConf;
  readonly hosts?: readonly HostsLine[];
}

export interface Resolution {
  /** Every query the resolver library makes, in order, with its answer. */
  readonly queries: readonly DnsQuery[];
  /** As getaddrinfo sorts them. */
  readonly addresses: readonly Ip[];
  /** Any of them may be the first: the order of an answer changes. */
  readonly first: readonly Ip[];
  /** The rule of RFC 6724 that puts them before the others. */
  readonly rule?: OrderRule;
  readonly unknowns: readonly string[];
  readonly silent: readonly SilentServer[];
  /** Seconds spent on servers that said nothing, each name asked in its turn; 0 where it is TCP that waits. */
  readonly waited: number;
}

/** glibc keeps three name servers and takes the first that answers; one that answers NXDOMAIN has answered. */
const MAX_SERVERS = 3;

/**
 * getaddrinfo as glibc does it (resolv.conf(5)): names with fewer dots than `ndots` go through the search list first, then
 * as they are; a trailing dot stops that; A and AAAA are asked for each. An answer without an address (NXDOMAIN, NODATA, a
 * SERVFAIL that a server sent) leads to the next name. Without any answer the list ends (resolv/res_query.c,
 * __res_context_search): after a time-out only the name as it is follows, where it was not asked before; where nobody can be
 * reached at all, nothing. `options` say how long and how often a server is waited for, and in what order they are asked
 * (`resolverOptions`). As the first, the name as it is ends nothing. Every query is a UDP walk to the name server: a
 * server that no packet reaches, or whose answer is lost, does not answer. Before all that /etc/hosts is read (`hosts: files
 * dns`, nsswitch.conf(5)). `own` stands for the namespace's files: of its programs not all see the same.
 */
export function resolveName(world: World, from: string, name: string, own: OwnFiles = {}): Resolution {
  const netns = world.netns.get(from as NetnsId); // callers pass a namespace of this world
  const conf = own.resolvConf ?? netns?.resolvConf ?? { nameservers: [], search: [], options: [] };
  const literal = parseIp(name);
  if (literal !== undefined) return { ...NOTHING, addresses: [literal], first: [literal] };
  if (name === 'localhost') return { ...NOTHING, queries: [hosts(name)], addresses: [LOCALHOST], first: [LOCALHOST] };
  const listed = (own.hosts ?? hostsFileAt(world, from as NetnsId) ?? [])
    .map((each, i) => ({ ...each, line: HOSTS_FIRST + i }))
    .filter(({ names }) => isAmong(names, name));
  if (listed.length > 0) {
    const read = fromHosts(name, listed);
    const inOrder = ordered(world, from, read);
    // The file is read from its first line to its last, each time.
    return { ...inOrder, first: inOrder.first.slice(0, 1) };
  }
  const on: Lookup = {
    world,
    session: openSession(world),
    from: from as NetnsId, // callers pass a namespace of this world
    conf,
    options: resolverOptions(conf.options),
    waited: 0,
    unknowns: new Set(),
    silent: new Map(),
    upstreams: new Map(),
  };
  const queries: DnsQuery[] = [];
  const end = (addresses: readonly Ip[], unknown?: string): Resolution =>
    ordered(world, from, {
      queries,
      addresses,
      unknowns: [...on.unknowns, ...(unknown === undefined || on.unknowns.has(unknown) ? [] : [unknown])],
      silent: [...on.silent.values()],
      waited: on.waited,
    });
  if (on.options.attempts === 0)
    return end([], 'options attempts:0 of resolv.conf: whether a server is asked at all is not modelled');
  const { list, asItIs } = candidates(name, conf, on.options);
  const types = on.options.noAaaa ? (['A'] as const) : (['A', 'AAAA'] as const);
  let ended: Unanswered | undefined;
  for (const [i, candidate] of list.entries()) {
    if (ended === 'unreachable' || (ended === 'timed-out' && i !== asItIs)) continue;
    const addresses: Ip[] = [];
    for (const type of types) {
      const { query, unknown, unanswered } = ask(on, candidate, type);
      if (query !== undefined) queries.push(query);
      if (unanswered !== undefined && !(i === 0 && asItIs === 0)) ended = unanswered;
      // Whether the search goes on depends on an answer nobody can know.
      if (unknown !== undefined) return end([], unknown);
      for (const answer of query?.answers ?? []) {
        const address = parseIp(answer);
        if (address !== undefined) addresses.push(address);
      }
    }
    if (addresses.length > 0) return end(addresses);
  }
  return end([]);
}

const NOTHING: Resolution = { queries: [], addresses: [], first: [], unknowns: [], silent: [], waited: 0 };

const LOCALHOST = ip('127.0.0.1');

/** What a lookup found, sorted as getaddrinfo hands it out. */
function ordered(world: World, from: string, found: Omit<Resolution, 'first' | 'rule'>): Resolution {
  const [only, ...others] = new Set(found.addresses);
  if (only === undefined || others.length === 0) return { ...found, first: only === undefined ? [] : [only] };
  const sources = sourcesTowards(createSessionState(world), from, found.addresses);
  if (sources.kind === 'unknown') {
    const what = `which of ${[only, ...others].join(', ')} comes first is not known: ${sources.what}`;
    return { ...found, addresses: [], first: [], unknowns: [...found.unknowns, what] };
  }
  const { addresses, first, rule } = orderDestinations(sources.destinations);
  return { ...found, addresses, first, ...(rule === undefined ? {} : { rule }) };
}

/** One getaddrinfo. */
interface Lookup extends Asked {
  readonly from: NetnsId;
  readonly conf: ResolvConf;
  readonly options: ResolverOptions;
  waited: number;
}

/** Of the file's lines the kubelet writes a heading first (printHostsFile). */
const HOSTS_FIRST = 2;

/** A line is for its names in either case, and all lines count that have the name (nss/nss_files/files-hosts.c). */
const isAmong = (names: readonly string[], name: string): boolean =>
  names.some((each) => each.toLowerCase() === name.toLowerCase());

function fromHosts(
  name: string,
  lines: readonly (HostsLine & { readonly line: number })[],
): Omit<Resolution, 'first' | 'rule'> {
  const addresses = [...new Set(lines.map(({ address }) => address))];
  const queries = ([4, 6] as const).flatMap((family): DnsQuery[] => {
    const answers = addresses.filter((address) => familyOf(address) === family);
    const type = family === 4 ? 'A' : 'AAAA';
    const line = lines.find(({ address }) => familyOf(address) === family)?.line;
    if (answers.length === 0 || line === undefined) return [];
    return [{ name, type, rcode: 'NOERROR', answers, answeredBy: 'hosts', line }];
  });
  return { queries, addresses, unknowns: [], silent: [], waited: 0 };
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
function candidates(
  name: string,
  conf: ResolvConf,
  { ndots, noTld }: ResolverOptions,
): { readonly list: readonly string[]; readonly asItIs: number } {
  if (name.endsWith('.')) return { list: [name.slice(0, -1)], asItIs: 0 };
  const searched = conf.search.map((suffix) => `${name}.${suffix}`);
  const dots = name.split('.').length - 1;
  if (dots === 0 && noTld && searched.length > 0 && ndots > 0) return { list: searched, asItIs: -1 };
  return dots >= ndots
    ? { list: [name, ...searched], asItIs: 0 }
    : { list: [...searched, name], asItIs: searched.length };
}

interface Told {
  /** Absent: no walk can tell what was answered. */
  readonly query?: DnsQuery;
  readonly unknown?: string | undefined;
  readonly unanswered?: Unanswered;
}

/** A server that says SERVFAIL has not answered: the next one is asked (resolv/res_send.c, send_dg). */
function ask(on: Lookup, name: string, type: 'A' | 'AAAA'): Told {
  const { world, from, conf, options } = on;
  // A machine outside the cluster, whose resolv.conf nobody gave, asks a resolver on its own card or beside it: no packet
  // to it crosses anything the input describes.
  if (/^(?:internet|host|lb|control-plane)\//.test(from) && conf.nameservers.length === 0) {
    const answer = answerUpstream(dnsOf(world, from), { name, type });
    return { query: queryOf(on, answer, name, type), unknown: answer.unknown };
  }
  const servers = conf.nameservers.slice(0, MAX_SERVERS).flatMap((each) => parseIp(each) ?? []);
  let unanswered: Unanswered = 'unreachable';
  let failed: DnsQuery | undefined;
  let waited = 0;
  let first: Told | undefined;
  for (const [i, dst] of servers.entries()) {
    const told = askServer(on, dst, name, type);
    if (told === 'timed-out') {
      unanswered = told;
      if (!options.tcp && first === undefined) waited += waitFor(options, i, servers.length);
    }
    if (told === 'timed-out' || told === 'unreachable') continue;
    if (told.unknown === undefined && told.query?.rcode === 'SERVFAIL') {
      failed ??= told.query;
      continue;
    }
    if (first === undefined) {
      first = told;
      on.waited += type === 'A' ? waited : 0;
      if (!options.rotate || told.unknown !== undefined) return told;
    } else if (!saysTheSame(first, told)) return { ...first, unknown: drawn(servers, name) };
  }
  if (first !== undefined) return first;
  // Both types of a name are asked for at once, and waited for once.
  on.waited += type === 'A' ? waited * options.attempts : 0;
  if (failed !== undefined) return { query: failed };
  return { query: { name, type, rcode: 'SERVFAIL', answers: [], answeredBy: 'upstream' }, unanswered };
}

const saysTheSame = (one: Told, other: Told): boolean =>
  other.unknown === undefined &&
  one.query?.rcode === other.query?.rcode &&
  [...(one.query?.answers ?? [])].sort().join() === [...(other.query?.answers ?? [])].sort().join();

const drawn = (servers: readonly Ip[], name: string): string =>
  `options rotate of resolv.conf: which of ${servers.join(', ')} is asked first is chance, and they do not say the same of ${name}`;

/** One query to one server, and what it says; or why it says nothing. */
function askServer(on: Lookup, dst: Ip, name: string, type: 'A' | 'AAAA'): Told | Unanswered {
  const { world, session, from, options, unknowns, silent } = on;
  const protocol = options.tcp ? 'tcp' : 'udp';
  const trip = session.send({ from, dst, dport: 53, protocol }, undefined, 'verdict-only');
  for (const what of trip.unknowns) unknowns.add(what);
  if (trip.disposition !== 'delivered') {
    // Whether it says nothing is not known either.
    if (trip.disposition === 'unknown')
      return { unknown: trip.unknowns[0] ?? 'whether a name server answers is not known' };
    silent.set(dst, { address: dst, disposition: trip.disposition });
    return isTold(trip) ? 'unreachable' : 'timed-out';
  }
  const [address, port] = splitEndpoint(trip.farEnd.address);
  const cluster = servesClusterNames(world, dst, 53) || servesClusterNames(world, address, port);
  // A server of the cluster's asks outside by itself.
  const itself = cluster ? world.netns.get(trip.farEnd.name as NetnsId)?.id : undefined;
  const question = { name, type, dns64: asksWithDns64(world, itself ?? from) };
  const answer = cluster
    ? answerForwarding(on, itself, dnsOf(world, itself ?? from), question)
    : answerUpstream(dnsOf(world, from), question);
  return { query: queryOf(on, answer, name, type), unknown: answer.unknown };
}

/** The sender's own host refused to send, or an ICMP error came back. */
const isTold = ({ disposition, diedAt, reply }: RoundTrip): boolean =>
  disposition === 'not-sent' || (diedAt?.leg === 'forward' && reply?.disposition === 'delivered');

/** `10.0.1.181:53`, `[2600::1]:53` */
function splitEndpoint(text: string): readonly [address: Ip, port: number] {
  const colon = text.lastIndexOf(':');
  return [ip(text.slice(0, colon).replace(/^\[|\]$/g, '')), Number(text.slice(colon + 1))];
}

/** The answer as a walk reports it: the addresses at the end of whatever aliases stand before them, less those a failover took out. */
function queryOf(
  { world }: Lookup,
  { rcode, answers, answeredBy }: DnsAnswer,
  name: string,
  type: 'A' | 'AAAA',
): DnsQuery {
  const names = [name, ...answers.flatMap((rr) => (rr.type === 'CNAME' ? [rr.target] : []))];
  const out = addressesOut(world, walkPacket, names);
  const addresses = answers.flatMap((rr) =>
    (rr.type === 'A' || rr.type === 'AAAA') && rr.type === type && !out.has(rr.address) ? [rr.address] : [],
  );
  return { name, type, rcode, answers: addresses, answeredBy };
}

import { createRng, wholeWeights } from '../base/index.ts';
import { type Family, familyOf, hasPorts, type Ip, type Protocol, plainName } from '../net/index.ts';
import {
  type DnsQuery,
  type Finding,
  type HttpRequest,
  type Probe,
  type RoundTrip,
  type SilentServer,
  type TraceResult,
  verdictOf,
  weigh,
} from '../trace/index.ts';
import {
  blockersOf,
  clusterIpFindings,
  crossZoneFindings,
  endedFindings,
  endpointFindings,
  farEndpointFindings,
  findingsOf,
  loadBalancerFindings,
  localEndpointFindings,
  lookupFindings,
  tromboneFindings,
} from '../verify/index.ts';
import type { ChoicePolicy, DataPlane, World } from '../world/index.ts';
import { showUrl } from './behind-rules.ts';
import { parseEnd, type UrlParts } from './end.ts';
import { notSent } from './not-sent.ts';
import { orderOf } from './order-of-addresses.ts';
import type { Answer, AskProblem, Question, Resolve } from './question.ts';
import { resolveSender, resolveTarget, type Sender, type Target } from './resolve-end.ts';
import { countSharing } from './shared-by.ts';
import { withSocketAssumptions } from './socket-assumptions.ts';
import { statusAssumptions } from './status-assumptions.ts';
import { circleAmong, unknownName } from './unknown-name.ts';

export interface Ask {
  readonly world: World;
  readonly plane: DataPlane;
  readonly resolve: Resolve;
}

const ALL: ChoicePolicy = { kind: 'all' };

/** A question in the user's words, walked on a data plane: the whole TraceResult, or what is wrong with the question. */
export async function ask({ world, plane, resolve }: Ask, question: Question): Promise<Answer> {
  const ends = readEnds(world, question);
  if (!ends.ok) return ends;
  const { sender, target, protocol } = ends;
  const lookup = lookUp(world, resolve, question, sender, target);
  const addresses = chosen(lookup.addresses, question.choice ?? ALL);
  const [address] = addresses;
  const unknowns = [...lookup.unknowns];
  const walk = async (probe: Probe): Promise<readonly RoundTrip[]> =>
    countSharing(
      plane,
      world,
      probe,
      await plane.walk(world, probe, { choice: question.choice ?? ALL, detail: 'full' }),
    );
  const trips: RoundTrip[] = address === undefined ? [notSent(sender, target, protocol, lookup)] : [];
  for (const each of addresses) {
    const walked = await walk(probeFor(question, sender, target, each, protocol));
    trips.push(...walked.map((trip) => weigh(trip, trip.probability / addresses.length)));
  }
  return {
    ok: true,
    result: assembleResult({
      world,
      question,
      sender,
      target,
      protocol,
      address,
      queries: lookup.queries,
      lookupFindings: lookupFindings(lookup.queries, lookup.silent, lookup.waited ?? 0),
      trips: settled(trips),
      unknowns,
      notes: lookup.notes,
      allWays: plane.name === 'sim' && (question.choice ?? ALL).kind === 'all',
    }),
  };
}

type Ends =
  | { readonly ok: true; readonly sender: Sender; readonly target: Target; readonly protocol: Protocol }
  | { readonly ok: false; readonly problems: readonly AskProblem[] };

/** Both ends are read before anything is reported, so one run names every mistake. */
export function readEnds(world: World, question: Question): Ends {
  const problems: AskProblem[] = [];
  const protocol = question.protocol ?? 'tcp';
  const report = (problem: AskProblem): undefined => {
    problems.push(problem);
    return undefined;
  };
  const read = (text: string): (ReturnType<typeof parseEnd> & { ok: true }) | undefined => {
    const parsed = parseEnd(text);
    return parsed.ok ? parsed : report(parsed);
  };
  const from = read(question.from);
  const to = read(question.to);
  const sender = from === undefined ? undefined : resolveSender(world, from.end, to?.end);
  const target =
    to === undefined ? undefined : resolveTarget(world, to.end, protocol, sender?.ok ? sender.value : undefined);
  if (sender?.ok === false) report(sender.problem);
  if (target?.ok === false) report(target.problem);
  if (sender?.ok !== true || target?.ok !== true) return { ok: false, problems };
  return { ok: true, sender: sender.value, target: target.value, protocol };
}

interface Lookup {
  /** Any of them may be the one a program takes. */
  readonly addresses: readonly Ip[];
  readonly queries: readonly DnsQuery[];
  readonly unknowns: readonly string[];
  readonly silent: readonly SilentServer[];
  readonly circle?: readonly string[] | undefined;
  /** Seconds spent on servers that said nothing. */
  readonly waited?: number;
  readonly notes: readonly string[];
  readonly inCluster?: readonly Ip[];
}

function lookUp(world: World, resolve: Resolve, question: Question, sender: Sender, target: Target): Lookup {
  const none: Lookup = {
    addresses: target.address === undefined ? [] : [target.address],
    queries: [],
    unknowns: [],
    silent: [],
    notes: [],
  };
  const unsureOf = sender.absent?.unsure ?? target.absent?.unsure;
  if (unsureOf !== undefined) return { ...none, addresses: [], unknowns: [unsureOf] };
  if (sender.absent !== undefined) return { ...none, addresses: [] };
  if (target.unknown !== undefined) return { ...none, unknowns: [target.unknown] };
  if (target.dnsName === undefined) return none;
  // By the name of a load balancer in front of it, a Service is a name like any other.
  const isService = target.kind === 'svc' && target.url === undefined && target.dnsName.endsWith('.svc');
  if (question.dns === false && target.address !== undefined) return none;
  if (isService && target.address !== undefined && question.dns !== true && !asksClusterDns(world, sender)) {
    const why = asksUnlisted(world, sender)
      ? "the cluster's name server is not in the input"
      : 'the sender does not use the cluster DNS';
    return { ...none, notes: [`${why}: the ClusterIP is used as it is`] };
  }
  const name = isService ? `${target.dnsName}.${world.fabric.dns.clusterDomain}` : target.dnsName;
  const resolved = resolve(world, sender.netns, name, sender);
  const { queries, addresses, silent } = resolved;
  const unsure = unknownName(world, sender, name, resolved);
  if (unsure !== undefined) {
    const said = queries.filter((query) => query.name !== unsure.name);
    const unknowns = [...resolved.unknowns, unsure.what];
    return { addresses: [], queries: said, unknowns, silent, notes: [] };
  }
  const inCluster = addresses.length === 0 ? clusterAddresses(world, name, queries) : [];
  return {
    addresses: resolved.first,
    queries,
    unknowns: resolved.unknowns,
    silent,
    circle: circleAmong(world, resolved),
    waited: resolved.waited,
    notes: orderOf(target.dnsName, resolved),
    inCluster,
  };
}

/** What the cluster's zone has for a name, where no name server of the cluster was asked. */
function clusterAddresses(world: World, name: string, queries: readonly DnsQuery[]): readonly Ip[] {
  if (queries.some(({ answeredBy }) => answeredBy === 'coredns')) return [];
  const asked = plainName(name);
  return world.fabric.dns.cluster.flatMap((record) =>
    record.name === asked && (record.type === 'A' || record.type === 'AAAA') ? record.addresses : [],
  );
}

/** What is drawn here has nothing to do with what the walk draws of the same seed. */
const OTHER_DRAWS = 0x5bd1_e995;

/**
 * A program takes the first address of an answer, and CoreDNS turns the order with every answer (plugin loadbalance, which the
 * Corefile of EKS has): each is as likely.
 */
function chosen(addresses: readonly Ip[], choice: ChoicePolicy): readonly Ip[] {
  if (choice.kind === 'all' || addresses.length < 2) return addresses;
  const at = choice.kind === 'seed' ? createRng(choice.seed ^ OTHER_DRAWS).int(0, addresses.length - 1) : 0;
  return addresses.slice(at, at + 1);
}

/** Of all ways, over every address. */
function settled(trips: readonly RoundTrip[]): readonly RoundTrip[] {
  const weights = wholeWeights(trips.map(({ probability }) => probability));
  return trips.map((trip, i) => weigh(trip, weights[i] ?? trip.probability));
}

/** The sender's resolver is kube-dns, and the input has a kube-dns to ask. */
const asksClusterDns = (world: World, sender: Sender): boolean =>
  nameServers(world, sender).some((server) =>
    world.directory.services.some((service) => (service.clusterIPs as readonly string[]).includes(server)),
  );

const asksUnlisted = (world: World, sender: Sender): boolean =>
  nameServers(world, sender).some((server) => (world.fabric.dns.clusterDns as readonly string[]).includes(server));

const nameServers = (world: World, { netns, resolvConf }: Sender): readonly string[] =>
  (resolvConf ?? world.netns.get(netns)?.resolvConf)?.nameservers ?? [];

/** A ping is asked for, whichever family's name it is given. */
function ofFamily(protocol: Protocol, family: Family): Protocol {
  if (protocol !== 'icmp' && protocol !== 'ipv6-icmp') return protocol;
  return family === 6 ? 'ipv6-icmp' : 'icmp';
}

export function probeFor(question: Question, sender: Sender, target: Target, address: Ip, protocol: Protocol): Probe {
  const ported = hasPorts(protocol);
  return {
    from: sender.netns,
    dst: address,
    protocol: ofFamily(protocol, familyOf(address)),
    ...(ported ? { dport: target.port ?? 80 } : {}),
    ...(ported && question.fromPort !== undefined ? { sport: question.fromPort } : {}),
    ...(sender.ofFabric === true && sender.address !== undefined ? { src: sender.address } : {}),
    ...(question.size === undefined ? {} : { size: question.size }),
    ...(question.df === undefined ? {} : { df: question.df }),
    ...(question.ttl === undefined ? {} : { ttl: question.ttl }),
    ...(protocol === 'tcp' ? requestOf(question, target, address) : {}),
  };
}

function urlAsked(question: Question, target: Target, address: Ip | undefined, protocol: Protocol): { url?: string } {
  const { http } = protocol === 'tcp' ? requestOf(question, target, address) : {};
  return http === undefined ? {} : { url: showUrl(http, target.port ?? 80) };
}

/** What is asked over the connection: what a URL says, or where headers are given the root of whoever is called. */
function requestOf({ headers }: Question, target: Target, address: Ip | undefined): { readonly http?: HttpRequest } {
  const { url, dnsName = address } = target;
  const asked = url ?? (headers === undefined || dnsName === undefined ? undefined : rootOf(dnsName));
  const carried = [...(headers ?? []), ...(target.headers ?? [])];
  return asked === undefined ? {} : { http: { ...asked, method: 'GET', headers: carried } };
}

const rootOf = (host: string): UrlParts => ({ scheme: 'http', host, path: '/', query: '' });

export interface Parts {
  readonly world: World;
  readonly question: Question;
  readonly sender: Sender;
  readonly target: Target;
  readonly protocol: Protocol;
  readonly address: Ip | undefined;
  readonly queries: readonly DnsQuery[];
  readonly lookupFindings?: readonly Finding[];
  readonly trips: readonly RoundTrip[];
  readonly unknowns: readonly string[];
  readonly notes: readonly string[];
  /** Seconds on the clock; 0 for a single walk. */
  readonly at?: number;
  /** The trips are every way there is, with its odds: one way drawn, or gone by a kernel, is no share of anything. */
  readonly allWays?: boolean;
}

/** A TraceResult from its parts: verdict, blockers and findings follow from the round trips. */
export function assembleResult(parts: Parts): TraceResult {
  const { world, question, sender, target, protocol, address, queries } = parts;
  const ofStatus = statusAssumptions(world.directory, sender);
  const trips = parts.trips.map((trip) => ofStatus(withSocketAssumptions(world.directory, trip)));
  const ported = hasPorts(protocol);
  const unique = (texts: readonly string[]): string[] => [...new Set(texts)];
  return {
    apiVersion: 'packetwalk.dev/v1',
    kind: 'TraceResult',
    query: {
      from: {
        kind: sender.kind,
        name: sender.name,
        address: speaking(sender, address) ?? null,
        port: question.fromPort ?? null,
      },
      to: {
        kind: target.kind,
        name: target.name,
        address: address ?? null,
        port: ported ? (target.port ?? null) : null,
        ...urlAsked(question, target, address, protocol),
      },
      protocol: String(protocol),
      at: `${parts.at ?? 0}s`,
      resolved: queries,
    },
    verdict: verdictOf(trips.map((trip) => trip.disposition)),
    roundTrips: trips,
    blockers: blockersOf(trips, world.directory),
    findings: [
      ...(address === undefined
        ? []
        : clusterIpFindings(world, probeFor(question, sender, target, address, protocol), trips)),
      ...(address === undefined
        ? []
        : [...endpointFindings(world.directory, address, trips), ...endedFindings(world.directory, address, trips)]),
      ...(parts.lookupFindings ?? []),
      ...localEndpointFindings(world.directory, trips),
      ...loadBalancerFindings(trips),
      ...findingsOf(trips),
      ...(parts.allWays === true ? shareFindings(world, address, trips) : []),
    ],
    assumptions: unique([
      ...target.notes,
      ...(sender.notes ?? []),
      ...parts.notes,
      ...world.assumptions,
      ...trips.flatMap((trip) => trip.assumptions),
    ]),
    unknowns: unique([...parts.unknowns, ...trips.flatMap((trip) => trip.unknowns)]),
  };
}

/** The sender's address of the family it speaks. */
function speaking({ address, addresses = [] }: Sender, to: Ip | undefined): Ip | undefined {
  if (to === undefined || address === undefined || familyOf(address) === familyOf(to)) return address;
  return addresses.find((each) => familyOf(each) === familyOf(to)) ?? address;
}

/** What is told of all ways together. */
const shareFindings = (world: World, address: Ip | undefined, trips: readonly RoundTrip[]): readonly Finding[] => [
  ...crossZoneFindings(world, trips),
  ...(address === undefined ? [] : farEndpointFindings(world, address, trips)),
  ...tromboneFindings(world, trips),
];

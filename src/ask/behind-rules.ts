import { fewOf } from '../base/index.ts';
import {
  answerUpstream,
  type Dns,
  groupCalled,
  type Listener,
  type ListenerRequest,
  type ListenerRule,
  type LoadBalancer,
  requestFor,
  showRuleMet,
} from '../fabric/index.ts';
import type { Ip, Protocol } from '../net/index.ts';
import { dnsOf, type World } from '../world/index.ts';
import type { UrlParts } from './end.ts';
import { found, missing, type Resolved } from './resolved.ts';
import type { Sender, Target } from './target.ts';

/** Who asks for a Service from outside, and how it is called in an answer. */
interface Outside {
  readonly world: World;
  readonly label: string;
  readonly protocol: Protocol;
  readonly sender: Sender;
}

/** A rule that sends to a Service, with the part of the requests that meet it. */
interface Way {
  readonly loadBalancer: LoadBalancer;
  readonly listener: Listener;
  readonly rule: ListenerRule;
  readonly share: string;
}

/**
 * A Service that has no load balancer of its own, by the rules of others that lead to it (those of its Ingresses): the first that
 * a request from here can meet is asked, the others are named. Undefined where no rule leads there.
 */
export function behindRules(
  outside: Outside,
  service: { readonly name: string; readonly port: number | undefined },
): Resolved<Target> | undefined {
  const ways = waysTo(outside, service);
  if (ways.length === 0) return inUnknownGroups(outside, service.name);
  for (const way of ways.slice(0, MAX_ASKED)) {
    const target = targetOf(outside, way);
    if (target === undefined) continue;
    const others = ways.filter((each) => each !== way).map(showWay);
    const more =
      others.length === 0
        ? []
        : [`also leads to ${outside.label}, and is not asked: ${fewOf(others, MAX_LISTED, '; ')}`];
    return found({ ...target, notes: [...target.notes, ...more] });
  }
  return missing(
    `No GET of ${outside.sender.name} is found that leads to ${outside.label}, behind ${fewOf(ways.map(showWay), MAX_LISTED, '; ')}`,
    'another rule takes it first, or wants what a GET has not: ask a URL, http://HOST/PATH',
  );
}

/** A Service by the load balancer of its own: one that reads what is asked is asked something, since a connection to it tells of no pod. */
export function throughOwn(outside: Outside, loadBalancer: LoadBalancer, port: number | undefined): Target {
  const { label } = outside;
  const through = `seen from outside the cluster, ${label} is its load balancer ${loadBalancer.id}`;
  const target = { kind: 'svc', name: label, address: undefined, dnsName: loadBalancer.dnsName, port };
  const asked = firstAsked(outside, loadBalancer, port);
  if (asked === undefined) return { ...target, notes: [through] };
  const { url, headers, dnsName } = asked;
  return { ...target, dnsName, url, headers, notes: [`${through}: ${showUrl(url, port)} is asked`] };
}

/** Of a load balancer by its name, what is asked of one that reads it: what meets the first of its rules that a request from here can. */
export function askedOfItself(
  outside: Outside,
  loadBalancer: LoadBalancer,
  port: number | undefined,
): Pick<Target, 'url' | 'headers' | 'notes'> {
  const asked = firstAsked(outside, loadBalancer, port);
  if (asked === undefined) return { notes: [] };
  const { url, headers, rule } = asked;
  const met = rule.priority === 'default' ? '' : `, which meets ${showRuleMet(rule)}`;
  const note = `${outside.label} reads what is asked: ${showUrl(url, port)} is asked${withHeaders(headers)}${met}`;
  return { url, headers, notes: [note] };
}

function firstAsked(
  outside: Outside,
  loadBalancer: LoadBalancer,
  port: number | undefined,
): (AskedUrl & Pick<Way, 'rule'>) | undefined {
  const listener = loadBalancer.listeners.find((each) => each.port === port && carries(each, outside.protocol));
  for (const rule of listener?.rules.slice(0, MAX_ASKED) ?? []) {
    const asked = listener && requestTo(outside, { loadBalancer, listener, rule });
    if (asked !== undefined) return { ...asked, rule };
  }
  return undefined;
}

/** Of more rules that lead to one Service the later are named alone: what it takes to meet one is found by trying. */
const MAX_ASKED = 20;

/** A target group without a described load balancer: somebody may reach the Service by it, nobody here can say how. */
function inUnknownGroups({ world, label, sender }: Outside, name: string): Resolved<Target> | undefined {
  const registered = registrations(world, name).map(({ targetGroup, by }) => `${targetGroup} by ${by}`);
  if (registered.length === 0) return undefined;
  return missing(
    `How ${sender.name} reaches ${label} is not known: it is registered in target group ${fewOf(registered, MAX_LISTED, '; ')}, and no load balancer of the input has that`,
    'describe the load balancer, its listeners and this target group: kind LoadBalancer',
  );
}

const registrations = ({ directory }: World, name: string) =>
  directory.services.find((each) => `${each.namespace}/${each.name}` === name)?.registeredIn ?? [];

/** In the order of the rules; from the internet the load balancers it can call come first. */
function waysTo(
  { world, protocol, sender }: Outside,
  { name, port }: { readonly name: string; readonly port: number | undefined },
): readonly Way[] {
  const { fabric } = world;
  const groups = new Set([
    // A rule may name a target group that is not described, by its ARN or its name.
    ...registrations(world, name).flatMap(({ targetGroup }) => [targetGroup, groupCalled(targetGroup)]),
    ...fabric.targetGroups.flatMap(({ id, serviceRef }) =>
      serviceRef?.name === name && (port === undefined || serviceRef.port === port) ? [id] : [],
    ),
  ]);
  const callable = ({ scheme }: LoadBalancer): boolean => sender.kind !== 'internet' || scheme === 'internet-facing';
  const ordered = [true, false].flatMap((first) => fabric.loadBalancers.filter((each) => callable(each) === first));
  return ordered.flatMap((loadBalancer) =>
    loadBalancer.listeners
      .filter((listener) => carries(listener, protocol))
      .flatMap((listener) =>
        listener.rules.flatMap((rule): readonly Way[] => {
          const share = shareOf(rule, groups);
          return share === undefined ? [] : [{ loadBalancer, listener, rule, share }];
        }),
      ),
  );
}

function carries({ protocol }: Listener, asked: Protocol): boolean {
  if (asked === 'udp') return protocol === 'UDP' || protocol === 'TCP_UDP';
  return asked === 'tcp' ? protocol !== 'UDP' : asked === 'icmp' || asked === 'ipv6-icmp';
}

/** Undefined where none of what meets the rule goes to one of these groups; empty where all of it does. */
function shareOf({ action }: ListenerRule, groups: ReadonlySet<string>): string | undefined {
  const shares = action.kind === 'forward' || action.kind === 'unmodelled' ? (action.targetGroups ?? []) : [];
  const sum = (of: typeof shares): number => of.reduce((total, { weight }) => total + weight, 0);
  const own = sum(shares.filter(({ id }) => groups.has(id)));
  const all = sum(shares);
  if (own === 0) return undefined;
  return own === all ? '' : `, which sends ${own} of ${all} there`;
}

function targetOf(outside: Outside, way: Way): Target | undefined {
  const { label, protocol } = outside;
  const { loadBalancer, listener, rule, share } = way;
  const target = {
    kind: 'svc',
    name: label,
    address: undefined,
    dnsName: loadBalancer.dnsName,
    port: protocol === 'tcp' || protocol === 'udp' ? listener.port : undefined,
  };
  const through = `seen from outside the cluster, ${label} is behind ${showFront(loadBalancer)}`;
  if (schemeOf(listener) === undefined || protocol !== 'tcp') return { ...target, notes: [`${through}${share}`] };
  const asked = requestTo(outside, way);
  if (asked === undefined) return undefined;
  const { url, headers, dnsName } = asked;
  const called =
    dnsName === url.host
      ? ''
      : `; no DNS name ${url.host} leads to it here, so it is called by its own name with that Host`;
  return {
    ...target,
    dnsName,
    url,
    headers,
    notes: [
      `${through}: ${showUrl(url, listener.port)} is asked${withHeaders(headers)}, which meets ${showRuleMet(rule)}${share}${called}`,
    ],
  };
}

const schemeOf = ({ protocol }: Listener): 'http' | 'https' | undefined =>
  protocol === 'HTTP' ? 'http' : protocol === 'HTTPS' ? 'https' : undefined;

interface AskedUrl {
  readonly url: UrlParts;
  readonly headers: ListenerRequest['headers'];
  /** Its host, where that leads to the load balancer; else the load balancer's own. */
  readonly dnsName: string;
}

/** What meets a rule of a listener that reads requests; undefined of any other listener, and where no such request is found. */
function requestTo(
  { world, protocol, sender }: Outside,
  { loadBalancer, listener, rule }: Omit<Way, 'share'>,
): AskedUrl | undefined {
  const scheme = schemeOf(listener);
  const peer = sender.address;
  if (scheme === undefined || protocol !== 'tcp' || peer === undefined) return undefined;
  const names = [...namesOf(dnsOf(world, sender.netns), loadBalancer), loadBalancer.dnsName];
  const request = requestFor(listener, rule, peer, names);
  if (request === undefined) return undefined;
  const { host, path, query, headers } = request;
  return { url: { scheme, host, path, query }, headers, dnsName: names.includes(host) ? host : loadBalancer.dnsName };
}

/** Names whose addresses are the load balancer's: aliases of it, CNAMEs. */
function namesOf(dns: Dns, { dnsName }: LoadBalancer): readonly string[] {
  const addresses = (name: string): readonly Ip[] =>
    (['A', 'AAAA'] as const).flatMap((type) =>
      answerUpstream(dns, { name, type }).answers.flatMap((rr) => ('address' in rr ? [rr.address] : [])),
    );
  const own = new Set(addresses(dnsName));
  const names = new Set(dns.upstream.map(({ name }) => name));
  return [...names].filter((name) => {
    if (name === dnsName || name.endsWith(`.${dnsName}`)) return false;
    const led = addresses(name);
    return led.length > 0 && led.every((address) => own.has(address));
  });
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

export function showUrl({ scheme, host, path, query }: UrlParts, port: number | undefined): string {
  const at = port === undefined || port === DEFAULT_PORTS[scheme] ? '' : `:${port}`;
  return `${scheme}://${host}${at}${path}${query === '' ? '' : `?${query}`}`;
}

const withHeaders = (headers: ListenerRequest['headers']): string =>
  headers.length === 0 ? '' : ` with ${headers.map(({ name, value }) => `${name}: ${value}`).join(', ')}`;

function showFront({ id, type, madeFor }: LoadBalancer): string {
  if (madeFor.length === 0) return `load balancer ${id}`;
  const kind = type === 'application' ? 'Ingress' : 'the load balancer of Service';
  return `${kind} ${madeFor.join(', ')}`;
}

const showWay = ({ loadBalancer, listener, rule }: Way): string =>
  `${showRuleMet(rule)} of ${listener.protocol}:${listener.port} of ${loadBalancer.id}`;

const MAX_LISTED = 4;

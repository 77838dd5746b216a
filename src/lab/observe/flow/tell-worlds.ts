import {
  type Netns,
  type Origin,
  parseTable,
  placeOfEntry,
  printNftRule,
  printRule,
  type Route,
  ruleLine,
  showRoute,
  type TableName,
} from '../../../linux/index.ts';
import { cidrContains } from '../../../net/index.ts';
import type { Evidence, Headers, Step } from '../../../trace/index.ts';
import type { KernelConn, KernelTuple } from '../netlink/conntrack-events.ts';
import type { Stay } from '../stays.ts';
import { causeOfDrop } from './drop-cause.ts';

type RuleStep = Extract<Step, { kind: 'rule' }>;
type NatStep = Extract<Step, { kind: 'nat' }>;
type RouteStep = Extract<Step, { kind: 'route' }>;
type DeliverStep = Extract<Step, { kind: 'deliver' }>;

/**
 * The steps of a stay in a namespace of the World: what the kernel told, with the line of the artefact it is about and who
 * wrote that line, where the World has the very line the kernel holds.
 */
export function tellWorlds(stay: Stay, steps: readonly Step[], netns: Netns, conns: readonly KernelConn[]): Step[] {
  const told: Step[] = [];
  for (const step of steps) told.push(tell(step, stay, netns, conns, told));
  return told;
}

function tell(step: Step, stay: Stay, netns: Netns, conns: readonly KernelConn[], told: readonly Step[]): Step {
  switch (step.kind) {
    case 'rule':
      return tellRule(step, netns);
    case 'nat':
      return tellNat(step, told, stay.at.name);
    case 'route':
      return tellRoute(step, netns, stay.at.name);
    case 'conntrack':
      return { ...step, because: connectionOf(step.before, conns, stay.at.nsid) ?? SEEN[step.state] ?? '' };
    case 'deliver':
      return tellDelivery(step, netns);
    case 'drop': {
      const route = told.findLast((each) => each.kind === 'route');
      const cause = step.cause ?? causeOfDrop(stay, step, route && routeOf(route, netns)?.route, netns);
      return { ...step, because: deathOf(step.because, step.after), ...(cause === undefined ? {} : { cause }) };
    }
    default:
      return step;
  }
}

function tellRule(step: RuleStep, netns: Netns): Step {
  const { evidence, verdict, before } = step;
  const { text } = evidence;
  const target = / -[jg] (.+)$/.exec(text)?.[1] ?? text;
  const because = /--comment (?:"((?:\\.|[^"])*)"|(\S+))/.exec(text);
  const action =
    verdict === 'jump' || verdict === 'goto' ? `${verdict === 'goto' ? 'go' : 'jump'} to ${target}` : target;
  const known = step.table.includes(' ') ? nftLine(step, netns) : iptablesLine(step, netns, before.family);
  return {
    ...step,
    action: target === 'ACCEPT' || target === 'DROP' || target === 'RETURN' ? target.toLowerCase() : action,
    because: because?.[1] ?? because?.[2] ?? '',
    evidence: known === undefined ? evidence : withOrigin(evidence, known.line, known.origin),
  };
}

interface KnownLine {
  readonly line: number | undefined;
  readonly origin: Origin | undefined;
}

/** A rule of the World that reads as the kernel's does, at the same place. */
function iptablesLine({ table, chain, evidence }: RuleStep, netns: Netns, family: 4 | 6): KnownLine | undefined {
  const index = evidence.artefact.rule?.index ?? 0;
  const ruleset = family === 4 ? netns.iptables.ip : netns.iptables.ip6;
  const name = table as TableName; // the kernel's word for it
  const rule = ruleset.get(name)?.chains.get(chain)?.rules[index - 1];
  if (rule === undefined || printRule(chain, rule) !== evidence.text) return undefined;
  return { line: rule.line ?? ruleLine(ruleset, name, chain, index - 1), origin: rule.origin };
}

function nftLine({ table, chain, evidence }: RuleStep, netns: Netns): KnownLine | undefined {
  const index = evidence.artefact.rule?.index ?? 0;
  const found = netns.nft.find(({ family, name }) => `${family} ${name}` === table);
  const rule = found?.chains.find(({ name }) => name === chain)?.rules[index - 1];
  if (found === undefined || rule === undefined || printNftRule(rule, found.family) !== evidence.text) return undefined;
  return { line: undefined, origin: rule.origin };
}

const withOrigin = (evidence: Evidence, line: number | undefined, origin: Origin | undefined): Evidence => ({
  ...evidence,
  artefact: { ...evidence.artefact, ...(line === undefined ? {} : { line }) },
  ...(origin === undefined ? {} : { by: origin.by }),
  ...(origin?.because === undefined ? {} : { setting: origin.because }),
});

const TRANSLATES = / -j (?:DNAT|SNAT|MASQUERADE|REDIRECT|NETMAP)\b/;

/** A first packet's translation is the work of the last rule that translates; every other one undoes or repeats it. */
function tellNat(step: NatStep, told: readonly Step[], folder: string): Step {
  if (step.reply) {
    const evidence: Evidence = { ...step.evidence, artefact: { file: `${folder}/conntrack` } };
    return { ...step, evidence, because: 'undoes for the answer what was done to the request' };
  }
  const rule = told.findLast((each) => each.kind === 'rule' && each.table === 'nat');
  return rule === undefined || !TRANSLATES.test(rule.evidence.text) ? step : { ...step, evidence: rule.evidence };
}

/** The route of that table the World has for it. */
function routeOf(step: RouteStep, netns: Netns): { readonly route: Route; readonly index: number } | undefined {
  const { before, dev, via, table } = step;
  const fits = ({ family, dst, gateway, ...route }: Route): boolean =>
    family === before.family &&
    route.table === parseTable(table) &&
    cidrContains(dst, before.dst) &&
    ((route.dev === dev && gateway === via) ||
      (route.nexthops ?? []).some((hop) => hop.dev === dev && hop.gateway === via));
  const [best] = netns.routes
    .map((route, index) => ({ route, index }))
    .filter(({ route }) => fits(route))
    .sort((a, b) => b.route.dst.prefix - a.route.dst.prefix);
  return best;
}

function tellRoute(step: RouteStep, netns: Netns, folder: string): Step {
  const best = routeOf(step, netns);
  if (best === undefined) return step;
  const { origin, written } = best.route;
  const evidence: Evidence = {
    plane: 'kernel',
    artefact: placeOfEntry(folder, 'ip-route.json', best.index, written),
    text: showRoute(best.route),
  };
  return { ...step, evidence: withOrigin(evidence, undefined, origin) };
}

const SEEN: Readonly<Record<string, string>> = {
  new: 'no connection has these addresses and ports yet',
  established: 'belongs to a connection already seen',
  related: 'quotes a packet of a known connection',
};

/** Both tuples of the connection this packet made, as the kernel confirmed it. */
function connectionOf(
  { src, dst, sport, dport, icmp }: Headers,
  conns: readonly KernelConn[],
  nsid: number,
): string | undefined {
  const found = conns.find(
    (each) =>
      each.nsid === nsid &&
      each.original.src === src &&
      each.original.dst === dst &&
      (icmp === undefined
        ? each.original.sport === sport && each.original.dport === dport
        : each.original.icmp?.id === icmp.id),
  );
  return found === undefined ? undefined : `${tuple(found.original)}, answers ${tuple(found.reply)}`;
}

const tuple = ({ src, dst, sport, dport, icmp }: KernelTuple): string =>
  icmp === undefined ? `${end(src, sport)} → ${end(dst, dport)}` : `${src} → ${dst} id ${icmp.id}`;
const end = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** Which socket it was: a listener for what opens a connection, else one that asked. */
function tellDelivery(step: DeliverStep, { sockets }: Netns): Step {
  const { protocol, dport, dst, tcpFlags } = step.after;
  const opens = protocol !== 'tcp' || (tcpFlags?.includes('SYN') === true && !tcpFlags.includes('ACK'));
  const bound = sockets.filter((each) => each.protocol === protocol && each.port === dport);
  const found = bound.find(({ local }) => local === dst) ?? bound[0];
  if (found !== undefined && opens) {
    const socket = `${found.process === '' ? 'a socket' : found.process} on ${found.local}:${found.port}`;
    return { ...step, socket, action: `to ${socket}` };
  }
  const to = protocol === 'icmp' || protocol === 'ipv6-icmp' ? 'ICMP' : 'the connection';
  return { ...step, socket: to, action: to === 'ICMP' ? 'to this host' : `to ${to}` };
}

/** What a drop reason means (include/net/dropreason-core.h). */
const DEATHS: Readonly<Record<string, string>> = {
  IP_INNOROUTES: 'no route',
  IP_RPFILTER: 'the way back leads elsewhere (rp_filter)',
  IP_INHDR: 'its TTL ran out',
  IP_INADDRERRORS: 'this host does not forward',
  IP_LOCALNET: 'a loopback address on the wire',
  PKT_TOO_BIG: 'it does not fit the next link',
  OTHERHOST: 'its frame is for another host',
  NEIGH_FAILED: 'nobody answers for its next hop',
  TCP_FLAGS: 'a listener takes only a SYN',
  silence: 'never seen again',
};

export function deathOf(reason: string, { protocol, dport }: Headers): string {
  if (reason === 'NO_SOCKET' && dport !== undefined) return `nothing listens on ${protocol} ${dport} (NO_SOCKET)`;
  const known = DEATHS[reason];
  return known === undefined ? reason : reason === 'silence' ? known : `${known} (${reason})`;
}

import { didYouMean, GROUNDS, type Issue, LazyMap, type Parsed, type SourceRef } from '../base/index.ts';
import {
  type ConntrackEntry,
  type IpRule,
  type ListenSocket,
  type Netns,
  type NetnsId,
  type Origin,
  parseConntrack,
  parseIpRouteText,
  parseIpRuleText,
  parseSockets,
  parseSysctl,
  type Route,
  showConntrack,
  showRoute,
  showRule,
  showSocket,
  sysctlsLike,
  writeSysctl,
} from '../linux/index.ts';
import type { World } from '../world/index.ts';
import { findNetns } from './find-netns.ts';
import { patchIptables } from './patch-iptables.ts';
import { type LineForm, noMatch, patchList } from './patch-list.ts';

/** A change made by hand on one node: lines of an artefact's text form that go and that come. */
export interface Patch {
  readonly name: string;
  readonly node: string;
  readonly artefact: string;
  readonly remove: readonly string[];
  readonly add: readonly string[];
  readonly enabled: boolean;
  readonly source: SourceRef;
}

const ARTEFACTS = ['iptables-save', 'ip6tables-save', 'ip-rule', 'ip-route', 'sysctl', 'ss', 'conntrack'] as const;

/**
 * A World with the enabled patches applied, in order. Only namespaces a patch names are compiled. What a patch adds has
 * the origin `NodePatch NAME`; a line it removes and does not find is an issue.
 */
export function applyPatches(world: World, patches: readonly Patch[]): Parsed<World> {
  const issues: Issue[] = [];
  const patched = new Map<NetnsId, Netns>();
  for (const patch of patches) {
    if (!patch.enabled) continue;
    const unknown = unknownArtefact(patch);
    if (unknown !== undefined) issues.push(unknown);
    const id = findNetns(world, patch.node, patch.source, issues);
    const netns = id === undefined ? undefined : (patched.get(id) ?? world.netns.get(id));
    if (id !== undefined && netns !== undefined) patched.set(id, applyPatch(netns, patch, issues));
  }
  if (patched.size === 0) return { value: world, issues };
  return { value: { ...world, netns: new LazyMap(world.netns, (old, id) => patched.get(id) ?? old) }, issues };
}

function applyPatch(netns: Netns, patch: Patch, issues: Issue[]): Netns {
  const origin: Origin = { by: `NodePatch ${patch.name}`, at: patch.source };
  const artefact = patch.artefact.replace(/\.json$/, '');
  const { iptables } = netns;
  switch (ARTEFACTS.find((known) => known === artefact)) {
    case 'iptables-save':
      return { ...netns, iptables: { ...iptables, ip: patchIptables(iptables.ip, 4, patch, origin, issues) } };
    case 'ip6tables-save':
      return { ...netns, iptables: { ...iptables, ip6: patchIptables(iptables.ip6, 6, patch, origin, issues) } };
    case 'ip-rule':
      return { ...netns, rules: patchList(netns.rules, patch, ruleForm(origin), issues) };
    case 'ip-route':
      return { ...netns, routes: patchList(netns.routes, patch, routeForm(origin), issues) };
    case 'sysctl':
      return { ...netns, sysctls: patchSysctls(netns, patch, issues) };
    case 'ss':
      return { ...netns, sockets: patchList(netns.sockets, patch, socketForm, issues) };
    case 'conntrack':
      return { ...netns, conntrack: patchList(netns.conntrack, patch, conntrackForm, issues) };
    case undefined:
      return netns;
  }
}

/** What a patch writes that nothing reads; whether its node is there does not matter. */
function unknownArtefact({ artefact: text, source: at }: Patch): Issue | undefined {
  const artefact = text.replace(/\.json$/, '');
  if (ARTEFACTS.some((known) => known === artefact)) return undefined;
  return {
    code: 'bad-patch',
    severity: 'error',
    at,
    message: `Cannot patch artefact "${text}"`,
    expected: `expected one of ${ARTEFACTS.join(', ')}`,
    ...didYouMean(artefact, ARTEFACTS),
  };
}

/** `-6` in front of a line, as `ip -6 rule` has it, says IPv6 where no address does. */
const familyLine = (line: string): { readonly text: string; readonly family: 4 | 6 } => {
  const found = /^\s*-([46])\s+(.*)$/.exec(line);
  return { text: found?.[2] ?? line, family: found?.[1] === '6' ? 6 : 4 };
};

/** A new rule goes behind those of its priority (net/core/fib_rules.c, fib_nl_newrule). */
const ruleForm = (origin: Origin): LineForm<IpRule> => ({
  parse: (line, file) => {
    const { text, family } = familyLine(line);
    return parseIpRuleText(text, file, family);
  },
  show: (rule) => `${rule.family === 6 ? '-6 ' : ''}${showRule(rule)}`,
  place: (rules, rule) => {
    const after = rules.findIndex((known) => known.family === rule.family && known.priority > rule.priority);
    const last = rules.findLastIndex((known) => known.family === rule.family);
    const at = after >= 0 ? after : last >= 0 ? last + 1 : rules.length;
    return rules.toSpliced(at, 0, { ...rule, origin });
  },
});

/** Prefix and metric of one table; where the route leads does not matter (net/ipv4/fib_trie.c, fib_table_insert; net/ipv6/ip6_fib.c, fib6_add_rt2node). */
const sameRoute = (one: Route, other: Route): boolean =>
  one.family === other.family &&
  one.table === other.table &&
  one.dst.text === other.dst.text &&
  metricOf(one) === metricOf(other);

/** What the kernel writes where nobody gives one (include/uapi/linux/ipv6_route.h, IP6_RT_PRIO_USER). */
const metricOf = ({ family, metric }: Route): number => metric ?? (family === 6 ? 1024 : 0);

const routeForm = (origin: Origin): LineForm<Route> => ({
  parse: (line, file) => {
    const { text, family } = familyLine(line);
    return parseIpRouteText(text, file, family);
  },
  show: (route) => showRoute(route),
  clash: (routes, route) => routes.find((known) => sameRoute(known, route)),
  place: (routes, route) => {
    const last = routes.findLastIndex((known) => known.family === route.family && known.table === route.table);
    return routes.toSpliced(last >= 0 ? last + 1 : routes.length, 0, { ...route, origin });
  },
});

const socketForm: LineForm<ListenSocket> = {
  parse: parseSockets,
  show: showSocket,
  place: (sockets, socket) => [...sockets, socket],
};

const conntrackForm: LineForm<ConntrackEntry> = {
  parse: parseConntrack,
  show: showConntrack,
  place: (entries, entry) => [...entries, entry],
};

/** `remove` takes `name = value`, or a bare name; `add` writes, with all the kernel changes along. */
function patchSysctls({ sysctls, links }: Netns, patch: Patch, issues: Issue[]): Netns['sysctls'] {
  const patched = new Map(sysctls);
  const devices = links.map((link) => link.ifname);
  for (const line of patch.remove) {
    const bare = !line.includes('=');
    const parsed = parseSysctl(bare ? `${line} =` : line, patch.source.file);
    for (const issue of parsed.issues) issues.push({ ...issue, at: patch.source });
    for (const [name, value] of parsed.value) {
      if (patched.has(name) && (bare || patched.get(name) === value)) patched.delete(name);
      else
        issues.push(
          noMatch(
            bare ? name : `${name} = ${value}`,
            [...patched].map(([key, known]) => (bare ? key : `${key} = ${known}`)),
            patch.source,
          ),
        );
    }
  }
  for (const line of patch.add) {
    const parsed = parseSysctl(line, patch.source.file);
    for (const issue of parsed.issues) issues.push({ ...issue, at: patch.source });
    for (const [name, value] of parsed.value) {
      const known = sysctlsLike(name, devices);
      if (known !== undefined && !patched.has(name) && !known.includes(name))
        issues.push(unknownSysctl(name, known, patch.source));
      else writeSysctl(patched, name, value);
    }
  }
  return patched;
}

/** An error where a real name is near; a name of another kernel's stays out, and is said to. */
function unknownSysctl(name: string, known: readonly string[], at: SourceRef): Issue {
  const near = didYouMean(name, known);
  return {
    code: 'bad-patch',
    severity: near.hint === undefined ? 'warning' : 'error',
    rests: GROUNDS,
    at,
    message: `No sysctl "${name}" is known: it is not written`,
    ...near,
  };
}

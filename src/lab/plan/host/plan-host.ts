import { type Netns, printIptablesSave, printNftTables, printResolvConf } from '../../../linux/index.ts';
import { hostsFile, type PodEntry, printHostsFile } from '../../../world/index.ts';
import { Lines } from '../lines.ts';
import type { NetfilterText, NetnsPlan } from '../netns-plan.ts';
import type { PlanGap } from '../types.ts';
import { classifierTable } from './classifiers.ts';
import { planConnections } from './connections.ts';
import { planAddresses, planLinks, planNeighbours } from './devices.ts';
import { planRoutes } from './routes.ts';
import { planRules } from './rules.ts';
import { planSets } from './sets.ts';
import { sharedTables, tellShared } from './shared-tables.ts';
import { planSysctls } from './sysctls.ts';

export interface HostContext {
  readonly name: string;
  /** Devices that were made as the peer of another and are still down. */
  readonly raise: readonly string[];
  /** How this namespace numbers the others: planned name -> nsid (`ip netns set`). */
  readonly netnsids: ReadonlyMap<string, number>;
  /** The pod it is, when it is one's own. */
  readonly pod: PodEntry | undefined;
  /** Pods that live in it. */
  readonly hostPods: readonly PodEntry[];
  readonly gaps: PlanGap[];
}

/** One namespace of the World, artefact by artefact; nothing of it is decided here. */
export function planHost(netns: Netns, { name, raise, netnsids, pod, hostPods, gaps }: HostContext): NetnsPlan {
  const speaks6 = netns.addresses.some((address) => address.family === 6);
  const has6 = speaks6 || netns.rules.some((rule) => rule.family === 6);
  const settings = planSysctls(netns);
  const lines4 = new Lines(netns.id, gaps);
  const lines6 = new Lines(netns.id, gaps);
  planLinks(netns, lines4);
  for (const [family, lines] of [
    [4, lines4],
    [6, lines6],
  ] as const) {
    if (family === 4 || speaks6) planAddresses(netns, family, lines);
    if (family === 4 || speaks6) planRoutes(netns, family, lines);
    if (family === 4 || has6) planRules(netns, family, lines);
    planNeighbours(netns, family, lines);
  }
  const raised = new Lines(netns.id, gaps);
  for (const dev of raise) raised.add('link', 'set', 'dev', dev, 'up');
  const numbered = new Lines(netns.id, gaps);
  for (const [other, nsid] of netnsids) numbered.add('netns', 'set', other, nsid);
  reportGaps(netns, settings.left, gaps);
  return {
    name,
    id: netns.id,
    label: netns.id,
    before: settings.before,
    numbers: numbered.lines,
    raise: raised.lines,
    ip4: lines4.lines,
    ip6: lines6.lines,
    after: settings.after,
    sets: planSets(netns, gaps),
    netfilter: netfilterTexts(netns),
    connections: planConnections(netns, gaps),
    etc: [
      ...(netns.resolvConf === undefined
        ? []
        : [{ name: 'resolv.conf', text: printResolvConf(netns.resolvConf) } as const]),
      ...(pod === undefined ? [] : [{ name: 'hosts', text: printHostsFile(hostsFile(pod)) } as const]),
      ...hostPods.flatMap((each) => filesOf(each, netns)),
    ],
    hostPods: hostPods.map(labelOf),
  };
}

/** Files of a pod of this namespace that are not its node's: a pod with one of its own finds nothing of the node's. */
function filesOf(pod: PodEntry, { resolvConf: ofNode }: Netns): NetnsPlan['etc'] {
  const { resolvConf = pod.hostAliases === undefined ? undefined : ofNode, hostAliases } = pod;
  const of = labelOf(pod);
  return [
    ...(resolvConf === undefined ? [] : [{ name: 'resolv.conf', pod: of, text: printResolvConf(resolvConf) } as const]),
    ...(hostAliases === undefined ? [] : [{ name: 'hosts', pod: of, text: printHostsFile(hostsFile(pod)) } as const]),
  ];
}

const labelOf = ({ namespace, name }: PodEntry): string => `pod/${namespace}/${name}`;

/**
 * Whole tables, as the World prints them. Of two chains with one priority the later one registered runs first
 * (net/netfilter/core.c, nf_hook_entries_grow), and the model takes that to be iptables'.
 */
function netfilterTexts(netns: Netns): readonly NetfilterText[] {
  const { iptables, bpf } = netns;
  const shared = sharedTables(netns);
  const nft = shared.length === 0 ? netns.nft : netns.nft.filter((table) => !shared.includes(table));
  const { variant: flavour, ip, ip6 } = iptables;
  const texts: NetfilterText[] = [];
  if (nft.length > 0) texts.push({ kind: 'nft', text: printNftTables(nft), observes: false });
  if (ip.size > 0) texts.push({ kind: 'iptables', family: 4, flavour, text: printIptablesSave(ip) });
  const classifiers = bpf === undefined ? undefined : classifierTable(bpf);
  if (ip6.size > 0) texts.push({ kind: 'iptables', family: 6, flavour, text: printIptablesSave(ip6) });
  if (classifiers !== undefined) texts.push({ kind: 'nft', text: classifiers, observes: true });
  return texts;
}

function reportGaps(netns: Netns, sysctls: readonly string[], gaps: PlanGap[]): void {
  const where = netns.id;
  if (sysctls.length > 0) {
    const shown = sysctls.slice(0, 3).join(', ');
    const what = sysctls.length > 3 ? `${shown} and ${sysctls.length - 3} more settings` : shown;
    gaps.push({
      where,
      what,
      because:
        'of no device here, nothing its device takes, or not known to be this namespace alone: the machine could feel it',
    });
  }
  for (const table of sharedTables(netns))
    gaps.push({ where, what: tellShared(table), because: 'iptables-restore replaces the whole table' });
  for (const { what } of netns.unmodelled) gaps.push({ where, what, because: 'no artefact holds it' });
}

import { type Issue, LazyMap, type Parsed } from '../base/index.ts';
import {
  type IpRule,
  kernelRoutes,
  LOCAL_TABLE,
  type Netns,
  type NetnsId,
  type Route,
  writeSysctl,
} from '../linux/index.ts';
import type { Family } from '../net/index.ts';
import { type NamedText, type PartialNetns, unsaidNames, unsaidTables, type World } from '../world/index.ts';
import { agreeOnMacs } from './agree-on-macs.ts';
import { findNetns } from './find-netns.ts';
import { readNodeDump } from './read-node-dump.ts';

/** What was collected from one node, by artefact file name. */
export interface NodeDump {
  readonly node: string;
  readonly files: ReadonlyMap<string, NamedText>;
}

/**
 * A World whose named nodes have the dumped artefacts instead of the compiled ones, each as a whole. No other namespace
 * is compiled for it.
 *
 * @example
 * applyDumps(world, [{ node: 'ip-10-0-0-75.ec2.internal', files }])
 */
export function applyDumps(world: World, dumps: readonly NodeDump[]): Parsed<World> {
  if (dumps.length === 0) return { value: world, issues: [] };
  const issues: Issue[] = [];
  const replace = new Map<NetnsId, (old: Netns) => Netns>();
  const read = new Map<NetnsId, PartialNetns>();
  const nodes = new Set(world.directory.nodes.map(({ netns }) => netns));
  for (const { node, files } of dumps) {
    const file = [...files.values()][0]?.path ?? node;
    const id = findNetns(world, node, { file }, issues);
    const dump = readNodeDump(node, files);
    issues.push(...dump.issues);
    if (id === undefined) continue;
    const unsaid = unsaidTables(files, dump.value, nodes.has(id));
    issues.push(...lostEnds(world, id, dump.value, files), ...unsaid.issues);
    const earlier = replace.get(id);
    replace.set(id, (old) => mergeDump(earlier === undefined ? old : earlier(old), dump.value, unsaid.unmodelled));
    read.set(id, { ...read.get(id), ...dump.value });
  }
  const assumptions = [...world.assumptions, ...[...read].flatMap(keptSettings), ...[...read].flatMap(takenVariant)];
  const laid = { ...world, assumptions, netns: new LazyMap(world.netns, (old, id) => replace.get(id)?.(old) ?? old) };
  return { value: agreeOnMacs(laid, read), issues };
}

/**
 * `ip rule` and `ip route` print one family: a family with no entry at all was not collected, and stays as it was. Where
 * the routes come without the local table, the kernel's own are added: no namespace with addresses lacks them.
 */
function mergeDump(old: Netns, dump: PartialNetns, unsaid: Netns['unmodelled']): Netns {
  const addresses = dump.addresses ?? old.addresses;
  const links = dump.links ?? old.links;
  const routes = dump.routes === undefined ? old.routes : bothFamilies(old.routes, dump.routes, 'ip-route.json');
  const local = kernelRoutes(addresses, links).filter(
    (route) =>
      route.table === LOCAL_TABLE &&
      !routes.some((known) => known.table === LOCAL_TABLE && known.family === route.family),
  );
  return {
    ...old,
    ...dump,
    routes: dump.routes === undefined ? old.routes : [...routes, ...notWritten(local, 'ip-route.json')],
    sysctls: dump.sysctls === undefined ? old.sysctls : withSettings(old.sysctls, dump.sysctls),
    rules: dump.rules === undefined ? old.rules : bothFamilies(old.rules, dump.rules, 'ip-rule.json'),
    iptables: { ...old.iptables, ...dump.iptables },
    unmodelled: [...(dump.unmodelled ?? old.unmodelled), ...unsaid],
  };
}

function keptSettings([id, { sysctls }]: readonly [NetnsId, PartialNetns]): readonly string[] {
  const names = sysctls === undefined ? [] : unsaidNames(sysctls);
  return names.length === 0 ? [] : [`the sysctl dump of ${id} does not say ${names.join(', ')}: as compiled`];
}

/** Native tables run beside those of iptables-nft; of iptables-legacy the kernel's own order is another. */
function takenVariant([id, { iptables, nft = [] }]: readonly [NetnsId, PartialNetns]): readonly string[] {
  const orders = nft.length > 0 || iptables?.ip?.has('security') === true || iptables?.ip6?.has('security') === true;
  if (iptables === undefined || iptables.variant !== undefined || !orders) return [];
  return [`the dump of ${id} does not say whether its rules are iptables-nft's or iptables-legacy's: as compiled`];
}

/** A setting the dump does not name stays as it was, save what the kernel changes along with one it does. */
function withSettings(old: Netns['sysctls'], dumped: Netns['sysctls']): Netns['sysctls'] {
  const merged = new Map(old);
  for (const [name, value] of dumped)
    if (/^net\.ipv[46]\.(?:ip_forward|conf\.all\.forwarding)$/.test(name)) writeSysctl(merged, name, value);
  for (const [name, value] of dumped) merged.set(name, value);
  return merged;
}

function bothFamilies<T extends Route | IpRule>(old: readonly T[], dumped: readonly T[], file: string): readonly T[] {
  const families = new Set<Family>(dumped.map((entry) => entry.family));
  const kept = old.filter((entry) => !families.has(entry.family));
  return [...dumped, ...notWritten(kept, file)];
}

/** Beside what was collected: in none of its lines. */
const notWritten = <T extends Route | IpRule>(entries: readonly T[], file: string): readonly T[] =>
  entries.map((entry) => ({ ...entry, written: { file } }));

/** Devices the fabric ends at which the dump's links do not have: packets for them would have nowhere to go. */
function lostEnds(world: World, id: NetnsId, dump: PartialNetns, files: NodeDump['files']): readonly Issue[] {
  const { links } = dump;
  if (links === undefined) return [];
  const names = new Set(links.map((link) => link.ifname));
  const ends = [
    ...world.fabric.enis.flatMap((eni) => (eni.attachment === null ? [] : [eni.attachment])),
    ...world.fabric.wires.flatMap(({ a, b }) => [a, b]),
  ].filter((end) => end.netns === id && !names.has(end.dev));
  const file = files.get('ip-link.json')?.path ?? id;
  return [...new Set(ends.map((end) => end.dev))].map((dev) => ({
    code: 'lost-device',
    severity: 'warning',
    at: { file },
    message: `The dump has no device "${dev}", which the cluster's description connects to something`,
    hint: `give its real name in the description, or collect \`ip -d -j link\` again`,
  }));
}

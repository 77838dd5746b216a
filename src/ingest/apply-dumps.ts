import { type Issue, LazyMap, type Parsed } from '../base/index.ts';
import type { Netns, NetnsId } from '../linux/index.ts';
import { type NamedText, type PartialNetns, unsaidNames, unsaidTables, type World } from '../world/index.ts';
import { agreeOnMacs } from './agree-on-macs.ts';
import { findNetns } from './find-netns.ts';
import { lackingTables } from './lacking-tables.ts';
import { mergeDump } from './merge-dump.ts';
import { readNodeDump } from './read-node-dump.ts';
import { strangeDevices } from './strange-devices.ts';
import { keptBeside, type Told, toldBy } from './told.ts';
import { unsureMatches } from './unsure-matches.ts';

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
  const kept: string[] = [];
  const nodes = new Set(world.directory.nodes.map(({ netns }) => netns));
  for (const { node, files } of dumps) {
    const file = [...files.values()][0]?.path ?? node;
    const id = findNetns(world, node, { file }, issues);
    const dump = readNodeDump(node, files);
    issues.push(...dump.issues);
    if (id === undefined) continue;
    const unsaid = unsaidTables(files, dump.value, nodes.has(id));
    const lacking = lackingOf(world, id, dump.value, files);
    const told = toldBy(files, dump.value, [...unsaid.unmodelled, ...lacking.unmodelled]);
    const strange = strangeDevices(world, id, dump.value, told, files);
    issues.push(
      ...lostEnds(world, id, dump.value, told, files),
      ...strange.issues,
      ...unsaid.issues,
      ...lacking.issues,
    );
    kept.push(...keptBeside(world, id, dump.value, told));
    const laid = unsureMatches(dump.value, strange.unsure);
    const earlier = replace.get(id);
    replace.set(id, (old) => mergeDump(earlier === undefined ? old : earlier(old), laid, told));
    read.set(id, { ...read.get(id), ...laid });
  }
  const assumptions = [
    ...world.assumptions,
    ...kept,
    ...[...read].flatMap(keptSettings),
    ...[...read].flatMap(takenVariant),
  ];
  const laid = { ...world, assumptions, netns: new LazyMap(world.netns, (old, id) => replace.get(id)?.(old) ?? old) };
  return { value: agreeOnMacs(laid, read), issues };
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

/** The namespace is compiled for it: of a table a text lacks only the cluster says that it should be there. */
function lackingOf(world: World, id: NetnsId, { nft, iptables }: PartialNetns, files: NodeDump['files']) {
  const file = files.get('nft-list-ruleset');
  const compiled = nft === undefined || file === undefined ? undefined : world.netns.get(id);
  if (nft === undefined || file === undefined || compiled === undefined) return NOTHING_LACKS;
  return lackingTables(compiled, nft, iptables?.variant ?? compiled.iptables.variant, file);
}

const NOTHING_LACKS = { unmodelled: [], issues: [] };

/** Devices the fabric ends at which the dump's links do not have: packets for them would have nowhere to go. */
function lostEnds(
  world: World,
  id: NetnsId,
  { links }: PartialNetns,
  told: Told,
  files: NodeDump['files'],
): readonly Issue[] {
  if (links === undefined || !told.allLinks) return [];
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

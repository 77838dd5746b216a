import {
  isRecord,
  type Netns,
  printBpfMap,
  printBpfNet,
  printConntrack,
  printIpJsonAddr,
  printIpJsonLink,
  printIpJsonNeigh,
  printIpJsonRoute,
  printIpJsonRule,
  printIpsetSave,
  printIptablesSave,
  printIpvsadmSave,
  printJsonLines,
  printLbList,
  printNftTables,
  printResolvConf,
  printSockets,
  printSysctl,
} from '../linux/index.ts';
import { folderOf } from './folder.ts';
import { printOrigins } from './origins.ts';
import type { World } from './types.ts';

export interface WorldFile {
  readonly path: string;
  readonly text: string;
}

/**
 * A World as a folder of the texts people collect from nodes, plus `world.json`, `fabric.json` and `directory.json`. One
 * entry a line, so that line numbers are evidence and diffs read well. Files that say nothing are left out, save those
 * every collection has. Made one at a time: a large World is never in memory twice.
 *
 * @example
 * for (const { path, text } of worldFiles(world)) save(path, text)
 */
export function* worldFiles(world: World): Iterable<WorldFile> {
  const header = {
    apiVersion: 'packetwalk.dev/v1alpha1',
    kind: 'World',
    name: world.name,
    assumptions: world.assumptions,
  };
  yield { path: 'world.json', text: printSections(header) };
  yield { path: 'fabric.json', text: printSections(world.fabric) };
  yield { path: 'directory.json', text: printSections(world.directory) };
  for (const netns of world.netns.values()) {
    const folder = folderOf(netns.id);
    for (const { path, text } of netnsFiles(netns)) yield { path: `${folder}/${path}`, text };
  }
}

/** The artefacts of one namespace, by file name. */
export function* netnsFiles(netns: Netns): Iterable<WorldFile> {
  yield { path: 'ip-link.json', text: printIpJsonLink(netns.links) };
  yield { path: 'ip-addr.json', text: printIpJsonAddr(netns.addresses) };
  yield { path: 'ip-route.json', text: printIpJsonRoute(netns.routes) };
  yield { path: 'ip-rule.json', text: printIpJsonRule(netns.rules) };
  yield { path: 'iptables-save', text: printIptablesSave(netns.iptables.ip) };
  if (netns.iptables.ip6.size > 0) yield { path: 'ip6tables-save', text: printIptablesSave(netns.iptables.ip6) };
  if (netns.nft.length > 0) yield { path: 'nft-list-ruleset', text: printNftTables(netns.nft) };
  if (netns.ipsets !== undefined) yield { path: 'ipset-save', text: printIpsetSave(netns.ipsets) };
  if (netns.ipvs !== undefined) yield { path: 'ipvsadm-save', text: printIpvsadmSave(netns.ipvs) };
  if (netns.lbMap !== undefined) yield { path: 'cilium-bpf-lb-list', text: printLbList(netns.lbMap) };
  if (netns.neighbours.length > 0) yield { path: 'ip-neigh.json', text: printIpJsonNeigh(netns.neighbours) };
  yield { path: 'sysctl', text: printSysctl(netns.sysctls) };
  if (netns.bpf !== undefined) {
    yield { path: 'bpf-net.json', text: printBpfNet(netns.bpf.classifiers) };
    yield { path: 'bpf-map.json', text: printBpfMap(netns.bpf.entries) };
  }
  yield { path: 'ss', text: printSockets(netns.sockets) };
  if (netns.conntrack.length > 0) yield { path: 'conntrack', text: printConntrack(netns.conntrack) };
  if (netns.resolvConf !== undefined) yield { path: 'resolv.conf', text: printResolvConf(netns.resolvConf) };
  if (netns.unmodelled.length > 0) yield { path: 'unmodelled.json', text: printJsonLines(netns.unmodelled) };
  const { variant: iptables } = netns.iptables;
  const { cgroupOf } = netns;
  if (iptables !== 'nft' || cgroupOf !== undefined)
    yield { path: 'netns.json', text: `${JSON.stringify({ iptables, ...(cgroupOf && { cgroupOf }) })}\n` };
  const origins = printOrigins(netns);
  if (origins !== undefined) yield { path: 'origins.json', text: origins };
}

/** An object with one field a line, and lists one entry a line; objects inside it likewise. */
function printSections(value: object, indent = ''): string {
  const inner = `${indent}  `;
  const fields = Object.entries(value).map(([key, field]: [string, unknown]) => {
    let text = JSON.stringify(plain(field));
    if (Array.isArray(field)) {
      const entries = (field as unknown[]).map((entry) => `${inner}  ${JSON.stringify(plain(entry))}`);
      text = entries.length === 0 ? '[]' : `[\n${entries.join(',\n')}\n${inner}]`;
    } else if (isRecord(field)) text = printSections(field, inner);
    return `${inner}${JSON.stringify(key)}: ${text}`;
  });
  return `{\n${fields.join(',\n')}\n${indent}}${indent === '' ? '\n' : ''}`;
}

/** JSON of our types: a block as its text, a Map as an object. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  if (!isRecord(value)) return value;
  if (typeof value.text === 'string' && value.first !== undefined && value.last !== undefined) return value.text;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

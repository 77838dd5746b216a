import type { Hook, Netns, NftChain, NftTable, TableName } from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';
import { coversFamily, tracksFamily } from '../conntrack/index.ts';
import type { Manip } from './types.ts';

/** What hangs on a hook, in the order the kernel runs it. */
export type Stage =
  | { readonly kind: 'iptables'; readonly table: TableName }
  | { readonly kind: 'nft'; readonly table: NftTable; readonly chain: NftChain }
  | { readonly kind: 'conntrack' }
  | { readonly kind: 'nat'; readonly manip: Manip; readonly chains: readonly NatSource[] }
  | { readonly kind: 'confirm' };

export type NatSource = Extract<Stage, { kind: 'iptables' | 'nft' }>;

export interface HookPlan {
  readonly stages: readonly Stage[];
  /** Orders that no artefact shows and that we settled. */
  readonly ties: readonly string[];
}

/** include/uapi/linux/netfilter_ipv4.h, enum nf_ip_hook_priorities. */
const PRIORITY: Readonly<Record<Exclude<TableName, 'nat'>, number>> = {
  raw: -300,
  mangle: -150,
  filter: 0,
  security: 50,
};
const CONNTRACK = -200;
const NAT_DST = -100;
const NAT_SRC = 100;
const LAST = 2 ** 31 - 1;

const plans = new WeakMap<Netns, Map<string, HookPlan>>();

export function planHook(netns: Netns, family: Family, hook: Hook): HookPlan {
  let known = plans.get(netns);
  if (known === undefined) {
    known = new Map();
    plans.set(netns, known);
  }
  const key = family === 4 ? hook : `${hook}6`;
  let plan = known.get(key);
  if (plan === undefined) {
    plan = build(netns, family, hook);
    known.set(key, plan);
  }
  return plan;
}

interface Entry {
  readonly priority: number;
  readonly stage: Stage;
}

function build(netns: Netns, family: Family, hook: Hook): HookPlan {
  const ruleset = family === 4 ? netns.iptables.ip : netns.iptables.ip6;
  const entries: Entry[] = [];
  for (const table of ['raw', 'mangle', 'filter', 'security'] as const) {
    if (ruleset.get(table)?.chains.has(hook) !== true) continue;
    entries.push({ priority: PRIORITY[table], stage: { kind: 'iptables', table } });
  }
  // Of two with one priority the later one registered runs first (net/netfilter/core.c, nf_hook_entries_grow).
  const native = [...nftEntries(netns, family, hook)].reverse();
  entries.push(...native.filter(({ stage }) => stage.kind === 'nft' && stage.chain.base?.type !== 'nat'));
  if (tracksFamily(netns, family)) entries.push(...trackingEntries(hook));
  entries.push(...natEntries(netns, family, hook, native));
  entries.sort((a, b) => a.priority - b.priority);
  return { stages: entries.map(({ stage }) => stage), ties: tiesOf(entries, hook) };
}

function* nftEntries(netns: Netns, family: Family, hook?: Hook): Generator<Entry> {
  for (const table of netns.nft) {
    if (!coversFamily(table, family)) continue;
    for (const chain of table.chains) {
      if (chain.base === undefined || (hook !== undefined && chain.base.hook !== hook)) continue;
      yield { priority: chain.base.priority, stage: { kind: 'nft', table, chain } };
    }
  }
}

/** Conntrack looks where packets start, and confirms where they leave (nf_conntrack_proto.c, ipv4_conntrack_ops). */
function trackingEntries(hook: Hook): Entry[] {
  if (hook === 'PREROUTING' || hook === 'OUTPUT') return [{ priority: CONNTRACK, stage: { kind: 'conntrack' } }];
  return hook === 'FORWARD' ? [] : [{ priority: LAST, stage: { kind: 'confirm' } }];
}

/**
 * One dispatcher for all nat chains of a hook, there on every hook as soon as one nat chain exists on any
 * (net/netfilter/nf_nat_core.c, nf_nat_register_fn). Their own priorities order them among themselves only.
 */
function natEntries(netns: Netns, family: Family, hook: Hook, native: readonly Entry[]): Entry[] {
  if (hook === 'FORWARD') return [];
  const nat = (family === 4 ? netns.iptables.ip : netns.iptables.ip6).get('nat');
  const nftNat = ({ stage }: Entry): boolean => stage.kind === 'nft' && stage.chain.base?.type === 'nat';
  if (nat === undefined && ![...nftEntries(netns, family)].some(nftNat)) return [];
  const manip: Manip = hook === 'PREROUTING' || hook === 'OUTPUT' ? 'dst' : 'src';
  const priority = manip === 'dst' ? NAT_DST : NAT_SRC;
  const own: Entry[] = nat?.chains.has(hook) ? [{ priority, stage: { kind: 'iptables', table: 'nat' } }] : [];
  const sorted = [...own, ...native.filter(nftNat)].sort((a, b) => a.priority - b.priority);
  const chains: NatSource[] = [];
  for (const { stage } of sorted) if (stage.kind === 'iptables' || stage.kind === 'nft') chains.push(stage);
  return [{ priority, stage: { kind: 'nat', manip, chains } }];
}

function tiesOf(entries: readonly Entry[], hook: Hook): string[] {
  const ties: string[] = [];
  for (const [i, { stage, priority }] of entries.entries()) {
    const next = entries[i + 1];
    if (next === undefined || next.priority !== priority) continue;
    if (stage.kind !== 'iptables' || next.stage.kind !== 'nft') continue;
    ties.push(
      `iptables ${stage.table} is taken to run before nft chain ${next.stage.chain.name} of the same priority at ${hook}`,
    );
  }
  return ties;
}

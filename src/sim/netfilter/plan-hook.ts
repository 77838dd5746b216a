import type { Hook, Netns, NftChain, NftTable, TableName } from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';
import { coversFamily, mayTrack, tracksFamily } from '../conntrack/index.ts';
import { perNetns } from '../per-netns.ts';
import { type UnreadChain, unreadAtHook } from '../unread-chains.ts';
import { hiddenDestinations, hiddenTable } from '../unsaid.ts';
import { assumedBase, iptablesBase, nftBase, unreadBase, unreadFor } from './load-tables.ts';
import { saysItsTurn } from './says-its-turn.ts';
import type { BaseChain, Manip } from './types.ts';

/** What hangs on a hook, in the order the kernel runs it. */
export type Stage =
  | { readonly kind: 'chain'; readonly base: BaseChain }
  | { readonly kind: 'conntrack' }
  | { readonly kind: 'nat'; readonly manip: Manip; readonly chains: readonly BaseChain[] }
  | { readonly kind: 'confirm' }
  | { readonly kind: 'ipvs-in' | 'ipvs-out' | 'ipvs-error' };

export interface HookPlan {
  readonly stages: readonly Stage[];
}

/** include/uapi/linux/netfilter_ipv4.h, enum nf_ip_hook_priorities. */
const PRIORITY: Readonly<Record<Exclude<TableName, 'nat'>, number>> = {
  raw: -300,
  mangle: -150,
  filter: 0,
  security: 50,
};
/** What iptables-nft gives its table instead (iptables/nft.c, xtables_ipv4; measured with 1.8.9). */
const NFT_SECURITY = 150;
const CONNTRACK = -200;
const NAT_DST = -100;
const NAT_SRC = 100;
const LAST = 2 ** 31 - 1;
const FIRST = -(2 ** 31);

type Of = Parameters<typeof plans>[0];

const plans = perNetns((netns): (HookPlan | undefined)[] =>
  isHooked(netns) ? new Array(2 * HOOKS).fill(undefined) : NO_PLANS,
);

const isHooked = ({ iptables: { ip, ip6 }, nft, ipvs = [], unmodelled }: Netns): boolean =>
  ip.size > 0 ||
  ip6.size > 0 ||
  nft.length > 0 ||
  ipvs.length > 0 ||
  unmodelled.some(({ scope: { kind } }) => kind === 'table' || kind === 'hook' || kind === 'destination');

export function planHook(of: Of, family: Family, hook: Hook): HookPlan {
  const known = plans(of);
  const at = family === 4 ? numberOf(hook) : HOOKS + numberOf(hook);
  let plan = known[at];
  if (plan === undefined) {
    plan = build(of, family, hook);
    known[at] = plan;
  }
  return plan;
}

/** Whether a packet meets anything there. */
export const hangsOn = (hook: Hook, of: Of, family: Family): boolean => planHook(of, family, hook).stages.length > 0;

const HOOKS = 5;

/** include/uapi/linux/netfilter.h, enum nf_inet_hooks. */
function numberOf(hook: Hook): number {
  switch (hook) {
    case 'PREROUTING':
      return 0;
    case 'INPUT':
      return 1;
    case 'FORWARD':
      return 2;
    case 'OUTPUT':
      return 3;
    case 'POSTROUTING':
      return 4;
  }
}

interface Entry {
  readonly priority: number;
  readonly stage: Stage;
  /** The chain it is, where orders may tie. */
  readonly table?: TableName;
  readonly nft?: NftChain;
}

function build(of: Of, family: Family, hook: Hook): HookPlan {
  const entries: Entry[] = [];
  const unread = unreadAtHook(of.netns, family, hook);
  // Where it stands among the others is as little known as what it does.
  if (unread !== undefined) entries.push({ priority: FIRST, stage: { kind: 'chain', base: unreadBase(unread) } });
  const hidden = hook === 'PREROUTING' || hook === 'OUTPUT' ? hiddenDestinations(of.netns, family) : undefined;
  if (hidden !== undefined) entries.push({ priority: FIRST, stage: { kind: 'chain', base: unreadFor(of, hidden) } });
  for (const table of ['raw', 'mangle', 'filter', 'security'] as const) {
    const base = iptablesBase(of, family, table, hook);
    const isNft = table === 'security' && of.netns.iptables.variant === 'nft';
    const priority = isNft ? NFT_SECURITY : PRIORITY[table];
    if (base !== undefined) entries.push({ priority, stage: { kind: 'chain', base }, table });
  }
  // Of two with one priority the later one registered runs first (net/netfilter/core.c, nf_hook_entries_grow).
  const native = [...nftChains(of, family)].filter(({ chain }) => chain.base?.hook === hook).reverse();
  for (const { table, chain } of native) {
    if (chain.base === undefined || chain.base.type === 'nat') continue;
    const base = nftBase(of, table, chain);
    entries.push({ priority: chain.base.priority, stage: { kind: 'chain', base }, nft: chain });
  }
  const unsure = mayTrack(of.netns, family);
  if (unsure !== undefined) entries.push(...unsureEntries(of, family, hook, unsure, native));
  if (tracksFamily(of.netns, family)) entries.push(...trackingEntries(hook));
  entries.push(...natEntries(of, family, hook, native));
  if ((of.netns.ipvs ?? []).length > 0) entries.push(...IPVS[hook]);
  if (entries.length === 0) return NOTHING;
  entries.sort((a, b) => a.priority - b.priority);
  return { stages: entries.map((entry, at) => untied(entry, entries[at + 1], hook)) };
}

/** Nothing shows the order of two chains of one priority, and we settled it: iptables first. */
function untied({ table, priority, stage }: Entry, next: Entry | undefined, hook: Hook): Stage {
  if (stage.kind !== 'chain' || table === undefined || next?.nft === undefined || next.priority !== priority)
    return stage;
  return { kind: 'chain', base: saysItsTurn(stage.base, table, next.nft, hook) };
}

const NOTHING: HookPlan = { stages: [] };
/** One for all: most namespaces have nothing on their hooks. */
const NO_PLANS: HookPlan[] = new Array(2 * HOOKS).fill(NOTHING);

interface Native {
  readonly table: NftTable;
  readonly chain: NftChain;
}

/** Nft's base chains that see packets of a family. */
function* nftChains({ netns }: Of, family: Family): Generator<Native> {
  for (const table of netns.nft) {
    if (!coversFamily(table, family)) continue;
    for (const chain of table.chains) if (chain.base !== undefined) yield { table, chain };
  }
}

/** Conntrack looks where packets start, and confirms where they leave (nf_conntrack_proto.c, ipv4_conntrack_ops). */
function trackingEntries(hook: Hook): Entry[] {
  if (hook === 'PREROUTING' || hook === 'OUTPUT') return [{ priority: CONNTRACK, stage: { kind: 'conntrack' } }];
  return hook === 'FORWARD' ? [] : [{ priority: LAST, stage: { kind: 'confirm' } }];
}

/**
 * Where nobody knows whether connections are tracked, they are taken not to be, and the walk says so; a nat chain that has rules
 * for a packet would decide by it.
 */
function unsureEntries(of: Of, family: Family, hook: Hook, unsure: UnreadChain, native: readonly Native[]): Entry[] {
  const { ip, ip6 } = of.netns.iptables;
  const ours = (family === 4 ? ip : ip6).get('nat')?.chains.get(hook)?.rules ?? [];
  const asked = ours.length > 0 || native.some(({ chain }) => chain.base?.type === 'nat' && chain.rules.length > 0);
  const starts = hook === 'PREROUTING' || hook === 'OUTPUT';
  if (asked) return [{ priority: starts ? NAT_DST : NAT_SRC, stage: { kind: 'chain', base: unreadBase(unsure) } }];
  return starts
    ? [{ priority: CONNTRACK, stage: { kind: 'chain', base: assumedBase(`${unsure.what}: taken not to`) } }]
    : [];
}

/**
 * IPVS where it has a service: answers first, then requests (net/netfilter/ipvs/ip_vs_core.c, ip_vs_ops4 and ip_vs_ops6): between
 * the filter and nf_nat on INPUT, behind nf_nat on OUTPUT.
 */
const IPVS: Readonly<Record<Hook, readonly Entry[]>> = {
  PREROUTING: [],
  INPUT: [
    { priority: NAT_SRC - 2, stage: { kind: 'ipvs-out' } },
    { priority: NAT_SRC - 1, stage: { kind: 'ipvs-in' } },
  ],
  FORWARD: [
    { priority: NAT_SRC - 1, stage: { kind: 'ipvs-error' } },
    { priority: NAT_SRC, stage: { kind: 'ipvs-out' } },
  ],
  OUTPUT: [
    { priority: NAT_DST + 1, stage: { kind: 'ipvs-out' } },
    { priority: NAT_DST + 2, stage: { kind: 'ipvs-in' } },
  ],
  POSTROUTING: [],
};

/**
 * One dispatcher for all nat chains of a hook, there on every hook as soon as one nat chain exists on any
 * (net/netfilter/nf_nat_core.c, nf_nat_register_fn). Their own priorities order them among themselves only.
 */
function natEntries(of: Of, family: Family, hook: Hook, native: readonly Native[]): Entry[] {
  if (hook === 'FORWARD') return [];
  const isNat = ({ chain }: Native): boolean => chain.base?.type === 'nat';
  const { ip, ip6 } = of.netns.iptables;
  const ours = (family === 4 ? ip : ip6).has('nat') || hiddenTable(of.netns, family, 'nat') !== undefined;
  if (!ours && ![...nftChains(of, family)].some(isNat)) return [];
  const manip: Manip = hook === 'PREROUTING' || hook === 'OUTPUT' ? 'dst' : 'src';
  const priority = manip === 'dst' ? NAT_DST : NAT_SRC;
  const ofNat = native.filter(isNat);
  const rival = ofNat.find(({ chain }) => chain.base?.priority === priority)?.chain;
  const iptables = iptablesBase(of, family, 'nat', hook);
  const own = iptables && rival ? saysItsTurn(iptables, 'nat', rival, hook) : iptables;
  const all = own === undefined ? [] : [{ priority, base: own }];
  for (const { table, chain } of ofNat) {
    all.push({ priority: chain.base?.priority ?? priority, base: nftBase(of, table, chain) });
  }
  const chains = all.sort((a, b) => a.priority - b.priority).map(({ base }) => base);
  return [{ priority, stage: { kind: 'nat', manip, chains } }];
}

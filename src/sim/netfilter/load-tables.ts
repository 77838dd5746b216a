import {
  BUILTIN_CHAINS,
  type Hook,
  type NftChain,
  type NftTable,
  type Ruleset,
  type TableName,
} from '../../linux/index.ts';
import type { Family, Ip } from '../../net/index.ts';
import { folderOf } from '../../world/index.ts';
import { headersOf } from '../packet.ts';
import { perNetns } from '../per-netns.ts';
import type { UnreadChain } from '../unread-chains.ts';
import { hiddenTable } from '../unsaid.ts';
import { compileChain } from './compile-chain.ts';
import { kernelEvidence } from './evidence.ts';
import { atPolicy } from './maybe.ts';
import { compileNftChain, tableLabel } from './nft/compile-nft.ts';
import { runNftChain } from './nft/run-nft-chain.ts';
import type { BaseChain, Frame, LoadedTable, RuleVerdict, RunnableChain, TableSource } from './types.ts';

/** The tables of one namespace, each chain ready to be run from the moment a packet first reaches it. */
const loaded = perNetns(() => new Map<TableSource['table'], LoadedTable>());

type Netns = Parameters<typeof loaded>[0];

/** An iptables table's built-in chain on a hook; undefined where nothing of it can happen to a packet. */
export function iptablesBase(of: Netns, family: Family, name: TableName, hook: Hook): BaseChain | undefined {
  const ruleset = family === 4 ? of.netns.iptables.ip : of.netns.iptables.ip6;
  const table = load(of, ruleset, name);
  const file = family === 4 ? 'iptables-save' : 'ip6tables-save';
  const hidden = hiddenTable(of.netns, family, name);
  if (hidden !== undefined && BUILTIN_CHAINS[name].includes(hook))
    return unreadBase({ what: hidden, evidence: kernelEvidence({ folder: folderOf(of.netns.id) }, file, hidden) });
  const chain = ruleset.get(name)?.chains.get(hook);
  const first = table?.chain(hook);
  if (table === undefined || chain === undefined || first === undefined) return undefined;
  const drops = chain.policy === 'DROP';
  if (chain.rules.length === 0 && !drops) return undefined;
  return new HookedChain(table, first, {
    reroutes: name === 'mangle',
    drops: drops ? { file, text: `:${hook} DROP` } : undefined,
  });
}

export function nftBase(of: Netns, native: NftTable, chain: NftChain): BaseChain {
  const tables = loaded(of);
  const table = tables.get(native) ?? loadNft(native);
  tables.set(native, table);
  const drops = chain.base?.policy === 'drop';
  return new HookedChain(table, nftChain(chain), {
    reroutes: chain.base?.type === 'route',
    drops: drops ? { file: 'nft-list-ruleset', text: `chain ${chain.name} { policy drop; }` } : undefined,
  });
}

/** A chain nobody has read: no packet can be followed through it. */
export const unreadBase = ({ what, evidence }: UnreadChain): BaseChain => ({
  reroutes: false,
  run(frame) {
    frame.result = { kind: 'unknown', what, evidence };
    return 'stop';
  },
});

/** The addresses of which nobody knows what is done to packets for them. */
export function unreadFor({ netns }: Netns, hidden: ReadonlyMap<Ip, string>): BaseChain {
  const at = { folder: folderOf(netns.id) };
  return {
    reroutes: false,
    run(frame) {
      const what = hidden.get(frame.skb.packet.dst);
      if (what === undefined) return 'continue';
      frame.result = { kind: 'unknown', what, evidence: kernelEvidence(at, 'unmodelled.json', what) };
      return 'stop';
    },
  };
}

/** What is taken to be so, for want of a line that says it. */
export const assumedBase = (assumption: string): BaseChain => ({
  reroutes: false,
  run({ walk }) {
    walk.assumptions.add(assumption);
    return 'continue';
  },
});

function load(of: Netns, ruleset: Ruleset, name: TableName): LoadedTable | undefined {
  const table = ruleset.get(name);
  if (table === undefined) return undefined;
  const tables = loaded(of);
  const known = tables.get(table);
  if (known !== undefined) return known;
  const made = tableOf(name, { kind: 'iptables', ruleset, table }, (chain) => {
    const found = table.chains.get(chain);
    return found === undefined ? undefined : compileChain(found);
  });
  tables.set(table, made);
  return made;
}

function nftChain(chain: NftChain): RunnableChain {
  const rules = compileNftChain(chain);
  return { run: (frame) => runNftChain(frame, rules) };
}

function loadNft(table: NftTable): LoadedTable {
  const byName = new Map(table.chains.map((chain) => [chain.name, chain]));
  return tableOf(tableLabel(table), { kind: 'nft', table }, (chain) => {
    const found = byName.get(chain);
    return found === undefined ? undefined : nftChain(found);
  });
}

function tableOf(name: string, source: TableSource, make: (chain: string) => RunnableChain | undefined): LoadedTable {
  const chains = new Map<string, RunnableChain>();
  return {
    name,
    source,
    chain(wanted) {
      const known = chains.get(wanted);
      if (known !== undefined) return known;
      const made = make(wanted);
      if (made !== undefined) chains.set(wanted, made);
      return made;
    },
  };
}

/** A policy to drop, as its artefact shows it. */
interface Drops {
  readonly file: string;
  readonly text: string;
}

/** A base chain, and where no rule took the packet, its policy. */
class HookedChain implements BaseChain {
  readonly reroutes: boolean;
  private readonly table: LoadedTable;
  private readonly chain: RunnableChain;
  private readonly drops: Drops | undefined;

  constructor(
    table: LoadedTable,
    chain: RunnableChain,
    { reroutes, drops }: { readonly reroutes: boolean; readonly drops: Drops | undefined },
  ) {
    this.table = table;
    this.chain = chain;
    this.reroutes = reroutes;
    this.drops = drops;
  }

  run(frame: Frame): RuleVerdict {
    const { table, drops } = this;
    frame.table = table;
    frame.depth = 0;
    const verdict = this.chain.run(frame);
    if (verdict === 'stop') return verdict;
    if (frame.maybe !== undefined && atPolicy(frame, frame.maybe, drops !== undefined) === 'stop') return 'stop';
    return verdict === 'continue' && drops !== undefined ? dropByPolicy(frame, table.name, drops) : 'continue';
  }
}

function dropByPolicy(frame: Frame, table: string, { file, text }: Drops): RuleVerdict {
  const { hook, skb, walk, host } = frame;
  const because = `no rule of table ${table} took it, and ${hook}'s policy there is to drop`;
  frame.result = { kind: 'drop', disposition: 'dropped', because };
  if (walk.record !== undefined) {
    const headers = headersOf(skb);
    const evidence = kernelEvidence(host, file, text);
    walk.record({
      kind: 'policy',
      hook,
      table,
      verdict: 'drop',
      action: 'drop',
      because,
      evidence,
      before: headers,
      after: headers,
    });
  }
  return 'stop';
}

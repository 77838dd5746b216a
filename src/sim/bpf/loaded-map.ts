import { blockHolds, type KnownStandIn } from '../../fabric/index.ts';
import type { PrefixEntries } from '../../linux/index.ts';
import { type Cidr, cidrFirst, type Ip, PrefixTrie } from '../../net/index.ts';

/** An entry of a map: what its line says, and of which key. */
export interface LoadedEntry {
  readonly entries: PrefixEntries;
  readonly key: Cidr;
  readonly index: number;
}

/** What a map has for addresses one stands in for: entries that surely are, and those that may be for the true one. */
interface Parted {
  readonly sure: PrefixTrie<LoadedEntry>;
  /** Those with the longest prefix first. */
  readonly unsure: readonly LoadedEntry[];
}

const NONE: readonly LoadedEntry[] = [];

/** A map of the agent's programs, ready to be asked: the entry with the longest prefix counts (kernel/bpf/lpm_trie.c). */
export class LoadedMap {
  private readonly entries: readonly LoadedEntry[];
  private readonly all: PrefixTrie<LoadedEntry>;
  private readonly parts = new Map<KnownStandIn, Parted>();

  constructor(entries: readonly LoadedEntry[]) {
    this.entries = entries;
    this.all = trieOf(entries);
  }

  /** `standIn`: whose address it stands in for; then only what is for the true one too. */
  longest(address: Ip, standIn: KnownStandIn | undefined): LoadedEntry | undefined {
    return (standIn === undefined ? this.all : this.parted(standIn).sure).longest(address);
  }

  /** Entries that may be for the true address, and would count before `found`: the first that is, counts. */
  mayCount(standIn: KnownStandIn, found: LoadedEntry | undefined): readonly LoadedEntry[] {
    const { unsure } = this.parted(standIn);
    if (unsure.length === 0) return NONE;
    const shortest = found === undefined ? 0 : found.key.prefix;
    return unsure.filter(({ key }) => key.prefix > shortest);
  }

  private parted(standIn: KnownStandIn): Parted {
    const known = this.parts.get(standIn);
    if (known !== undefined) return known;
    const made = this.part(standIn);
    this.parts.set(standIn, made);
    return made;
  }

  /** Which block holds a made-up address, and which may, is the same for all of one's. */
  private part(standIn: KnownStandIn): Parted {
    const any = cidrFirst(standIn.block);
    const unsure = this.entries.filter(({ key }) => blockHolds(key, any, standIn) === 'unsure');
    if (unsure.length === 0) return { sure: this.all, unsure };
    const maybe = new Set(unsure);
    const sure = trieOf(this.entries.filter((each) => !maybe.has(each)));
    return { sure, unsure: unsure.sort((a, b) => b.key.prefix - a.key.prefix) };
  }
}

function trieOf(entries: readonly LoadedEntry[]): PrefixTrie<LoadedEntry> {
  const trie = new PrefixTrie<LoadedEntry>();
  for (const each of entries) trie.add(each.key, each);
  return trie;
}

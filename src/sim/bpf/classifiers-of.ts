import type { Classifier, Netns, PrefixEntries } from '../../linux/index.ts';
import { type Cidr, PrefixTrie } from '../../net/index.ts';
import { perNetns } from '../per-netns.ts';

/** An entry of a map: what its line says, and of which key. */
export interface LoadedEntry {
  readonly entries: PrefixEntries;
  readonly key: Cidr;
  readonly index: number;
}

/** A classifier ready for packets, with its place in the artefact. */
export interface LoadedClassifier {
  readonly classifier: Classifier;
  readonly index: number;
  /** Its map, ready when first asked for: most pods of a node meet no packet. */
  readonly entries: () => PrefixTrie<LoadedEntry>;
}

/** What stands on both sides of a device. A second classifier of a side is what only another agent could have put there. */
export interface OnDevice {
  readonly ingress: readonly LoadedClassifier[];
  readonly egress: readonly LoadedClassifier[];
}

/** Classifiers by device. */
export const classifiersOf = perNetns((netns): ReadonlyMap<string, OnDevice> => load(netns));

function load({ bpf }: Netns): ReadonlyMap<string, OnDevice> {
  const devices = new Map<string, { readonly ingress: LoadedClassifier[]; readonly egress: LoadedClassifier[] }>();
  if (bpf === undefined) return devices;
  const maps = new Map<string, PrefixTrie<LoadedEntry>>();
  const mapOf = (name: string): PrefixTrie<LoadedEntry> => {
    const known = maps.get(name) ?? loadMap(bpf.entries, name);
    maps.set(name, known);
    return known;
  };
  bpf.classifiers.forEach((classifier, index) => {
    const on = devices.get(classifier.dev) ?? { ingress: [], egress: [] };
    devices.set(classifier.dev, on);
    on[classifier.side].push({ classifier, index, entries: () => mapOf(classifier.map) });
  });
  return devices;
}

function loadMap(all: readonly PrefixEntries[], name: string): PrefixTrie<LoadedEntry> {
  const trie = new PrefixTrie<LoadedEntry>();
  all.forEach((entries, index) => {
    if (entries.maps.includes(name)) for (const key of entries.keys) trie.add(key, { entries, key, index });
  });
  return trie;
}

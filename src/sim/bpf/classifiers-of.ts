import type { Classifier, Netns, PrefixEntry } from '../../linux/index.ts';
import { PrefixTrie } from '../../net/index.ts';
import { perNetns } from '../per-netns.ts';

/** A classifier ready for packets, with its place in the artefact. */
export interface LoadedClassifier {
  readonly classifier: Classifier;
  readonly index: number;
  readonly entries: PrefixTrie<{ readonly entry: PrefixEntry; readonly index: number }>;
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
  const maps = new Map<string, LoadedClassifier['entries']>();
  const mapOf = (name: string): LoadedClassifier['entries'] => {
    const known = maps.get(name) ?? new PrefixTrie();
    maps.set(name, known);
    return known;
  };
  bpf.entries.forEach((entry, index) => {
    mapOf(entry.map).add(entry.key, { entry, index });
  });
  bpf.classifiers.forEach((classifier, index) => {
    const on = devices.get(classifier.dev) ?? { ingress: [], egress: [] };
    devices.set(classifier.dev, on);
    on[classifier.side].push({ classifier, index, entries: mapOf(classifier.map) });
  });
  return devices;
}

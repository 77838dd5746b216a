import type { Classifier, Netns, PrefixEntries } from '../../linux/index.ts';
import { perNetns } from '../per-netns.ts';
import { LoadedMap } from './loaded-map.ts';

/** A classifier ready for packets, with its place in the artefact. */
export interface LoadedClassifier {
  readonly classifier: Classifier;
  readonly index: number;
  /** Its map, ready when first asked for: most pods of a node meet no packet. */
  readonly entries: () => LoadedMap;
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
  const maps = new Map<string, LoadedMap>();
  const mapOf = (name: string): LoadedMap => {
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

const loadMap = (all: readonly PrefixEntries[], name: string): LoadedMap =>
  new LoadedMap(
    all.flatMap((entries, index) =>
      entries.maps.includes(name) ? entries.keys.map((key) => ({ entries, key, index })) : [],
    ),
  );

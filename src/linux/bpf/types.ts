import type { Cidr, Family } from '../../net/index.ts';
import type { Origin } from '../origin.ts';

/**
 * A classifier on one side of a device, by which its packets pass or end (tc-bpf(8), direct-action). Only the two programs of
 * one agent are known: they look one address of a packet up in a map of prefixes, and remember the flows they let through.
 *
 *       driver ─▶ taps ─▶ tc ingress ─▶ PREROUTING ...  ... POSTROUTING ─▶ neighbour ─▶ tc egress ─▶ taps ─▶ driver
 */
export interface Classifier {
  readonly dev: string;
  readonly side: 'ingress' | 'egress';
  /** `handle_ingress` looks up who sends, `handle_egress` to whom: directions as whoever is behind the device sees them. */
  readonly program: 'handle_ingress' | 'handle_egress';
  /** The other family's packets pass. */
  readonly family: Family;
  /** Name its map of prefixes is pinned by: classifiers of several devices may share one. */
  readonly map: string;
  readonly state: ClassifierState;
  readonly origin?: Origin;
}

/** What becomes of an address no entry has: dropped, let through, dropped. An entry that has it decides alone. */
export type ClassifierState = 'POLICIES_APPLIED' | 'DEFAULT_ALLOW' | 'DEFAULT_DENY';

/**
 * What each of some maps of prefixes holds for each of some keys: the longest prefix that has an address is the one that
 * counts. Pods under the same policies, and addresses those let the same through to, stand together.
 */
export interface PrefixEntries {
  readonly maps: readonly string[];
  readonly keys: readonly Cidr[];
  readonly values: readonly TrieValue[];
  readonly origin?: Origin;
}

/** A protocol's number, 254 for any, or 255 for none at all. `start_port` 0: every port. */
export interface TrieValue {
  readonly protocol: number;
  readonly start_port: number;
  readonly end_port: number;
}

export const ANY_IP_PROTOCOL = 254;
export const RESERVED_IP_PROTOCOL = 255;

/** Classifiers of a namespace and what their maps hold. */
export interface Bpf {
  readonly classifiers: readonly Classifier[];
  readonly entries: readonly PrefixEntries[];
}

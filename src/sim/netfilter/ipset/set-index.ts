import { familyOfSet, type IpSet, type IpSetElement, type IpSetPart } from '../../../linux/index.ts';
import { type Family, type Ip, PrefixTrie, type Protocol } from '../../../net/index.ts';

/** What a packet shows one part of an element: an address of it, or a port with the protocol it is of. */
export type Shown = { readonly ip: Ip } | { readonly protocol: Protocol; readonly port: number };

/** A set ready to be asked. */
export interface SetIndex {
  readonly set: IpSet;
  /** Which family it holds; undefined for a `bitmap:port`. */
  readonly family: Family | undefined;
  readonly dimensions: readonly IpSetPart['kind'][];
  find(shown: readonly Shown[]): IpSetElement | undefined;
}

/**
 * The elements of a set by what a packet must equal, and those with a block also by the block: the longest that holds the
 * address is the one that counts (net/netfilter/ipset/ip_set_hash_gen.h, mtype_test_cidrs).
 */
export function indexSet(set: IpSet, dimensions: readonly IpSetPart['kind'][]): SetIndex {
  const exact = new Map<string, IpSetElement>();
  const blocks = new Map<string, PrefixTrie<IpSetElement>>();
  const netAt = dimensions.indexOf('net');
  for (const element of set.elements) {
    const key = element.parts.map(keyOfPart).join(',');
    const net = element.parts[netAt];
    if (net?.kind !== 'net') {
      exact.set(key, element);
      continue;
    }
    const trie = blocks.get(key) ?? new PrefixTrie<IpSetElement>();
    blocks.set(key, trie);
    trie.add(net.cidr, element);
  }
  const plain = set.type === 'bitmap:port';
  return {
    set,
    family: plain ? undefined : familyOfSet(set),
    dimensions,
    find(shown) {
      const key = shown.map((each, at) => (at === netAt ? '' : keyOfShown(each, plain))).join(',');
      if (netAt < 0) return exact.get(key);
      const address = shown[netAt];
      if (address === undefined || !('ip' in address)) return undefined;
      return blocks.get(key)?.longest(address.ip);
    },
  };
}

function keyOfPart(part: IpSetPart): string {
  switch (part.kind) {
    case 'ip':
      return part.ip;
    case 'net':
      return '';
    case 'port':
      return part.protocol === undefined ? String(part.port) : `${part.protocol}:${part.port}`;
  }
}

const keyOfShown = (shown: Shown, plain: boolean): string =>
  'ip' in shown ? shown.ip : plain ? String(shown.port) : `${shown.protocol}:${shown.port}`;

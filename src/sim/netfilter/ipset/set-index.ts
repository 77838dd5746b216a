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
  /** In order, the ports of elements whose parts beside that at `at` equal what is shown, whatever block they have. */
  portsWith(shown: readonly Shown[], at: number): readonly number[];
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
    const key = element.parts.map((part) => keyOfPart(part)).join(',');
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
  const keyWithout = (shown: readonly Shown[], out: number): string =>
    shown.map((each, at) => (at === netAt ? '' : keyOfShown(each, plain, at === out))).join(',');
  let byOthers: ReadonlyMap<string, readonly number[]> | undefined;
  return {
    set,
    family: plain ? undefined : familyOfSet(set),
    dimensions,
    find(shown) {
      const key = keyWithout(shown, -1);
      if (netAt < 0) return exact.get(key);
      const address = shown[netAt];
      if (address === undefined || !('ip' in address)) return undefined;
      return blocks.get(key)?.longest(address.ip);
    },
    portsWith(shown, at) {
      byOthers ??= portsByOthers(set.elements, at);
      return byOthers.get(keyWithout(shown, at)) ?? NONE;
    },
  };
}

const NONE: readonly number[] = [];

/** No type of set has two ports: `at` is where it is. */
function portsByOthers(elements: readonly IpSetElement[], at: number): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, Set<number>>();
  for (const { parts } of elements) {
    const port = parts[at];
    if (port?.kind !== 'port') continue;
    const key = parts.map((part, i) => keyOfPart(part, i === at)).join(',');
    const known = found.get(key);
    if (known === undefined) found.set(key, new Set([port.port]));
    else known.add(port.port);
  }
  return new Map([...found].map(([key, ports]) => [key, [...ports].sort((a, b) => a - b)]));
}

/** `anyPort`: of a port only its protocol. */
function keyOfPart(part: IpSetPart, anyPort = false): string {
  switch (part.kind) {
    case 'ip':
      return part.ip;
    case 'net':
      return '';
    case 'port':
      return portKey(part.protocol, part.port, anyPort);
  }
}

const keyOfShown = (shown: Shown, plain: boolean, anyPort: boolean): string =>
  'ip' in shown ? shown.ip : portKey(plain ? undefined : shown.protocol, shown.port, anyPort);

function portKey(protocol: Protocol | undefined, port: number, anyPort: boolean): string {
  const number = anyPort ? '' : String(port);
  return protocol === undefined ? number : `${protocol}:${number}`;
}

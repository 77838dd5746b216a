import { isOfSome } from '../../../fabric/index.ts';
import type { Netns } from '../../../linux/index.ts';
import { type Cidr, type Family, isHostCidr } from '../../../net/index.ts';

/** Blocks of some of the public addresses that a namespace compares with those of a packet. */
export interface Compared {
  readonly src: readonly Cidr[];
  readonly dst: readonly Cidr[];
}

type Blocks = { readonly [K in keyof Compared]: Cidr[] };

const known = new WeakMap<Netns, Map<string, Compared>>();

/** By its rules, wherever they stand, and by the entries of classifiers on these devices; undefined: on any. */
export function comparedBlocks(netns: Netns, family: Family, devices: readonly string[] | undefined): Compared {
  const made = known.get(netns) ?? new Map<string, Compared>();
  known.set(netns, made);
  const key = [family, ...(devices ?? ['any'])].join(' ');
  const found = made.get(key) ?? gather(netns, family, devices);
  made.set(key, found);
  return found;
}

function gather({ iptables, nft, bpf }: Netns, family: Family, devices: readonly string[] | undefined): Compared {
  const blocks: Blocks = { src: [], dst: [] };
  const add = (way: keyof Compared, cidrs: readonly Cidr[]): void => {
    blocks[way].push(...cidrs.filter((each) => each.family === family && isOfSome(each)));
  };
  for (const { chains } of (family === 4 ? iptables.ip : iptables.ip6).values())
    for (const { rules } of chains.values())
      for (const { matches, target } of rules)
        for (const match of target === undefined ? [] : matches) {
          if (match.kind === 'source') add('src', [match.cidr]);
          if (match.kind === 'destination' && !isHostCidr(match.cidr)) add('dst', [match.cidr]);
        }
  for (const { chains } of nft)
    for (const { rules } of chains)
      for (const { statements } of rules)
        for (const each of statements)
          if (each.kind === 'match-address')
            if (each.field === 'saddr') add('src', each.cidrs);
            else
              add(
                'dst',
                each.cidrs.filter((block) => !isHostCidr(block)),
              );
  for (const { dev, program, map } of bpf?.classifiers ?? [])
    for (const { maps, keys } of devices?.includes(dev) !== false ? (bpf?.entries ?? []) : [])
      if (maps.includes(map)) add(program === 'handle_ingress' ? 'src' : 'dst', keys);
  return blocks;
}

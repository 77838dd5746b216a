import type { Cluster, EniSpec } from '../../cluster/index.ts';
import { type Ip, PrefixTrie } from '../../net/index.ts';

/** Whose interface of a node an address is on; undefined for an address that no node has. */
export function eniByAddress({ nodeSpecs }: Pick<Cluster, 'nodeSpecs'>): (address: Ip) => EniSpec | undefined {
  const exact = new Map<Ip, EniSpec>();
  const prefixes = new PrefixTrie<EniSpec>();
  for (const { enis, branches = [] } of nodeSpecs)
    for (const eni of [...enis, ...branches]) {
      for (const address of [eni.primaryIp, ...eni.addresses]) exact.set(address, eni);
      for (const prefix of eni.prefixes) prefixes.add(prefix, eni);
    }
  return (address) => exact.get(address) ?? prefixes.longest(address);
}

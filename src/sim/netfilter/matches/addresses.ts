import type { Match } from '../../../linux/index.ts';
import type { Ip } from '../../../net/index.ts';
import { type Cidr, cidrContains, cidrFirst, compareIp, isHostCidr } from '../../../net/index.ts';
import type { MatchModule } from '../types.ts';

/** A host block is one comparison. */
export function inBlock(cidr: Cidr): (address: Ip) => boolean {
  if (!isHostCidr(cidr)) return (each) => cidrContains(cidr, each);
  const only = cidrFirst(cidr);
  return (each) => each === only;
}

/** xt_iprange.c: both ends included. */
export const iprange: MatchModule<Extract<Match, { kind: 'iprange' }>> = {
  eval({ src, dst }) {
    const holds = (range: { not: boolean; from: Ip; to: Ip } | undefined, each: Ip): boolean =>
      range === undefined || (compareIp(each, range.from) >= 0 && compareIp(each, range.to) <= 0) !== range.not;
    return ({ skb: { packet } }) => holds(src, packet.src) && holds(dst, packet.dst);
  },
};

import type { AddrType, Match } from '../../../linux/index.ts';
import { type Family, type Ip, ipBits } from '../../../net/index.ts';
import { addressType } from '../../fib/index.ts';
import type { Host } from '../../types.ts';
import type { MatchModule } from '../types.ts';

/**
 * xt_addrtype.c: what the routing tables make of an address. `--limit-iface-in/out` asks it of one device only.
 */
export const addrtype: MatchModule<Extract<Match, { kind: 'addrtype' }>> = {
  eval({ src, dst, limitIfaceIn, limitIfaceOut }) {
    return ({ host, skb, family }) => {
      const dev = limitIfaceIn ? skb.iif : limitIfaceOut ? skb.oif : undefined;
      const { packet } = skb;
      if (src !== undefined && isOfType(host, family, packet.src, src.types, dev) === src.not) return false;
      return dst === undefined || isOfType(host, family, packet.dst, dst.types, dev) !== dst.not;
    };
  },
};

function isOfType(
  host: Host,
  family: Family,
  address: Ip,
  types: readonly AddrType[],
  dev: string | undefined,
): boolean {
  if (family === 4) return types.includes(addressType(host, address, dev));
  return isOfTypeV6(host, address, types, dev);
}

/** match_type6: multicast, unicast and unspecified are read off the address and must all hold; only the rest is routed. */
function isOfTypeV6(host: Host, address: Ip, types: readonly AddrType[], dev: string | undefined): boolean {
  const multicast = address.startsWith('ff') && BigInt(ipBits(address)) >> 120n === 0xffn;
  const unspecified = address === '::';
  if (types.includes('MULTICAST') && !multicast) return false;
  if (types.includes('UNICAST') && (multicast || unspecified)) return false;
  if (types.includes('UNSPEC') && !unspecified) return false;
  const routed: readonly AddrType[] = types.filter(
    (type) => type === 'LOCAL' || type === 'ANYCAST' || type === 'UNREACHABLE',
  );
  return routed.length === 0 || routed.includes(addressType(host, address, dev));
}

import type { AddrType, Match } from '../../../linux/index.ts';
import { type Ip, ipBits } from '../../../net/index.ts';
import { addressType, addressTypeOn } from '../../fib/index.ts';
import type { Frame, MatchModule } from '../types.ts';

/**
 * xt_addrtype.c: what the routing tables make of an address. `--limit-iface-in/out` asks it of one device only.
 */
export const addrtype: MatchModule<Extract<Match, { kind: 'addrtype' }>> = {
  eval({ src, dst, limitIfaceIn, limitIfaceOut }) {
    return (frame) => {
      const { skb } = frame;
      const dev = limitIfaceIn ? skb.iif : limitIfaceOut ? skb.oif : undefined;
      const { packet } = skb;
      if (src !== undefined && isOfType(frame, packet.src, src.types, dev) === src.not) return false;
      const holds = dst === undefined || isOfType(frame, packet.dst, dst.types, dev) !== dst.not;
      return holds && frame.result === undefined;
    };
  },
};

function isOfType(frame: Frame, address: Ip, types: readonly AddrType[], dev: string | undefined): boolean {
  if (frame.family === 4) return isAmong(types, typeOf(frame, address, dev));
  return isOfTypeV6(frame, address, types, dev);
}

/** Undefined: not known, with which the packet ends. */
function typeOf(frame: Frame, address: Ip, dev: string | undefined): AddrType | undefined {
  if (dev === undefined) return addressType(frame.host, address);
  const type = addressTypeOn(frame.host, address, dev);
  if (typeof type === 'string') return type;
  frame.result = type;
  return undefined;
}

const isAmong = (types: readonly AddrType[], type: AddrType | undefined): boolean =>
  type !== undefined && types.includes(type);

/** match_type6: multicast, unicast and unspecified are read off the address and must all hold; only the rest is routed. */
function isOfTypeV6(frame: Frame, address: Ip, types: readonly AddrType[], dev: string | undefined): boolean {
  const multicast = address.startsWith('ff') && BigInt(ipBits(address)) >> 120n === 0xffn;
  const unspecified = address === '::';
  if (types.includes('MULTICAST') && !multicast) return false;
  if (types.includes('UNICAST') && (multicast || unspecified)) return false;
  if (types.includes('UNSPEC') && !unspecified) return false;
  const routed: readonly AddrType[] = types.filter(
    (type) => type === 'LOCAL' || type === 'ANYCAST' || type === 'UNREACHABLE',
  );
  return routed.length === 0 || isAmong(routed, typeOf(frame, address, dev));
}

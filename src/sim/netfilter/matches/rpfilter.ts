import type { Match } from '../../../linux/index.ts';
import type { Ip } from '../../../net/index.ts';
import { addressType, lookupRoute } from '../../fib/index.ts';
import { type FibResult, PLAIN_FLOW } from '../../types.ts';
import type { Frame, MatchModule } from '../types.ts';

type Rpfilter = Extract<Match, { kind: 'rpfilter' }>;

/** ipt_rpfilter.c, ip6t_rpfilter.c: would an answer to this packet leave by the device it came from? */
export const rpfilter: MatchModule<Rpfilter> = {
  hooks: ['PREROUTING'],
  tables: ['raw', 'mangle'],
  eval(match) {
    return (frame) => {
      const { skb, host } = frame;
      const { packet, iif } = skb;
      const loopback = iif !== undefined && host.links.get(iif)?.flags.includes('LOOPBACK') === true;
      const nowhere = packet.family === 4 ? packet.src === '0.0.0.0' && isBroadcast(packet.dst) : packet.src === '::';
      if (loopback || nowhere) return !match.invert;
      const back = reverse(frame, match);
      if (back.kind === 'unknown') {
        frame.result = back;
        return false;
      }
      return passes(back, match, iif) !== match.invert;
    };
  },
};

const isBroadcast = (dst: Ip): boolean => dst === '255.255.255.255' || dst.startsWith('224.0.0.');

function reverse({ skb, host }: Frame, match: Rpfilter): FibResult {
  const { packet, iif } = skb;
  const type = addressType(host, packet.dst);
  const src = type === 'MULTICAST' || type === 'BROADCAST' ? undefined : packet.dst;
  const mark = match.validmark ? skb.mark : 0;
  const query = { ...PLAIN_FLOW, dst: packet.src, src, mark, tos: packet.tos };
  if (packet.family === 4) return lookupRoute(host, query);
  // IPv6 asks with the protocol but no ports, and would rather have a route by the device, unless it is loose.
  const oif = match.loose ? undefined : iif;
  return lookupRoute(host, { ...query, oif, anyDevice: true, ipproto: packet.protocol });
}

/** rpfilter_lookup_reverse; rpfilter_lookup_reverse6, to which this host's own address is good on any device. */
function passes(back: FibResult, { loose, acceptLocal }: Rpfilter, iif: string | undefined): boolean {
  if (back.kind !== 'found') return false;
  if (back.type === 'local' && back.route.family === 6) return acceptLocal;
  if (back.type !== 'unicast' && !(back.type === 'local' && acceptLocal)) return false;
  if (loose) return true;
  const devs = back.route.nexthops?.map((hop) => hop.dev) ?? [back.dev];
  return iif !== undefined && devs.includes(iif);
}

import { assertNever } from '../../../base/index.ts';
import type { Match } from '../../../linux/index.ts';
import type { MatchModule } from '../types.ts';

/** xt_length.c: the IP packet, header included. */
export const length: MatchModule<Extract<Match, { kind: 'length' }>> = {
  eval:
    ({ not, from, to }) =>
    ({ skb: { packet } }) =>
      (packet.length >= from && packet.length <= to) !== not,
};

/** xt_hl.c: TTL, or hop limit. */
export const ttl: MatchModule<Extract<Match, { kind: 'ttl' }>> = {
  eval({ op, value }) {
    switch (op) {
      case 'eq':
        return (frame) => frame.skb.packet.ttl === value;
      case 'ne':
        return (frame) => frame.skb.packet.ttl !== value;
      case 'lt':
        return (frame) => frame.skb.packet.ttl < value;
      case 'gt':
        return (frame) => frame.skb.packet.ttl > value;
      default:
        return assertNever(op);
    }
  },
};

/** xt_pkttype.c. */
export const pkttype: MatchModule<Extract<Match, { kind: 'pkttype' }>> = {
  eval:
    ({ not, type }) =>
    ({ skb }) =>
      (skb.pkttype === type) !== not,
};

/** xt_tcpudp.c, icmp_match: type 255 of IPv4 stands for any. */
export const icmp: MatchModule<Extract<Match, { kind: 'icmp' }>> = {
  eval({ family, not, type, codeFrom, codeTo, any }) {
    const protocolName = family === 4 ? 'icmp' : 'ipv6-icmp';
    return ({ skb: { packet } }) => {
      if (packet.protocol !== protocolName) return false;
      const { l4 } = packet;
      if (l4.kind !== 'icmp-query' && l4.kind !== 'icmp-error') return any !== not;
      return (any || (l4.type === type && l4.code >= codeFrom && l4.code <= codeTo)) !== not;
    };
  },
};

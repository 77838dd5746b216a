import type { Match } from '../../../linux/index.ts';
import type { MatchModule } from '../types.ts';

/** xt_mark.c; xt_connmark.c, where a packet without a connection never matches, negated or not. */
export const marks: MatchModule<Extract<Match, { kind: 'mark' | 'connmark' }>> = {
  eval({ kind, not, value, mask }) {
    const wanted = value >>> 0;
    if (kind === 'mark') return ({ skb }) => ((skb.mark & mask) >>> 0 === wanted) !== not;
    return ({ skb: { ct } }) => ct.kind === 'tracked' && ((ct.conn.mark & mask) >>> 0 === wanted) !== not;
  },
};

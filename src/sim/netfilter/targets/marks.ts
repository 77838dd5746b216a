import type { Target } from '../../../linux/index.ts';
import type { TargetModule } from '../types.ts';

/** xt_mark.c, mark_tg. */
export const mark: TargetModule<Extract<Target, { kind: 'MARK' }>> = {
  eval:
    ({ value, mask }) =>
    ({ skb }) => {
      skb.mark = ((skb.mark & ~mask) ^ value) >>> 0;
      return 'continue';
    },
};

/** xt_connmark.c, connmark_tg_shift: a packet without a connection passes by. */
export const connmark: TargetModule<Extract<Target, { kind: 'CONNMARK' }>> = {
  eval:
    ({ op }) =>
    ({ skb }) => {
      if (skb.ct.kind !== 'tracked') return 'continue';
      const { conn } = skb.ct;
      if (op.kind === 'set') conn.mark = ((conn.mark & ~op.mask) ^ op.value) >>> 0;
      else if (op.kind === 'save') conn.mark = ((conn.mark & ~op.ctmask) ^ (skb.mark & op.nfmask)) >>> 0;
      else skb.mark = ((skb.mark & ~op.nfmask) ^ (conn.mark & op.ctmask)) >>> 0;
      return 'continue';
    },
};

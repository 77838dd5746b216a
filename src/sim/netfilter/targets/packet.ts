import type { Target } from '../../../linux/index.ts';
import { withTtl } from '../../packet.ts';
import type { TargetModule } from '../types.ts';

/** xt_CT.c, notrack_tg: a packet that has a connection, or was attached to none, keeps that. */
export const notrack: TargetModule<Extract<Target, { kind: 'NOTRACK' }>> = {
  tables: ['raw'],
  eval: () => (frame) => {
    const { ct } = frame.skb;
    const seen = ct.kind === 'tracked' || (ct.kind === 'invalid' && ct.attached === true);
    if (!seen) frame.skb.ct = { kind: 'untracked' };
    return 'continue';
  },
};

/** ipt_REJECT.c, ip6t_REJECT.c: the answer is the host path's to build. */
export const reject: TargetModule<Extract<Target, { kind: 'REJECT' }>> = {
  hooks: ['INPUT', 'FORWARD', 'OUTPUT'],
  tables: ['filter'],
  eval:
    ({ with: answer }) =>
    (frame) => {
      const because = `a rule of chain ${frame.at?.chain} (table ${frame.table?.name}) rejects it with ${answer}`;
      frame.result = { kind: 'reject', with: answer, because };
      return 'stop';
    },
};

/** xt_HL.c. */
export const ttl: TargetModule<Extract<Target, { kind: 'TTL' }>> = {
  tables: ['mangle'],
  eval:
    ({ op, value }) =>
    ({ skb }) => {
      const now = skb.packet.ttl;
      const next = op === 'set' ? value : op === 'inc' ? Math.min(255, now + value) : Math.max(0, now - value);
      skb.packet = withTtl(skb.packet, next);
      return 'continue';
    },
};

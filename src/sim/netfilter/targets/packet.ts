import type { Target } from '../../../linux/index.ts';
import { withTos, withTtl } from '../../packet.ts';
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

/** xt_DSCP.c, tos_tg. */
export const tos: TargetModule<Extract<Target, { kind: 'TOS' }>> = {
  tables: ['mangle'],
  eval:
    ({ value, mask }) =>
    ({ skb }) => {
      skb.packet = withTos(skb.packet, ((skb.packet.tos & ~mask) ^ value) & 0xff);
      return 'continue';
    },
};

/** xt_DSCP.c, dscp_tg: the bits of ECN stay. */
export const dscp: TargetModule<Extract<Target, { kind: 'DSCP' }>> = {
  tables: ['mangle'],
  eval:
    ({ value }) =>
    ({ skb }) => {
      skb.packet = withTos(skb.packet, (value << 2) | (skb.packet.tos & 3));
      return 'continue';
    },
};

import { invertTuple, sameTuple } from '../../conntrack/index.ts';
import type { Conn } from '../../packet.ts';
import { evidenceOf } from '../evidence.ts';
import type { Frame, Manip, RuleVerdict, WantedNat } from '../types.ts';
import { uniqueTuple } from './unique-tuple.ts';

/**
 * Settles one side of a connection's translation, once and for all its packets (net/netfilter/nf_nat_core.c,
 * nf_nat_setup_info). The packet itself is rewritten when the nat chains are done.
 */
export function setupNat(frame: Frame, manip: Manip, wanted: WantedNat): RuleVerdict {
  const { ct } = frame.skb;
  if (ct.kind !== 'tracked' || ct.conn.confirmed) return 'accept';
  bind(frame, ct.conn, manip, wanted);
  if (frame.result !== undefined) return 'stop';
  if (frame.walk.record !== undefined) frame.natRule = evidenceOf(frame);
  return 'accept';
}

/** No rule wanted a translation: keep the address, and the port too unless its answer would be another connection's. */
export function bindNull(frame: Frame, conn: Conn, manip: Manip): void {
  if (conn.confirmed) return;
  bind(frame, conn, manip, AS_IT_IS);
}

const AS_IT_IS: WantedNat = {
  from: undefined,
  to: undefined,
  ports: undefined,
  random: false,
  flag: '',
  persistent: false,
};

function bind(frame: Frame, conn: Conn, manip: Manip, wanted: WantedNat): void {
  const current = invertTuple(conn.reply);
  if (current !== undefined) {
    const chosen = uniqueTuple(frame, conn, current, manip, wanted);
    if (!sameTuple(chosen, current)) {
      conn.reply = invertTuple(chosen) ?? conn.reply;
      if (manip === 'src') conn.srcNat = true;
      else conn.dstNat = true;
    }
  }
  if (manip === 'src') conn.srcNatDone = true;
  else conn.dstNatDone = true;
}

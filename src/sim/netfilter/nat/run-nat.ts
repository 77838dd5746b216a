import type { Evidence } from '../../../trace/index.ts';
import { printConn } from '../../conntrack/index.ts';
import { type Conn, headersOf, type Packet } from '../../packet.ts';
import { connEvidence, kernelEvidence, stopDropped } from '../evidence.ts';
import type { BaseChain, Frame, Manip, RuleVerdict } from '../types.ts';
import { bindNull } from './setup-nat.ts';
import { type Direction, isRedirect, isTranslated, translateError, translatePacket } from './translate.ts';

/**
 * nf_nat's one place in a hook (net/netfilter/nf_nat_core.c, nf_nat_inet_fn): all nat chains run here, in the order of
 * their priorities, until one has settled this side of the connection. A side is settled by a connection's first packet;
 * every packet, of both directions, is then rewritten by what was settled.
 */
export function runNat(frame: Frame, manip: Manip, chains: readonly BaseChain[]): RuleVerdict {
  const { ct, packet } = frame.skb;
  if (ct.kind !== 'tracked') return 'continue';
  const { conn, dir, info } = ct;
  if (info === 'related' && packet.l4.kind === 'icmp-error') return runError(frame, conn, dir, manip);
  frame.natRule = undefined;
  const fresh = info !== 'established' && !(manip === 'src' ? conn.srcNatDone : conn.dstNatDone);
  if (fresh) {
    const verdict = settle(frame, conn, manip, chains);
    if (verdict === 'stop') return verdict;
  } else if (leftItsDevice(frame, conn, dir)) {
    frame.host.conntrack.remove(conn);
    const because = `the connection took the address of ${conn.masqueradeDev ?? ''} and now leaves by another device`;
    return stopDropped(frame, { kind: 'translation' }, because, 'nf_nat_oif_changed, nf_nat_inet_fn');
  }
  if (isTranslated(conn, dir, manip)) {
    apply(frame, conn, dir, manip, translatePacket(packet, conn, dir, manip), fresh);
  }
  return 'continue';
}

function settle(frame: Frame, conn: Conn, manip: Manip, chains: readonly BaseChain[]): RuleVerdict {
  for (const chain of chains) {
    if (chain.run(frame) === 'stop') return 'stop';
    if (manip === 'src' ? conn.srcNatDone : conn.dstNatDone) return 'continue';
  }
  bindNull(frame, conn, manip);
  return frame.result === undefined ? 'continue' : 'stop';
}

/** nf_nat_masquerade.h, nf_nat_oif_changed. */
function leftItsDevice({ hook, skb }: Frame, conn: Conn, dir: Direction): boolean {
  if (hook !== 'POSTROUTING' || dir !== 'original' || !conn.srcNat) return false;
  const { masqueradeDev } = conn;
  return masqueradeDev !== undefined && skb.oif !== undefined && masqueradeDev !== skb.oif;
}

function runError(frame: Frame, conn: Conn, dir: Direction, manip: Manip): RuleVerdict {
  const { packet } = frame.skb;
  if (isRedirect(packet)) {
    const settled = conn.srcNatDone && conn.dstNatDone;
    if (!settled || conn.srcNat || conn.dstNat) {
      const because = 'an ICMP redirect about a translated connection';
      return stopDropped(frame, { kind: 'translation' }, because, 'nf_nat_icmp_reply_translation');
    }
  }
  if (isTranslated(conn, dir, manip)) {
    frame.natRule = undefined;
    apply(frame, conn, dir, manip, translateError(packet, conn, dir, manip), false);
  }
  return 'continue';
}

function apply(frame: Frame, conn: Conn, dir: Direction, manip: Manip, packet: Packet, fresh: boolean): void {
  const { skb, walk } = frame;
  const before = walk.record === undefined ? undefined : headersOf(skb);
  skb.packet = packet;
  if (walk.record === undefined || before === undefined) return;
  const reply = dir === 'reply';
  walk.record({
    kind: 'nat',
    manip,
    reply,
    action: actionOf(endOf(before, manip), endOf(headersOf(skb), manip), manip),
    because: becauseOf(frame, fresh, reply),
    evidence: evidenceOf(frame, conn, fresh),
    before,
    after: headersOf(skb),
  });
}

/** Of an ICMP error what it quotes may be all that changes; of a query, its id. */
function actionOf(before: string, after: string, manip: Manip): string {
  const of = manip === 'src' ? 'source' : 'destination';
  return before === after ? `${of} ${before} stays, what it carries is translated` : `${of} ${before} becomes ${after}`;
}

function endOf(headers: ReturnType<typeof headersOf>, manip: Manip): string {
  const [address, port] = manip === 'src' ? [headers.src, headers.sport] : [headers.dst, headers.dport];
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function becauseOf({ skb, natRule }: Frame, fresh: boolean, reply: boolean): string {
  if (skb.packet.l4.kind === 'icmp-error') return 'an error about a translated connection is translated with it';
  if (fresh && natRule === undefined) return 'another connection already has this port';
  if (fresh) return "the connection's first packet; later ones follow without asking the rules";
  return reply ? 'undoes for the answer what was done to the request' : 'as settled by the first packet';
}

function evidenceOf({ host, natRule, walk }: Frame, conn: Conn, fresh: boolean): Evidence {
  if (!fresh) return connEvidence(host, conn, walk.now);
  return natRule ?? kernelEvidence(host, 'conntrack', `nf_nat_alloc_null_binding: ${printConn(conn, walk.now)}`);
}

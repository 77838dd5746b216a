import type { Target } from '../../../linux/index.ts';
import { lookupRoute } from '../../fib/index.ts';
import { type Skb, withSegment } from '../../packet.ts';
import { perNetns } from '../../per-netns.ts';
import { PLAIN_FLOW } from '../../types.ts';
import { stopUnknown } from '../evidence.ts';
import type { Frame, RuleVerdict, TargetModule } from '../types.ts';

/** The headers of a segment without data and options; an MSS option. */
const BARE = { 4: 40, 6: 60 } as const;
const TCPOLEN_MSS = 4;

/**
 * xt_TCPMSS.c, tcpmss_mangle_packet: a segment that is a header alone gets the option. One of a socket has it, whatever is in
 * it, and behind a header without there is data, which nobody moves.
 */
export const tcpmss: TargetModule<Extract<Target, { kind: 'TCPMSS' }>> = {
  eval: ({ mss }) => (mss === undefined ? clamp : addOption),
};

function addOption({ skb }: Frame): RuleVerdict {
  const { packet } = skb;
  if (packet.l4.kind === 'tcp' && packet.length === BARE[packet.family])
    skb.packet = withSegment(packet, packet.l4, packet.length + TCPOLEN_MSS);
  return 'continue';
}

/** A clamp drops what the shorter of both ways leaves no octet beside its headers. */
function clamp(frame: Frame): RuleVerdict {
  const { skb, host } = frame;
  const { l4, family } = skb.packet;
  if (l4.kind !== 'tcp' || !hasTight(host)[family]) return addOption(frame);
  const back = mtuBack(frame, skb);
  if (typeof back !== 'number') return back;
  const mtu = Math.min(skb.mtu ?? Number.POSITIVE_INFINITY, back);
  if (mtu > BARE[family]) return addOption(frame);
  const because = `its way takes ${mtu} bytes, and ${BARE[family]} of headers leave no octet (TCPMSS --clamp-mss-to-pmtu)`;
  frame.result = { kind: 'drop', disposition: 'dropped', because };
  return 'stop';
}

/** tcpmss_reverse_mtu: of a packet to its source, which nothing else is asked about. No way back is no limit. */
function mtuBack(frame: Frame, { packet }: Skb): number | RuleVerdict {
  const found = lookupRoute(frame.host, { ...PLAIN_FLOW, dst: packet.src });
  if (found.kind === 'unknown') return stopUnknown(frame, found.what);
  return found.kind === 'found' ? found.mtu : Number.POSITIVE_INFINITY;
}

/** Whether any route takes headers alone. No device does (include/uapi/linux/if_ether.h ETH_MIN_MTU). */
const hasTight = perNetns(({ routes }) => {
  const tight = (of: 4 | 6): boolean =>
    routes.some(({ family, mtu }) => family === of && (mtu ?? BARE[of] + 1) <= BARE[of]);
  return { 4: tight(4), 6: tight(6) };
});

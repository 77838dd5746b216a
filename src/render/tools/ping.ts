import type { RoundTrip, TraceResult } from '../../trace/index.ts';
import { arrivalOf, causeLines, icmpErrorText, unknownLine } from './arrival.ts';

/** The walk as iputils' ping prints it from inside the sender, without the times a model does not have. */
export function renderPing(result: TraceResult, asked: string): string {
  const [trip] = result.roundTrips;
  const unsure = unknownLine(trip);
  if (unsure !== undefined) return `${unsure}\n`;
  const address = result.query.to.address;
  if (trip === undefined || address === null)
    return `${[`ping: ${asked}: Name or service not known`, ...causeLines(result)].join('\n')}\n`;
  const size = trip.forward.hops[0]?.steps[0]?.before.length ?? 84;
  const header = address.includes(':') ? 48 : 28;
  const family = address.includes(':') ? 6 : 4;
  const data = size - header;
  const lines = [
    family === 4
      ? `PING ${asked} (${address}) ${data}(${size}) bytes of data.`
      : `PING ${asked}(${address}) ${data} data bytes`,
  ];
  const arrived = arrivalOf(trip);
  const isReply = arrived?.icmp?.type === (family === 4 ? 0 : 129);
  const limit = messageSize(trip);
  if (limit !== undefined) {
    lines.push(`ping: local error: message too long, ${family === 4 ? 'mtu=' : 'mtu: '}${limit}`);
  } else if (arrived !== undefined && isReply) {
    lines.push(`${data + 8} bytes from ${arrived.src}: icmp_seq=1 ttl=${arrived.ttl}`);
  } else if (arrived?.icmp !== undefined) {
    lines.push(`From ${arrived.src} icmp_seq=1 ${icmpErrorText(arrived.icmp, family).words}`);
  }
  const received = isReply ? 1 : 0;
  const errors = limit !== undefined || (arrived !== undefined && !isReply) ? ', +1 errors' : '';
  lines.push('', `--- ${asked} ping statistics ---`);
  lines.push(`1 packets transmitted, ${received} received${errors}, ${received === 1 ? 0 : 100}% packet loss`);
  if (received === 0) lines.push(...causeLines(result));
  return `${lines.join('\n')}\n`;
}

/** The MTU that IP_RECVERR tells of a message no packet was made for (iputils ping/ping.c, ping6_common.c). */
function messageSize({ forward }: RoundTrip): number | undefined {
  const step = forward.hops.length === 1 ? forward.hops[0]?.steps.at(-1) : undefined;
  return step?.kind === 'drop' && step.cause?.kind === 'message-size' ? step.cause.mtu : undefined;
}

import type { TraceResult } from '../../trace/index.ts';
import { arrivalOf, causeLine, icmpErrorText, unknownLine } from './arrival.ts';

/** The walk as iputils' ping prints it from inside the sender, without the times a model does not have. */
export function renderPing(result: TraceResult, asked: string): string {
  const [trip] = result.roundTrips;
  const unsure = unknownLine(trip);
  if (unsure !== undefined) return `${unsure}\n`;
  const address = result.query.to.address;
  if (trip === undefined || address === null) return `ping: ${asked}: Name or service not known\n`;
  const size = trip.forward.hops[0]?.steps[0]?.before.length ?? 84;
  const header = address.includes(':') ? 48 : 28;
  const lines = [`PING ${asked} (${address}) ${size - header}(${size}) bytes of data.`];
  const arrived = arrivalOf(trip);
  const family = address.includes(':') ? 6 : 4;
  const isReply = arrived?.icmp?.type === (family === 4 ? 0 : 129);
  const isLocal = trip.disposition === 'too-big' && trip.diedAt?.leg === 'forward' && trip.diedAt.hop === 0;
  if (isLocal) {
    lines.push(`ping: local error: message too long, mtu: ${arrived?.icmp?.mtu ?? 'unknown'}`);
  } else if (arrived !== undefined && isReply) {
    lines.push(`${size - header + 8} bytes from ${arrived.src}: icmp_seq=1 ttl=${arrived.ttl}`);
  } else if (arrived?.icmp !== undefined) {
    lines.push(`From ${arrived.src} icmp_seq=1 ${icmpErrorText(arrived.icmp, family).words}`);
  }
  const received = isReply ? 1 : 0;
  const errors = isLocal || (arrived !== undefined && !isReply) ? ', +1 errors' : '';
  lines.push('', `--- ${asked} ping statistics ---`);
  lines.push(`1 packets transmitted, ${received} received${errors}, ${received === 1 ? 0 : 100}% packet loss`);
  const why = causeLine(result);
  if (received === 0 && why !== undefined) lines.push(`(${why})`);
  return `${lines.join('\n')}\n`;
}

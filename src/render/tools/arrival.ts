import type { Headers, RoundTrip, TraceResult } from '../../trace/index.ts';

/** Headers of whatever came back to the asking socket; undefined when nothing did. */
export function arrivalOf(trip: RoundTrip): Headers | undefined {
  if (trip.reply === null || trip.diedAt?.leg === 'reply') return undefined;
  const end = trip.reply.hops.at(-1)?.steps.findLast((step) => step.kind === 'deliver' || step.kind === 'enter');
  return end?.after;
}

/** No tool prints this: what a real one would have said is not known, and why. Undefined where the walk is sure. */
export const unknownLine = (trip: RoundTrip | undefined): string | undefined =>
  trip?.disposition === 'unknown' || trip?.reply?.disposition === 'unknown'
    ? `# unknown: ${trip.unknowns.join('; ')}`
    : undefined;

/** What no tool knows and a reader wants: the cause of a failure where one is found, else where the packet died. */
const causeLine = ({ findings, blockers }: TraceResult): string | undefined =>
  findings.find(({ severity }) => severity === 'error')?.message ?? blockers[0]?.message;

/** Behind what a tool prints, once: the cause in brackets. A port that is closed is reached, and its tool says so itself. */
export function causeLines(result: TraceResult | undefined): readonly string[] {
  if (result === undefined || result.verdict === 'delivered') return [];
  const [blocker] = result.blockers;
  const why = blocker?.cause.kind === 'closed-port' ? undefined : causeLine(result);
  return why === undefined ? [] : [`(${why})`];
}

/** What ping and traceroute print of an ICMP error (iputils ping_common, traceroute's !X marks). */
export function icmpErrorText(
  icmp: NonNullable<Headers['icmp']>,
  family: 4 | 6,
): { readonly words: string; readonly mark: string } {
  const table = family === 4 ? errors4 : errors6;
  return (
    table[`${icmp.type}/${icmp.code}`] ?? {
      words: `Destination unreachable, code ${icmp.code}`,
      mark: `!<${icmp.code}>`,
    }
  );
}

const errors4: Readonly<Record<string, { words: string; mark: string }>> = {
  '3/0': { words: 'Destination Net Unreachable', mark: '!N' },
  '3/1': { words: 'Destination Host Unreachable', mark: '!H' },
  '3/2': { words: 'Destination Protocol Unreachable', mark: '!P' },
  '3/3': { words: 'Destination Port Unreachable', mark: '' },
  '3/4': { words: 'Frag needed and DF set', mark: '!F' },
  '3/9': { words: 'Destination Net Prohibited', mark: '!X' },
  '3/10': { words: 'Destination Host Prohibited', mark: '!X' },
  '3/13': { words: 'Packet filtered', mark: '!X' },
  '11/0': { words: 'Time to live exceeded', mark: '' },
};
const errors6: Readonly<Record<string, { words: string; mark: string }>> = {
  '1/0': { words: 'Destination unreachable: No route', mark: '!N' },
  '1/1': { words: 'Destination unreachable: Administratively prohibited', mark: '!X' },
  '1/3': { words: 'Destination unreachable: Address unreachable', mark: '!H' },
  '1/4': { words: 'Destination unreachable: Port unreachable', mark: '' },
  '2/0': { words: 'Packet too big', mark: '!F' },
  '3/0': { words: 'Time exceeded: Hop limit', mark: '' },
};

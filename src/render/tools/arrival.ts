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

interface ErrorText {
  readonly words: string;
  readonly mark: string;
}

/**
 * What ping and traceroute print of an ICMP error (iputils ping/ping.c pr_icmph, ping/ping6_common.c print_icmp; traceroute
 * 2.1 parse_icmp_res).
 */
export function icmpErrorText(icmp: NonNullable<Headers['icmp']>, family: 4 | 6): ErrorText {
  const { type, code, mtu = 0 } = icmp;
  const tooBig = family === 4 ? type === 3 && code === 4 : type === 2;
  if (tooBig)
    return {
      words: family === 4 ? `Frag needed and DF set (mtu = ${mtu})` : `Packet too big: mtu=${mtu}`,
      mark: `!F-${mtu}`,
    };
  const known = (family === 4 ? errors4 : errors6)[`${type}/${code}`];
  if (known !== undefined) return known;
  if (family === 4 && type === 3) return { words: `Dest Unreachable, Bad Code: ${code}`, mark: `!<${code}>` };
  if (family === 6 && type === 1) return { words: `Destination unreachable: Unknown code ${code}`, mark: `!<${code}>` };
  return { words: family === 4 ? `Bad ICMP type: ${type}` : `unknown icmp type: ${type}`, mark: `!<${type}-${code}>` };
}

const errors4: Readonly<Record<string, ErrorText>> = {
  '3/0': { words: 'Destination Net Unreachable', mark: '!N' },
  '3/1': { words: 'Destination Host Unreachable', mark: '!H' },
  '3/2': { words: 'Destination Protocol Unreachable', mark: '!P' },
  '3/3': { words: 'Destination Port Unreachable', mark: '' },
  '3/5': { words: 'Source Route Failed', mark: '!S' },
  '3/6': { words: 'Destination Net Unknown', mark: '!N' },
  '3/7': { words: 'Destination Host Unknown', mark: '!H' },
  '3/8': { words: 'Source Host Isolated', mark: '!N' },
  '3/9': { words: 'Destination Net Prohibited', mark: '!X' },
  '3/10': { words: 'Destination Host Prohibited', mark: '!X' },
  '3/11': { words: 'Destination Net Unreachable for Type of Service', mark: '!N' },
  '3/12': { words: 'Destination Host Unreachable for Type of Service', mark: '!H' },
  '3/13': { words: 'Packet filtered', mark: '!X' },
  '3/14': { words: 'Precedence Violation', mark: '!V' },
  '3/15': { words: 'Precedence Cutoff', mark: '!C' },
  '11/0': { words: 'Time to live exceeded', mark: '' },
  '11/1': { words: 'Frag reassembly time exceeded', mark: '!<11-1>' },
};
const errors6: Readonly<Record<string, ErrorText>> = {
  '1/0': { words: 'Destination unreachable: No route', mark: '!N' },
  '1/1': { words: 'Destination unreachable: Administratively prohibited', mark: '!X' },
  '1/2': { words: 'Destination unreachable: Beyond scope of source address', mark: '!H' },
  '1/3': { words: 'Destination unreachable: Address unreachable', mark: '!H' },
  '1/4': { words: 'Destination unreachable: Port unreachable', mark: '' },
  '3/0': { words: 'Time exceeded: Hop limit', mark: '' },
  '3/1': { words: 'Time exceeded: Defragmentation failure', mark: '!<3-1>' },
};

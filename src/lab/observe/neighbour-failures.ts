import type { Headers } from '../../trace/index.ts';
import type { Stay } from './stays.ts';

/**
 * Of a neighbour that does not answer IPv6 gives no reason (net/ipv6/ndisc.c ndisc_error_report): that its sender is told so
 * shows it.
 */
export function tellFailures(stays: readonly Stay[]): void {
  for (const stay of stays) {
    const { drop, headers, at } = stay;
    if (drop?.reason !== 'NOT_SPECIFIED' || headers.family !== 6 || !stay.reachedPost) continue;
    const isTold = ({ first, ...each }: Stay): boolean =>
      each.at === at && each.entered === undefined && first.dst === headers.src && isAddressUnreachable(first);
    if (stays.some(isTold)) stay.drop = { ...drop, reason: 'NEIGH_FAILED' };
  }
}

/** RFC 4443, 3.1. */
const isAddressUnreachable = ({ icmp }: Headers): boolean => icmp?.type === 1 && icmp.code === 3;

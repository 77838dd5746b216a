import type { Match } from '../../../linux/index.ts';
import type { MatchModule } from '../types.ts';

/** `-i` and `-o`: a packet without that device has the empty name (ip_tables.c, ip_packet_match). */
export const interfaces: MatchModule<Extract<Match, { kind: 'in-interface' | 'out-interface' }>> = {
  eval({ kind, not, name, wildcard }) {
    const holds = nameMatches(name, wildcard);
    return kind === 'in-interface'
      ? (frame) => holds(frame.skb.iif ?? '') !== not
      : (frame) => holds(frame.skb.oif ?? '') !== not;
  },
};

/** `name` with or without its `+` or `*`. */
export function nameMatches(name: string, wildcard: boolean): (dev: string) => boolean {
  if (!wildcard) return (dev) => dev === name;
  const prefix = name.replace(/[+*]$/, '');
  return (dev) => dev.startsWith(prefix);
}

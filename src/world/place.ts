import type { NetnsId } from '../linux/index.ts';
import type { Place } from '../trace/index.ts';

/** What a namespace is called in a trace. */
export function placeOf(netns: NetnsId): Place {
  const slash = netns.indexOf('/');
  const kind = netns.slice(0, slash);
  const known = kind === 'pod' || kind === 'node' || kind === 'internet' ? kind : 'host';
  return { kind: known, name: netns.slice(slash + 1) };
}

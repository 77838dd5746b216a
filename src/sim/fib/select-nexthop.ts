import type { Route, RouteType } from '../../linux/index.ts';
import type { Ip } from '../../net/index.ts';
import { hasFlag } from '../packet.ts';
import type { FlowQuery, Host } from '../types.ts';
import { devConf, deviceOf } from './device.ts';

export type NextHopChoice =
  | { readonly kind: 'use'; readonly dev: string; readonly gateway: Ip | undefined }
  /** No next hop of the route can carry the flow: the lookup goes on with the next route. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly what: string };

const NONE: NextHopChoice = { kind: 'none' };

/**
 * The next hop of a route (fib_trie.c fib_table_lookup, its loop over `nhsel`). A multipath route spreads flows by a keyed
 * hash (fib_semantics.c fib_select_multipath) whose key is random at boot: unless every usable next hop is the same, the
 * answer is not in the artefacts.
 */
export function selectNexthop(host: Host, route: Route, query: FlowQuery): NextHopChoice {
  if (route.nexthops === undefined || route.nexthops.length === 0) {
    if (route.dev === undefined) {
      return { kind: 'unknown', what: `a ${route.type} route to ${route.dst.text} without a device` };
    }
    return usable(host, route.type, route.dev, route.flags, query)
      ? { kind: 'use', dev: route.dev, gateway: route.gateway }
      : NONE;
  }
  let chosen: NextHopChoice = NONE;
  for (const hop of route.nexthops) {
    if (!usable(host, route.type, hop.dev, hop.flags, query)) continue;
    if (chosen.kind !== 'use') chosen = { kind: 'use', dev: hop.dev, gateway: hop.gateway };
    else if (chosen.dev !== hop.dev || chosen.gateway !== hop.gateway) {
      return { kind: 'unknown', what: `which next hop of the multipath route to ${route.dst.text} the flow hashes to` };
    }
  }
  return chosen;
}

function usable(host: Host, type: RouteType, dev: string, flags: readonly string[], query: FlowQuery): boolean {
  if (query.oif !== undefined && query.oif !== dev) return false;
  if (hasFlag(flags, 'dead')) return false;
  // A device that goes down takes its routes along, save those to its own addresses (fib_semantics.c fib_sync_down_dev).
  if (type !== 'local' && !deviceOf(host, dev).up) return false;
  return !hasFlag(flags, 'linkdown') || !devConf(host, dev).ignoreLinkdown;
}

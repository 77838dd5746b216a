import type { Route } from '../../linux/index.ts';
import type { Device } from '../types.ts';
import { IPV6_MIN_MTU } from './dev-conf.ts';

/** Of what this host sends by a route (include/net/ip.h ip_dst_mtu_maybe_forward, include/net/ip6_route.h ip6_dst_mtu_maybe_forward). */
export const routeMtu = ({ mtu, family }: Route, out: Device): number => mtu ?? (family === 6 ? out.mtu6 : out.mtu);

/**
 * What ip_forward and ip6_forward measure a packet by: to IPv6 a route's own MTU counts here only where it is locked, and
 * nothing is less than the least.
 */
export const forwardMtu = (route: Route, out: Device): number =>
  route.family === 4
    ? routeMtu(route, out)
    : Math.max(IPV6_MIN_MTU, route.mtuLocked === true ? routeMtu(route, out) : out.mtu6);

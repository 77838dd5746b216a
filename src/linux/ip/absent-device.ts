import { ROUTE_TYPES_WITHOUT_DEVICE, type Route } from './types.ts';

/**
 * Why a route over a device that is not among `devices` cannot be followed; undefined: it can. A kernel takes no route over a
 * device it does not have (net/ipv4/fib_semantics.c fib_check_nh, net/ipv6/route.c ip6_route_info_create).
 */
export function overAbsentDevice(route: Route, devices: ReadonlySet<string>): string | undefined {
  const lost = absentDevice(route, devices);
  return lost === undefined
    ? undefined
    : `its device ${lost} is not among the devices, so what it stands for is not known`;
}

function absentDevice(route: Route, devices: ReadonlySet<string>): string | undefined {
  const { type, dev, nexthops = [], flags } = route;
  if (ROUTE_TYPES_WITHOUT_DEVICE.has(type) || flags.includes('dead')) return undefined;
  if (dev !== undefined && !devices.has(dev)) return dev;
  return nexthops.find((hop) => !devices.has(hop.dev))?.dev;
}

import { type Address, LOCAL_TABLE, type Origin, type Route } from '../../linux/index.ts';
import { cidr, cidrLast, cidrOf } from '../../net/index.ts';

const kernel: Origin = { by: 'kernel' };
const MULTICAST6 = cidr('ff00::/8');

/**
 * The local table as the kernel fills it from a namespace's addresses (net/ipv4/fib_frontend.c fib_add_ifaddr,
 * net/ipv6/addrconf.c). Connected routes of main are not here: who configured the address decides whether they stay.
 */
export function localRoutes(addresses: readonly Address[]): readonly Route[] {
  const devices = [...new Set(addresses.filter(isGlobal6).map((address) => address.dev))];
  return [
    ...addresses.flatMap((address) => (address.family === 4 ? local4(address) : local6(address))),
    ...devices.flatMap(multicast6),
  ];
}

const isGlobal6 = (address: Address): boolean => address.family === 6 && address.dev !== 'lo';

function local4({ dev, local, prefixlen, scope }: Address): readonly Route[] {
  const base = {
    family: 4,
    table: LOCAL_TABLE,
    dev,
    prefsrc: local,
    protocol: 'kernel',
    flags: [],
    origin: kernel,
  } as const;
  const own: Route = { ...base, type: 'local', dst: cidrOf(local), scope: 'host' };
  if (prefixlen === 32) return [own];
  const block = cidrOf(local, prefixlen);
  const broadcast: readonly Route[] =
    prefixlen < 31 ? [{ ...base, type: 'broadcast', dst: cidrOf(cidrLast(block)), scope: 'link' }] : [];
  // Loopback's block is local as a whole: that makes all of 127.0.0.0/8 answer.
  const loopback: readonly Route[] = scope === 'host' ? [{ ...base, type: 'local', dst: block, scope: 'host' }] : [];
  return [...loopback, own, ...broadcast];
}

const local6 = ({ dev, local }: Address): readonly Route[] => [
  { ...base6(dev), type: 'local', dst: cidrOf(local), metric: 0 },
];

const multicast6 = (dev: string): readonly Route[] => [
  { ...base6(dev), type: 'multicast', dst: MULTICAST6, metric: 256 },
];

const base6 = (dev: string) =>
  ({ family: 6, table: LOCAL_TABLE, dev, protocol: 'kernel', scope: 'global', flags: [], origin: kernel }) as const;

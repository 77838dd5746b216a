import { ip } from '../../src/net/index.ts';
import { resolveName } from '../../src/sim/index.ts';
import type { HostsLine, World } from '../../src/world/index.ts';
import type { OrderCase } from './destination-order-cases.ts';
import { fibNetns } from './fib/namespace.ts';
import { testWorld } from './test-world.ts';

export const ipv6Off = (devices: readonly string[]): readonly string[] =>
  devices.map((dev) => `net.ipv6.conf.${dev}.disable_ipv6`);

/** The addresses of a name as the model's library sorts them in a namespace of the route lookups. */
export function modelOrder({ what, given = [], ipv4Only }: OrderCase, listed: string): string {
  const made = fibNetns({ what, given, rows: [] });
  const off = ipv6Off(ipv4Only === true ? made.links.map(({ ifname }) => ifname) : []);
  const netns = {
    ...made,
    // The kernel takes the addresses away with it.
    addresses: made.addresses.filter(({ family }) => family === 4 || off.length === 0),
    sysctls: new Map([...made.sysctls, ...off.map((key): [string, string] => [key, '1'])]),
  };
  const empty = testWorld({ externalSnat: true });
  const world: World = { ...empty, netns: new Map([...empty.netns, [netns.id, netns]]) };
  const hosts = listed.split(' ').map((address): HostsLine => ({ address: ip(address), names: ['many'] }));
  return resolveName(world, netns.id, 'many', { hosts }).addresses.join(' ');
}

import type { Rng } from '../../../src/base/index.ts';

/** What rules and packets of one random namespace share, so that they often meet. */
export interface Pools {
  readonly family: 4 | 6;
  /** Its name to iptables and ip rule, and to nft. */
  readonly icmp: { readonly name: string; readonly nft: string };
  /** Devices in their order, with the hosts behind each. */
  readonly devices: readonly Device[];
  /** The namespace's own addresses. */
  readonly own: readonly string[];
  /** Addresses nobody has: what DNAT is for. */
  readonly virtual: readonly string[];
  /** Behind no subnet: reached by a gateway, or not at all. */
  readonly far: readonly string[];
  readonly ports: readonly number[];
  readonly marks: readonly string[];
}

export interface Device {
  readonly name: string;
  /** Absent: a device without an address, as a pod's veth is. */
  readonly address: string | undefined;
  readonly hosts: readonly string[];
}

const SUBNETS = [1, 2, 3];
const HOSTS = [2, 3, 4, 5];

export function randomPools(rng: Rng): Pools {
  const names = ['in0', 'out0', 'mid0'].slice(0, rng.int(2, 3));
  const devices: Device[] = names.map((name, at) => ({
    name,
    address: `10.${SUBNETS[at]}.0.1`,
    hosts: HOSTS.map((host) => `10.${SUBNETS[at]}.0.${host}`),
  }));
  if (chance(rng, 0.5)) devices.push({ name: 'pod0', address: undefined, hosts: ['10.4.0.2', '10.4.0.3'] });
  return {
    family: 4,
    icmp: { name: 'icmp', nft: 'icmp' },
    devices,
    own: devices.flatMap(({ address }) => address ?? []),
    virtual: ['10.96.0.1', '10.96.0.2', '10.96.0.10'],
    far: ['203.0.113.5', '198.51.100.7', '10.200.0.9'],
    ports: [53, 80, 443, 8080, 30080, 40000, 40001],
    marks: ['0x80/0x80', '0x4000/0x4000', '0x1/0x1', '0x2/0xff', '0x4000/0xffffffff', '0x0/0x4000'],
  };
}

export const chance = (rng: Rng, p: number): boolean => rng.next() < p;

/** One of several makers, by weight. */
export function weighted<T>(rng: Rng, makers: readonly (readonly [weight: number, make: () => T])[]): T {
  const total = makers.reduce((sum, [weight]) => sum + weight, 0);
  let at = rng.next() * total;
  for (const [weight, make] of makers) {
    at -= weight;
    if (at < 0) return make();
  }
  const last = makers.at(-1);
  if (last === undefined) throw new RangeError('Cannot choose among no makers');
  return last[1]();
}

export const someOf = <T>(rng: Rng, items: readonly T[], p: number): T[] => items.filter(() => chance(rng, p));

export const hostsOf = (pools: Pools): readonly string[] => pools.devices.flatMap(({ hosts }) => hosts);

/** Any address a packet may come from or go to. */
export const anyAddress = (rng: Rng, pools: Pools): string =>
  weighted(rng, [
    [6, () => rng.pick(hostsOf(pools))],
    [2, () => rng.pick(pools.own)],
    [3, () => rng.pick(pools.virtual)],
    [1, () => rng.pick(pools.far)],
  ]);

export const anyBlock = (rng: Rng, pools: Pools): string =>
  weighted(rng, [
    [5, () => `${anyAddress(rng, pools)}/32`],
    [2, () => rng.pick(['10.1.0.0/24', '10.2.0.0/24', '10.96.0.0/16', '10.0.0.0/8'])],
    [1, () => rng.pick(['10.2.0.0/30', '10.1.0.4/31', '0.0.0.0/1', '10.4.0.0/16'])],
  ]);

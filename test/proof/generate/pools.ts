import type { Rng } from '../../../src/base/index.ts';
import { ip } from '../../../src/net/index.ts';

/** What rules and packets of one random namespace share, so that they often meet. */
export interface Pools {
  readonly family: 4 | 6;
  /** How its own ICMP is called and numbered. */
  readonly icmp: Icmp;
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

/** The family's ICMP: its names, a query and its answer, and errors by their causes. */
export interface Icmp {
  readonly name: string;
  readonly nft: string;
  readonly echo: string;
  readonly reply: string;
  /** What iptables matches it by. */
  readonly match: readonly string[];
  readonly types: readonly string[];
  /** What a router complains with, and what REJECT answers with. */
  readonly errors: readonly string[];
  readonly rejects: readonly string[];
}

const ICMP: Readonly<Record<4 | 6, Icmp>> = {
  4: {
    name: 'icmp',
    nft: 'icmp',
    echo: '8/0',
    reply: '0/0',
    match: ['icmp', 'icmp-type'],
    types: ['8', '0', '3', '3/3', '11'],
    errors: ['3/1', '3/3', '11/0', '3/4 mtu 1400'],
    rejects: ['icmp-port-unreachable', 'icmp-host-prohibited', 'icmp-net-unreachable'],
  },
  6: {
    name: 'ipv6-icmp',
    nft: 'ipv6-icmp',
    echo: '128/0',
    reply: '129/0',
    match: ['icmp6', 'icmpv6-type'],
    types: ['128', '129', '1', '1/4', '3'],
    errors: ['1/0', '1/4', '3/0', '2/0 mtu 1400'],
    rejects: ['icmp6-port-unreachable', 'icmp6-adm-prohibited', 'icmp6-no-route', 'icmp6-policy-fail'],
  },
};

export interface Device {
  readonly name: string;
  /** Absent: a device without an address, as a pod's veth is. */
  readonly address: string | undefined;
  readonly hosts: readonly string[];
}

/** Half of all addresses. */
const HALF = { 4: '0.0.0.0/1', 6: '8000::/1' } as const;

const SUBNETS = [1, 2, 3];
const HOSTS = [2, 3, 4, 5];

export const WIDTH = { 4: 32, 6: 128 } as const;

/** An address or block as the family has it: 10.1.0.2 is fd0a:1::2, 10.1.0.0/24 its last 8 bits. */
export function inFamily(family: 4 | 6, text: string): string {
  if (family === 4) return text;
  const [address = '', length] = text.split('/');
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const bits = length === undefined ? 0 : Number(length);
  const suffix = length === undefined ? '' : `/${bits <= 16 ? bits * 2 : bits + 96}`;
  const words = [0xfd00 + a, b, 0, 0, 0, 0, c, d];
  const used = bits > 0 && bits <= 16 ? words.slice(0, bits / 8) : words;
  return `${ip(used.map((word) => word.toString(16)).join(':') + (used === words ? '' : '::'))}${suffix}`;
}

/** An address with a port, as packets and translations write it. */
export const ended = (address: string, port: string | number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

export function randomPools(rng: Rng, family: 4 | 6): Pools {
  const at = (text: string): string => inFamily(family, text);
  const names = ['in0', 'out0', 'mid0'].slice(0, rng.int(2, 3));
  const devices: Device[] = names.map((name, i) => ({
    name,
    address: at(`10.${SUBNETS[i]}.0.1`),
    hosts: HOSTS.map((host) => at(`10.${SUBNETS[i]}.0.${host}`)),
  }));
  if (chance(rng, 0.5)) devices.push({ name: 'pod0', address: undefined, hosts: ['10.4.0.2', '10.4.0.3'].map(at) });
  return {
    family,
    icmp: ICMP[family],
    devices,
    own: devices.flatMap(({ address }) => address ?? []),
    virtual: ['10.96.0.1', '10.96.0.2', '10.96.0.10'].map(at),
    far: ['203.0.113.5', '198.51.100.7', '10.200.0.9'].map(at),
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
    [5, () => `${anyAddress(rng, pools)}/${WIDTH[pools.family]}`],
    [2, () => inFamily(pools.family, rng.pick(['10.1.0.0/24', '10.2.0.0/24', '10.96.0.0/16', '10.0.0.0/8']))],
    [
      1,
      () =>
        rng.pick([
          ...['10.2.0.0/30', '10.1.0.4/31', '10.4.0.0/16'].map((text) => inFamily(pools.family, text)),
          HALF[pools.family],
        ]),
    ],
  ]);

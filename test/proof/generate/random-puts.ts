import type { Rng } from '../../../src/base/index.ts';
import { type Put, parsePut } from '../../planes/case.ts';
import { anyAddress, chance, ended, hostsOf, type Pools, weighted } from './pools.ts';

/** Random packets: new flows from every side, their answers and later packets, errors about them, strangers. */
export function randomPuts(rng: Rng, pools: Pools, count: number): readonly Put[] {
  const texts: string[] = [];
  while (texts.length < count) texts.push(randomPut(rng, pools, texts));
  return texts.map(parsePut);
}

function randomPut(rng: Rng, pools: Pools, earlier: readonly string[]): string {
  const follows = earlier.length > 0;
  return weighted(rng, [
    [10, () => newFlow(rng, pools)],
    [
      follows ? 6 : 0,
      () => followUp(rng, pools, earlier, (of) => `answer ${of} ${rng.pick(['SA', 'SA', 'SA', 'A', 'RA', 'FA'])}`),
    ],
    [
      follows ? 3 : 0,
      () => followUp(rng, pools, earlier, (of) => `again ${of} ${rng.pick(['A', 'A', 'S', 'FA', 'R'])}`),
    ],
    [
      follows ? 1.5 : 0,
      () =>
        followUp(
          rng,
          pools,
          earlier,
          (of) => `error ${of} ${rng.pick(pools.icmp.errors)} from ${anyAddress(rng, pools)}`,
        ),
    ],
    [2, () => ownFlow(rng, pools)],
    [1, () => stray(rng, pools)],
  ]);
}

/** Something about a recent packet. A socket of the namespace sends once, and is answered once, as a server would. */
function followUp(rng: Rng, pools: Pools, earlier: readonly string[], make: (of: number) => string): string {
  const of = rng.int(Math.max(1, earlier.length - 12), earlier.length);
  const text = earlier[of - 1] ?? '';
  if (rootOf(earlier, of) !== of && earlier[rootOf(earlier, of) - 1]?.startsWith('local') === true)
    return newFlow(rng, pools);
  if (!text.startsWith('local')) return make(of);
  const spent = earlier.some((each) => each.startsWith(`answer ${of} `));
  return spent ? newFlow(rng, pools) : `answer ${of} ${rng.pick(['SA', 'RA'])}`;
}

/** The packet a chain of answers and later packets began with. */
function rootOf(earlier: readonly string[], of: number): number {
  const before = /^(?:answer|again|error) (\d+)/.exec(earlier[of - 1] ?? '')?.[1];
  return before === undefined ? of : rootOf(earlier, Number(before));
}

function newFlow(rng: Rng, pools: Pools): string {
  const device = rng.pick(pools.devices);
  const src = chance(rng, 0.9) ? rng.pick(device.hosts) : anyAddress(rng, pools);
  const dst = anyAddress(rng, pools);
  const ttl = chance(rng, 0.06) ? ` ttl ${rng.pick([1, 2, 3, 63])}` : '';
  return `${device.name} ${flow(rng, pools, src, dst)}${ttl}`;
}

function flow(rng: Rng, pools: Pools, src: string, dst: string): string {
  const sport = chance(rng, 0.3) ? rng.pick(pools.ports) : rng.int(1024, 65000);
  const dport = chance(rng, 0.85) ? rng.pick(pools.ports) : rng.int(1, 65000);
  const size = chance(rng, 0.05) ? ` length ${rng.pick([200, 1400, 1500])}${chance(rng, 0.5) ? ' df' : ''}` : '';
  // A connection of an address with itself is more of an endpoint than the model has.
  const alike = pools.own.includes(src) && pools.own.includes(dst);
  return weighted(rng, [
    [alike ? 0 : 5, () => `tcp ${ended(src, sport)} > ${ended(dst, dport)} S`],
    [5, () => `udp ${ended(src, sport)} > ${ended(dst, dport)}${size}`],
    [2, () => `${pools.icmp.name} ${src} > ${dst} ${pools.icmp.echo} id ${rng.int(1, 9)}`],
  ]);
}

function ownFlow(rng: Rng, pools: Pools): string {
  const src = chance(rng, 0.6) ? (pools.family === 4 ? '0.0.0.0' : '::') : rng.pick(pools.own);
  const dst = anyAddress(rng, pools);
  const sport = rng.int(1024, 65000);
  const dport = rng.pick(pools.ports);
  return weighted(rng, [
    [2, () => `local tcp ${ended(src, sport)} > ${ended(dst, dport)} S`],
    [3, () => `local udp ${ended(src, sport)} > ${ended(dst, dport)}`],
    [1, () => `local ${pools.icmp.name} ${src} > ${dst} ${pools.icmp.echo} id ${sport}`],
  ]);
}

/** Packets no well-behaved sender makes: from the middle of a connection, from addresses that cannot send, about nothing. */
function stray(rng: Rng, pools: Pools): string {
  const device = rng.pick(pools.devices);
  const src = rng.pick(device.hosts);
  const dst = anyAddress(rng, pools);
  const [a, b] = [rng.pick(pools.ports), rng.pick(pools.ports)];
  const { family, icmp } = pools;
  const [badSource, badTarget] = [rng.pick(IMPOSSIBLE[family].sources), rng.pick(IMPOSSIBLE[family].targets)];
  return weighted(rng, [
    [
      3,
      () =>
        `${device.name} tcp ${ended(src, a)} > ${ended(dst, b)} ${rng.pick(['A', 'SA', 'R', 'RA', 'FA', 'F', 'SF'])}`,
    ],
    [1, () => `${device.name} udp ${ended(badSource, a)} > ${ended(dst, b)}`],
    [1, () => `${device.name} udp ${ended(src, a)} > ${ended(badTarget, b)}`],
    [
      1,
      () => `${device.name} ${icmp.name} ${src} > ${dst} ${family === 4 ? rng.pick(['0/0', '13/0']) : icmp.reply} id 5`,
    ],
    [
      1,
      () =>
        `${device.name} ${icmp.name} ${src} > ${dst} ${icmp.errors[0]} [udp ${ended(dst, b)} > ${ended(rng.pick(hostsOf(pools)), a)}]`,
    ],
  ]);
}

/** Addresses no packet of a wire can have. */
const IMPOSSIBLE = {
  4: {
    sources: ['127.0.0.1', '224.0.0.5', '255.255.255.255', '240.0.0.9'],
    targets: ['127.0.0.1', '0.0.0.9', '240.0.0.9', '10.1.0.0'],
  },
  6: { sources: ['::1', 'ff0e::5'], targets: ['::1'] },
} as const;

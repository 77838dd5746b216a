/**
 * Route lookups as data: one table, two engines. The model answers it in src/sim/fib/fib.test.ts, the running kernel in
 * test/kernel/fib.test.ts; the kernel is the judge.
 *
 * Every namespace has in0 10.1.0.1/24, out0 10.2.0.1/24 and aux0 10.3.0.1/24 (fd00:1::1/64, fd00:2::1/64, fd00:3::1/64),
 * forwards, and checks no source; 10.9.0.0/16 (fd00:9::/64) is behind 10.2.0.9 (fd00:2::9). `given` adds to it, in the
 * words of the tools. A question is asked in the words of `ip route get`, with `iif` for a packet that arrives.
 *
 * The answer: type unless unicast, `via`, `dev`, `src` (chosen for a packet of this host) and the route that matched, with its
 * table unless that is main or local; or the errno.
 */
export interface FibCase {
  readonly what: string;
  readonly given?: readonly string[];
  readonly rows: readonly (readonly [ask: string, answer: string])[];
}

/** What every case starts with. */
export const BASE = [
  'addr 10.1.0.1/24 dev in0',
  'addr 10.2.0.1/24 dev out0',
  'addr 10.3.0.1/24 dev aux0',
  'addr fd00:1::1/64 dev in0',
  'addr fd00:2::1/64 dev out0',
  'addr fd00:3::1/64 dev aux0',
  'route 10.9.0.0/16 via 10.2.0.9 dev out0',
  'route fd00:9::/64 via fd00:2::9 dev out0',
  'sysctl net.ipv4.ip_forward=1',
  'sysctl net.ipv6.conf.all.forwarding=1',
  ...['all', 'default', 'in0', 'out0', 'aux0'].map((dev) => `sysctl net.ipv4.conf.${dev}.rp_filter=0`),
];

export const MAIN = 'via 10.2.0.9 dev out0 src 10.2.0.1 [10.9.0.0/16]';
export const IN = 'via 10.2.0.9 dev out0 [10.9.0.0/16]';
/** Table 100 sends everything to aux0. */
export const T100 = 'route default via 10.3.0.9 dev aux0 table 100';
export const VIA100 = 'via 10.3.0.9 dev aux0 src 10.3.0.1 [default table 100]';
export const FROM_IN = 'from 10.1.0.2 iif in0';

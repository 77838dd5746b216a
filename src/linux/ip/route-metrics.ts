import type { Route } from './types.ts';

/** What a route says of the packets of this host that go by it (include/uapi/linux/rtnetlink.h, RTAX_*). */
export type RouteMetrics = Pick<Route, 'mtu' | 'mtuLocked' | 'hoplimit' | 'metrics'>;

/** In the kernel's order, which is that of `ip route` (iproute2 6.1, ip/iproute.c mx_names). */
const NAMES = [
  ...['mtu', 'window', 'rtt', 'rttvar', 'ssthresh', 'cwnd', 'advmss', 'reordering', 'hoplimit', 'initcwnd', 'features'],
  ...['rto_min', 'initrwnd', 'quickack', 'congctl', 'fastopen_no_cookie'],
];
const MAX_HOPLIMIT = 255;

export const isMetric = (word: string): boolean => NAMES.includes(word);

/** A route's metrics with one more; undefined where the value is none that it takes. */
export function withMetric(known: RouteMetrics, name: string, value: string, lock: boolean): RouteMetrics | undefined {
  const number = /^\d+$/.test(value) ? Number(value) : undefined;
  if (name === 'mtu') {
    if (number === undefined) return undefined;
    return { ...known, mtu: number, ...(lock ? { mtuLocked: true } : {}) };
  }
  if (name === 'hoplimit') {
    // A lock of it is read by nobody (net/ipv4/route.c, ip4_dst_hoplimit).
    return number === undefined || number > MAX_HOPLIMIT ? undefined : { ...known, hoplimit: number };
  }
  return { ...known, metrics: { ...known.metrics, [name]: lock ? `lock ${value}` : value } };
}

/** `mtu lock 1400 hoplimit 9`, as `ip route` prints and takes it. */
export const metricWords = ({ mtu, mtuLocked, hoplimit, metrics = {} }: RouteMetrics): readonly string[] =>
  NAMES.flatMap((name) => {
    if (name === 'mtu') return mtu === undefined ? [] : ['mtu', ...(mtuLocked === true ? ['lock'] : []), `${mtu}`];
    if (name === 'hoplimit') return hoplimit === undefined ? [] : ['hoplimit', `${hoplimit}`];
    return metrics[name] === undefined ? [] : [name, ...metrics[name].split(' ')];
  });

/** Words `ip -j route` has another key for; a feature is a key of its own there. */
const KEYS: Readonly<Record<string, string>> = { congctl: 'congestion', features: 'ecn' };
/** Milliseconds: numbers there, and with their unit in words. */
const TIMES = ['rtt', 'rttvar', 'rto_min'];

/** The value of `metrics` in `ip -j route`; undefined: there are none. A lock, which that leaves out, is said as `lock`. */
export function metricsJson({ mtu, mtuLocked, hoplimit, metrics = {} }: RouteMetrics): readonly object[] | undefined {
  const said = {
    ...(mtu === undefined ? {} : { mtu }),
    ...(mtuLocked === true ? { lock: ['mtu'] } : {}),
    ...(hoplimit === undefined ? {} : { hoplimit }),
    ...Object.fromEntries(Object.entries(metrics).map(([name, value]) => [KEYS[name] ?? name, jsonOf(name, value)])),
  };
  return Object.keys(said).length === 0 ? undefined : [said];
}

function jsonOf(name: string, value: string): string | number | null {
  if (name === 'features') return null;
  const digits = (TIMES.includes(name) ? /^(\d+)ms$/ : /^(\d+)$/).exec(value)?.[1];
  return digits === undefined ? value : Number(digits);
}

/** Reads what `metricsJson` and `ip -j route` write; `unread` hears of every key it cannot. */
export function metricsFrom(groups: readonly object[], unread: (name: string) => void): RouteMetrics {
  let found: RouteMetrics = {};
  const entries = groups.flatMap((group) => Object.entries(group) as [string, unknown][]);
  const locks = entries.flatMap(([name, value]) =>
    name === 'lock' && Array.isArray(value) ? (value as unknown[]) : [],
  );
  for (const [key, value] of entries) {
    if (key === 'lock') continue;
    const name = NAMES.find((each) => KEYS[each] === key) ?? key;
    const text = wordOf(name, value);
    const next =
      text === undefined || !isMetric(name) ? undefined : withMetric(found, name, text, locks.includes(name));
    if (next === undefined) unread(key);
    else found = next;
  }
  return found;
}

function wordOf(name: string, value: unknown): string | undefined {
  if (name === 'features') return 'ecn';
  if (typeof value === 'number') return TIMES.includes(name) ? `${value}ms` : `${value}`;
  return typeof value === 'string' ? value : undefined;
}

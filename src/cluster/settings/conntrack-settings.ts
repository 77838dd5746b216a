import type { KubeProxyConfig } from '../cluster.ts';
import type { Fields } from '../read/fields.ts';

/** kube-proxy's defaults (`pkg/proxy/apis/config/v1alpha1/defaults.go`), which EKS's own file repeats. Times are seconds. */
export const conntrackDefaults: KubeProxyConfig['conntrack'] = {
  maxPerCore: 32 * 1024,
  min: 128 * 1024,
  tcpEstablishedTimeout: 86_400,
  tcpCloseWaitTimeout: 3600,
  tcpBeLiberal: false,
  udpTimeout: 0,
  udpStreamTimeout: 0,
};

const known: ReadonlySet<string> = new Set(Object.keys(conntrackDefaults));
const MAX_INT32 = 0x7fffffff;

/** `conntrack` of a KubeProxyConfiguration. */
export function readConntrack(fields: Fields | undefined): KubeProxyConfig['conntrack'] {
  if (fields === undefined) return conntrackDefaults;
  fields.known(known, 'warning');
  const time = (key: 'tcpEstablishedTimeout' | 'tcpCloseWaitTimeout' | 'udpTimeout' | 'udpStreamTimeout'): number =>
    seconds(fields, key) ?? conntrackDefaults[key];
  return {
    maxPerCore: fields.integer('maxPerCore', 0, MAX_INT32) ?? conntrackDefaults.maxPerCore,
    min: fields.integer('min', 0, MAX_INT32) ?? conntrackDefaults.min,
    tcpEstablishedTimeout: time('tcpEstablishedTimeout'),
    tcpCloseWaitTimeout: time('tcpCloseWaitTimeout'),
    tcpBeLiberal: fields.boolean('tcpBeLiberal') ?? conntrackDefaults.tcpBeLiberal,
    udpTimeout: time('udpTimeout'),
    udpStreamTimeout: time('udpStreamTimeout'),
  };
}

function seconds(fields: Fields, key: string): number | undefined {
  const value = fields.get(key);
  if (value === undefined) return undefined;
  const read = typeof value === 'string' ? goDuration(value) : undefined;
  return read === undefined
    ? fields.wrong(key, value, 'a duration such as "24h0m0s", 0s to leave the node as it is')
    : Math.trunc(read);
}

const UNITS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };

/** Seconds of what Go's time.ParseDuration reads and kube-proxy takes: nothing below zero. */
function goDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^\+?(?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|ns))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g))
    sum += Number(amount) * (UNITS[unit] ?? 0);
  return sum;
}

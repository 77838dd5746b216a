import { didYouMean } from '../../base/index.ts';
import type { Fields } from '../read/fields.ts';

/** Parts of an addon's configurationValues: those that are read, those that change what a packet meets and are not, and the rest. */
const parts = {
  coredns: {
    read: ['affinity', 'corefile', 'nodeSelector', 'replicaCount', 'tolerations', 'topologySpreadConstraints'],
    unread: ['autoScaling', 'computeType'],
    rest: ['podAnnotations', 'podDisruptionBudget', 'podLabels', 'resources'],
  },
  'kube-proxy': {
    read: ['ipvs', 'mode'],
    unread: [],
    rest: ['podAnnotations', 'podLabels', 'resources'],
  },
} as const;

/** Says what of an addon's configuration is not followed, and what nobody knows (`aws eks describe-addon-configuration` prints the schema). */
export function checkAddonParts(addon: keyof typeof parts, inner: Fields): void {
  const { read, unread, rest } = parts[addon];
  const known: readonly string[] = [...read, ...unread, ...rest];
  for (const name of Object.keys(inner.value)) {
    const of = `"${name}" of the configurationValues of addon "${addon}"`;
    if (!known.includes(name)) {
      const message = `Unknown part ${of}`;
      inner.complain([name], { code: 'unknown-field', severity: 'warning', message, ...didYouMean(name, known) });
    } else if (unread.some((each: string) => each === name)) {
      const message = `Part ${of} is not followed: how many pods CoreDNS has, and where, goes by the rest`;
      inner.complain([name], { code: 'not-modelled', severity: 'warning', message });
    }
  }
}

import type { UnmodelledInput } from '../cluster.ts';
import type { EksctlCluster } from './read-cluster-config.ts';

/**
 * `addonsConfig.disableDefaultAddons`: what is neither named as an addon nor in the input is not there, and what stands in
 * for it is not known.
 */
export function missingAddons(cluster: EksctlCluster, live: ReadonlySet<string>): readonly UnmodelledInput[] {
  const { defaultAddonsOff: at, addons } = cluster;
  if (at === undefined) return [];
  return ['vpc-cni', 'kube-proxy']
    .filter((name) => !live.has(name) && !addons.some((addon) => addon.name === name))
    .map((name) => ({
      what: `"disableDefaultAddons" is set and no addon "${name}" is named: what the nodes run instead is not known`,
      at,
      touches: { kind: 'nodes' },
    }));
}

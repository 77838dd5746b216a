import type { UnmodelledInput } from '../cluster.ts';
import type { EksctlCluster } from './read-cluster-config.ts';

/**
 * `addonsConfig.disableDefaultAddons`, or Auto Mode, for whose nodes eksctl installs none of them
 * (pkg/actions/addon/known_addons.go, HasDefaultNonAutoAddon): what is neither named as an addon nor in the input is not
 * there, and what stands in for it is not known.
 */
export function missingAddons(cluster: EksctlCluster, live: ReadonlySet<string>): readonly UnmodelledInput[] {
  const { defaultAddonsOff, autoMode, addons } = cluster;
  const at = defaultAddonsOff ?? autoMode;
  if (at === undefined) return [];
  const why = defaultAddonsOff === undefined ? 'EKS Auto Mode is on' : '"disableDefaultAddons" is set';
  return ['vpc-cni', 'kube-proxy']
    .filter((name) => !live.has(name) && !addons.some((addon) => addon.name === name))
    .map((name) => ({
      what: `${why} and no addon "${name}" is named: what the nodes run instead is not known`,
      at,
      touches: { kind: 'nodes' },
    }));
}

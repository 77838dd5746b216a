import type { Issue } from '../../base/index.ts';
import type { Cluster } from '../cluster.ts';
import type { EksctlCluster } from '../eksctl/read-cluster-config.ts';
import { readPodPlacement } from '../kinds/pod-placement.ts';
import { maybe } from '../read/fields.ts';
import { checkAddonParts } from './addon-parts.ts';
import type { FoundCorefile } from './corefile.ts';
import { readInner } from './inner-document.ts';

export interface CoreDnsAddon {
  readonly corefile?: FoundCorefile;
  readonly pods?: NonNullable<Cluster['coreDnsPods']>;
}

/** The configurationValues of addon coredns. A list they give stands for the addon's own, as a whole. */
export function readCoreDnsAddon(addons: EksctlCluster['addons'], issues: Issue[]): CoreDnsAddon {
  const values = addons.find((addon) => addon.name === 'coredns')?.configurationValues;
  const inner = values === undefined ? undefined : readInner(values, 'configurationValues of addon coredns', issues);
  if (values === undefined || inner === undefined) return {};
  checkAddonParts('coredns', inner);
  const text = inner.string('corefile');
  const { nodeSelector, tolerations, topologySpreadConstraints, ...affinity } = readPodPlacement(inner, true);
  const pods: CoreDnsAddon['pods'] = {
    ...maybe('replicas', inner.integer('replicaCount', 0)),
    ...(inner.has('nodeSelector') ? { nodeSelector } : {}),
    ...(inner.has('tolerations') ? { tolerations } : {}),
    ...(inner.has('topologySpreadConstraints') ? { topologySpreadConstraints } : {}),
    ...(inner.has('affinity') ? affinity : {}),
  };
  return { ...maybe('corefile', text === undefined ? undefined : { text, at: values.source }), pods };
}

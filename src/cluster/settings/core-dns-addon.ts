import type { Issue } from '../../base/index.ts';
import type { Cluster } from '../cluster.ts';
import type { EksctlCluster } from '../eksctl/read-cluster-config.ts';
import { readPodPlacement } from '../kinds/pod-placement.ts';
import type { PodPlacement } from '../objects.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { checkAddonParts } from './addon-parts.ts';
import type { FoundCorefile } from './corefile.ts';
import { readInner } from './inner-document.ts';

export interface CoreDnsAddon {
  readonly corefile?: FoundCorefile;
  readonly pods?: NonNullable<Cluster['coreDnsPods']>;
}

/**
 * The configurationValues of addon coredns: maps are merged with the addon's own as a chart's values are, so each kind of
 * affinity is one of its own; a list they give stands for the addon's as a whole.
 */
export function readCoreDnsAddon(addons: EksctlCluster['addons'], issues: Issue[]): CoreDnsAddon {
  const values = addons.find((addon) => addon.name === 'coredns')?.configurationValues;
  const inner = values === undefined ? undefined : readInner(values, 'configurationValues of addon coredns', issues);
  if (values === undefined || inner === undefined) return {};
  checkAddonParts('coredns', inner);
  const text = inner.string('corefile');
  const placement = readPodPlacement(inner, true);
  const affinity = inner.child('affinity');
  const pods: CoreDnsAddon['pods'] = {
    ...maybe('replicas', inner.integer('replicaCount', 0)),
    ...given(inner, 'nodeSelector', placement, 'nodeSelector'),
    ...given(inner, 'tolerations', placement, 'tolerations'),
    ...given(inner, 'topologySpreadConstraints', placement, 'topologySpreadConstraints'),
    ...given(affinity, 'nodeAffinity', placement, 'requiredNodeAffinity'),
    ...given(affinity, 'podAffinity', placement, 'podAffinity'),
    ...given(affinity, 'podAntiAffinity', placement, 'podAntiAffinity'),
    ...maybe('prefers', placement.prefers),
  };
  return { ...maybe('corefile', text === undefined ? undefined : { text, at: values.source }), pods };
}

/** A part of the placement, where the values have the field it is read from. */
const given = <K extends keyof PodPlacement>(
  fields: Fields | undefined,
  field: string,
  placement: PodPlacement,
  part: K,
): Partial<Pick<PodPlacement, K>> => (fields?.has(field) ? ({ [part]: placement[part] } as Pick<PodPlacement, K>) : {});

import type { Issue, SourceRef } from '../../base/index.ts';
import type { EksctlCluster } from '../eksctl/read-cluster-config.ts';
import type { ConfigMap } from '../objects.ts';
import { checkAddonParts } from './addon-parts.ts';
import { readInner } from './inner-document.ts';

export interface FoundCorefile {
  readonly text: string;
  readonly at: SourceRef;
}

/** The Corefile of the live ConfigMap, or the one the addon's configurationValues give. */
export function findCorefile(
  configMaps: readonly ConfigMap[],
  addons: EksctlCluster['addons'],
  issues: Issue[],
): FoundCorefile | undefined {
  const map = configMaps.find(({ metadata }) => metadata.namespace === 'kube-system' && metadata.name === 'coredns');
  if (map?.data.Corefile !== undefined) return { text: map.data.Corefile, at: map.source };
  const values = addons.find((addon) => addon.name === 'coredns')?.configurationValues;
  if (values === undefined) return undefined;
  const inner = readInner(values, 'configurationValues of addon coredns', issues);
  if (inner !== undefined) checkAddonParts('coredns', inner);
  const text = inner?.string('corefile');
  return text === undefined ? undefined : { text, at: values.source };
}

/** The zone CoreDNS's kubernetes plugin answers for. */
export const domainOf = (corefile: string | undefined): string | undefined =>
  corefile === undefined ? undefined : /^\s*kubernetes\s+([\w.-]+\w)\.?(?=\s)/m.exec(corefile)?.[1];

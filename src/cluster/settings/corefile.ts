import type { SourceRef } from '../../base/index.ts';
import type { ConfigMap } from '../objects.ts';

export interface FoundCorefile {
  readonly text: string;
  readonly at: SourceRef;
}

/** The Corefile of the live ConfigMap. */
export function findCorefile(configMaps: readonly ConfigMap[]): FoundCorefile | undefined {
  const map = configMaps.find(({ metadata }) => metadata.namespace === 'kube-system' && metadata.name === 'coredns');
  return map?.data.Corefile === undefined ? undefined : { text: map.data.Corefile, at: map.source };
}

/** The zone CoreDNS's kubernetes plugin answers for. */
export const domainOf = (corefile: string | undefined): string | undefined =>
  corefile === undefined ? undefined : /^\s*kubernetes\s+([\w.-]+\w)\.?(?=\s)/m.exec(corefile)?.[1];

import { showSource } from '../../base/index.ts';
import type { Cluster, NodeSpec } from '../../cluster/index.ts';
import type { NodeEnis } from './node-enis.ts';

const PREFIXES = 'ENABLE_PREFIX_DELEGATION';

/** More pods than there are single addresses for. */
export const crowded = ({ name, instanceType }: NodeSpec, { singles }: NodeEnis, pods: number): string =>
  `node "${name}" has ${pods} pods with addresses, its ENIs (${instanceType}) ${singles} without prefixes`;

export function prefixesOff({ cni }: Cluster): string {
  const source = cni.settings.sources.get(PREFIXES);
  return `${PREFIXES} ${source === undefined ? 'is not on' : `is off at ${showSource(source)}`}`;
}

import type { ObjectMeta } from '../../cluster/index.ts';

/**
 * Pods of one workload share their maps: they are told apart by their name up to its last `-`, and pods that are no
 * workload's may share them by accident (aws-network-policy-agent, pkg/utils/utils.go GetPodIdentifier).
 *
 * @example
 * podIdentifier({ namespace: 'shop', name: 'web-6fb5b9b786-lszr4' }) // 'web-6fb5b9b786@shop'
 */
export function podIdentifier({ namespace, name }: Pick<ObjectMeta, 'namespace' | 'name'>): string {
  const flat = name.replaceAll('.', '_');
  const dash = flat.lastIndexOf('-');
  return `${dash < 0 ? flat : flat.slice(0, dash)}@${namespace}`;
}

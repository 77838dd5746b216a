import type { Cluster, EndpointSlice, ObjectMeta } from '../cluster/index.ts';
import { mapMatches } from './labels.ts';

const NAMESPACE = 'kube-system';
const NAME = 'kube-dns';

/**
 * What of the cluster's name service a list of live objects lacks, such as the list of one namespace: a cluster of EKS has one all the
 * same, and who answers is not known. A Deployment, also one of no replicas, says what there is, and so do slices.
 */
export function missingDns(cluster: Cluster): string | undefined {
  const service = cluster.services.find(({ metadata }) => metadata.namespace === NAMESPACE && metadata.name === NAME);
  const pods = hasPods(cluster, service?.spec.selector) || isSliced(cluster) ? [] : ["CoreDNS's pods"];
  const missing = service === undefined ? ["kube-system's Service kube-dns", ...pods] : pods;
  if (missing.length === 0) return undefined;
  return `${missing.join(' and ')} ${pods.length > 0 ? 'are' : 'is'} not in the input`;
}

function hasPods({ pods, workloads }: Cluster, selector: ObjectMeta['labels'] = { 'k8s-app': 'kube-dns' }): boolean {
  const ours = ({ namespace }: ObjectMeta, labels: ObjectMeta['labels']): boolean =>
    namespace === NAMESPACE && mapMatches(selector, labels);
  return (
    pods.some(({ metadata }) => ours(metadata, metadata.labels)) ||
    workloads.some(({ metadata, template }) => ours(metadata, template.labels))
  );
}

/** With endpoints that are in the input, where they are pods. */
function isSliced({ endpointSlices, pods }: Cluster): boolean {
  const slices = endpointSlices.filter(
    ({ metadata, serviceName }) => metadata.namespace === NAMESPACE && serviceName === NAME,
  );
  const listed = new Set(pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  const isListed = ({ targetRef }: EndpointSlice['endpoints'][number]): boolean =>
    targetRef?.kind !== 'Pod' || listed.has(`${targetRef.namespace}/${targetRef.name}`);
  return slices.length > 0 && slices.every(({ endpoints }) => endpoints.every(isListed));
}

import { GROUNDS, type Ground, type GroundsAt, type SourceRef } from '../base/index.ts';
import type { RawDocument } from './read/raw-document.ts';

const NODES: readonly Ground[] = ['nodes'];
const PODS: readonly Ground[] = ['pods'];
const SERVICES: readonly Ground[] = ['services'];
const BALANCERS: readonly Ground[] = ['load-balancers'];
const FILTERS: readonly Ground[] = ['filters'];
const CONNECTIONS: readonly Ground[] = ['connections'];

/** What a document of a kind lays for the rest of the input; a kind that is not here, nothing. */
const GROUNDS_OF: ReadonlyMap<string, readonly Ground[]> = new Map([
  ['ClusterConfig', ['network', 'nodes']],
  ['Cluster', ['network', 'nodes', 'filters']],
  ['Network', ['network']],
  ['Node', NODES],
  ['NodeNetwork', NODES],
  ['ENIConfig', NODES],
  ['FargateProfile', NODES],
  ['SecurityGroupPolicy', NODES],
  ['Pod', PODS],
  ['Placement', PODS],
  ['Deployment', PODS],
  ['ReplicaSet', PODS],
  ['StatefulSet', PODS],
  // aws-node is one, and its environment is how nodes get their addresses.
  ['DaemonSet', ['pods', 'nodes']],
  ['Job', PODS],
  ['Service', SERVICES],
  ['Endpoints', SERVICES],
  ['EndpointSlice', SERVICES],
  ['LoadBalancer', BALANCERS],
  ['Ingress', BALANCERS],
  ['IngressClass', BALANCERS],
  ['SecurityGroup', FILTERS],
  ['NetworkAcl', FILTERS],
  ['PrefixList', FILTERS],
  ['TransitGateway', CONNECTIONS],
  ['OnPremises', CONNECTIONS],
  ['VpcEndpoint', CONNECTIONS],
  ['Server', CONNECTIONS],
  ['NodePatch', ['patches']],
  ...(['ConfigMap', 'NetworkPolicy', 'PolicyEndpoint', 'ServiceAccount', 'DnsName', 'Flows'] as const).map(
    (kind) => [kind, []] as const,
  ),
] satisfies readonly (readonly [string, readonly Ground[]])[]);

/**
 * Tells by a place what is laid there: what the document around it lays, and everything where no document was read or its
 * kind is unknown, for it may have been any.
 */
export function groundsOf(documents: readonly RawDocument[]): GroundsAt {
  const byFile = new Map<string, RawDocument[]>();
  for (const document of documents) {
    const known = byFile.get(document.source.file);
    if (known === undefined) byFile.set(document.source.file, [document]);
    else known.push(document);
  }
  return (at) => {
    const around =
      at.line === undefined ? undefined : byFile.get(at.file)?.findLast(({ source }) => !after(source, at));
    return (around === undefined ? undefined : GROUNDS_OF.get(around.kind)) ?? GROUNDS;
  };
}

const after = (one: SourceRef, other: SourceRef): boolean =>
  (one.line ?? 0) > (other.line ?? 0) || (one.line === other.line && (one.column ?? 0) > (other.column ?? 0));

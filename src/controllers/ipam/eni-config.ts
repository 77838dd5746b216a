import type { Issue } from '../../base/index.ts';
import type { Cluster, EniConfig, Node } from '../../cluster/index.ts';
import { own } from '../labels.ts';
import type { IpamSettings } from './settings.ts';

/** Set by whoever manages ENIConfigs from outside; wins over the rest (`pkg/eniconfig/eniconfig.go` GetNodeSpecificENIConfigName). */
const EXTERNAL = 'vpc.amazonaws.com/externalEniConfig';

/** Which ENIConfig a node uses: the external label, the annotation, the label, else the one named `default`. */
export function eniConfigName(node: Node, settings: IpamSettings): string {
  const { labels, annotations } = node.metadata;
  return (
    own(labels, EXTERNAL) ??
    own(annotations, settings.eniConfigAnnotation) ??
    own(labels, settings.eniConfigLabel) ??
    'default'
  );
}

/** The ENIConfig itself; an Issue where the name points nowhere. */
export function eniConfigOf(
  cluster: Cluster,
  node: Node,
  settings: IpamSettings,
  issues: Issue[],
): EniConfig['spec'] | undefined {
  const name = eniConfigName(node, settings);
  const found = cluster.eniConfigs.find((config) => config.metadata.name === name);
  if (found !== undefined) return found.spec;
  issues.push({
    code: 'eni-config-missing',
    severity: 'error',
    rests: ['network', 'nodes'],
    at: node.source,
    message: `Node "${node.metadata.name}" uses ENIConfig "${name}", which does not exist: it gets no ENI for pods`,
    expected: `an ENIConfig named "${name}", or AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG=false`,
  });
  return undefined;
}

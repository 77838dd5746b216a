import { type Issue, showSource } from '../../base/index.ts';
import type { Cluster, EniConfig, Node, NodeSpec, SubnetSpec } from '../../cluster/index.ts';
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

/**
 * The ENIConfig itself; an Issue where the name points nowhere, or to a subnet of another zone than the instance's: EC2
 * attaches no such interface (EC2 User Guide, "Attach a network interface"), so ipamd has none for pods.
 */
export function eniConfigOf(
  cluster: Cluster,
  node: Node,
  { subnet }: NodeSpec,
  { settings, subnets }: { readonly settings: IpamSettings; readonly subnets: readonly SubnetSpec[] },
  issues: Issue[],
): EniConfig['spec'] | undefined {
  const name = eniConfigName(node, settings);
  const found = cluster.eniConfigs.find((config) => config.metadata.name === name);
  const refuse = (code: string, why: string, rest: Pick<Issue, 'expected' | 'hint'>): undefined => {
    const message = `Node "${node.metadata.name}" uses ENIConfig "${name}", ${why}: it gets no ENI for pods`;
    issues.push({ code, severity: 'error', rests: ['network', 'nodes'], at: node.source, message, ...rest });
  };
  if (found === undefined) {
    const expected = `an ENIConfig named "${name}", or AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG=false`;
    return refuse('eni-config-missing', 'which does not exist', { expected });
  }
  const [home, there] = [subnet, found.spec.subnet].map((id) => subnets.find((each) => each.id === id));
  if (home === undefined || there === undefined || home.zone === there.zone) return found.spec;
  const why = `whose subnet "${there.id}" is in zone "${there.zone}" and not in "${home.zone}" as the node is`;
  return refuse('eni-in-other-zone', why, {
    expected: 'a subnet of the same zone: EC2 attaches no other',
    // One that pods show has the place of the node they are on.
    hint: cluster.nodes.some(({ source }) => source === found.source)
      ? `ENIConfig "${name}" is not in the input: it is taken to be where pods show it`
      : `the ENIConfig is at ${showSource(found.source)}`,
  });
}

import type { Parsed } from '../../base/index.ts';
import { type Cluster, type EniConfig, isDerived, type Node, type SubnetSpec } from '../../cluster/index.ts';
import { cidrContains, type Ip } from '../../net/index.ts';
import { assume } from '../assume.ts';
import { clusterSubnets } from '../nodes.ts';
import { eniConfigName } from './eni-config.ts';
import { addressOf } from './pod-address.ts';
import { ipamSettings } from './settings.ts';

interface Users {
  readonly nodes: Node[];
  /** Of their pods. */
  readonly addresses: Ip[];
}

/**
 * Custom networking where live objects are all there is: nobody described the subnets that ENIConfigs name, or gave the
 * ENIConfigs themselves. The pods of the nodes that use one show where it puts them.
 */
export function showEniConfigs(given: Cluster): Parsed<Cluster> {
  if (!isDerived(given.network) || !ipamSettings(given).customNetworking) return { value: given, issues: [] };
  const cluster = namedByZone(given);
  const { eniConfigs } = cluster;
  const subnets = clusterSubnets(cluster);
  const shown = new Map<string, EniConfig>();
  const said: string[] = [];
  for (const [name, users] of usersOf(cluster)) {
    const given = eniConfigs.find(({ metadata }) => metadata.name === name);
    if (given !== undefined && subnets.some(({ id }) => id === given.spec.subnet)) continue;
    const found = subnetShown(cluster, subnets, users);
    const [first] = users.nodes;
    if (found === undefined || first === undefined) continue;
    shown.set(name, given === undefined ? made(name, first, found.id) : withSubnet(given, found.id));
    said.push(`${sayConfig(name, given)} is taken to be in ${sayBlocks(found)}, ${sayWhy(users)}`);
  }
  if (shown.size === 0) return { value: cluster, issues: [] };
  const kept = eniConfigs.map((config) => shown.get(config.metadata.name) ?? config);
  const names = new Set(eniConfigs.map(({ metadata }) => metadata.name));
  const added = [...shown.values()].filter(({ metadata }) => !names.has(metadata.name));
  return { value: assume({ ...cluster, eniConfigs: [...kept, ...added] }, ...said), issues: [] };
}

const ZONE = 'topology.kubernetes.io/zone';

/**
 * One ENIConfig has one subnet, and that is of one zone: nodes of several zones that nothing leads to any use those of their
 * zones, as the VPC CNI's guide sets it up, where the input has neither the variable nor the ENIConfig `default`.
 */
function namedByZone(cluster: Cluster): Cluster {
  const { cni, eniConfigs, nodes } = cluster;
  const isGiven = NAMED_BY in cni.env || eniConfigs.some(({ metadata }) => metadata.name === 'default');
  const isLabelled = nodes.some(({ metadata }) => Object.hasOwn(metadata.labels, cni.settings.eniConfigLabel));
  const zones = usersOf(cluster)
    .get('default')
    ?.nodes.map(({ metadata }) => metadata.labels[ZONE]);
  if (isGiven || isLabelled || zones === undefined || zones.includes(undefined) || new Set(zones).size < 2)
    return cluster;
  const value = { ...cluster, cni: { ...cni, settings: { ...cni.settings, eniConfigLabel: ZONE } } };
  return assume(value, `nodes of several zones use no one ENIConfig: ${NAMED_BY} is taken to be ${ZONE}`);
}

const NAMED_BY = 'ENI_CONFIG_LABEL_DEF';

/** By the ENIConfig they use: nodes whose ENIs the input does not list. */
function usersOf(cluster: Cluster): ReadonlyMap<string, Users> {
  const settings = ipamSettings(cluster);
  const open = new Set(
    cluster.nodeSpecs.flatMap(({ name, computeType, enis }) =>
      computeType === undefined && enis.length === 0 ? [name] : [],
    ),
  );
  const users = new Map<string, Users>();
  const configOf = new Map<string, Users>();
  for (const node of cluster.nodes) {
    if (!open.has(node.metadata.name)) continue;
    const name = eniConfigName(node, settings);
    const known = users.get(name) ?? { nodes: [], addresses: [] };
    known.nodes.push(node);
    users.set(name, known);
    configOf.set(node.metadata.name, known);
  }
  for (const pod of cluster.pods) {
    const address = addressOf(pod);
    if (address !== undefined && pod.spec.podEni !== true)
      configOf.get(pod.spec.nodeName ?? '')?.addresses.push(address);
  }
  return users;
}

/** The one most of the pods are in; where there are none, one of the nodes' zone that no node is in, or the nodes' own. */
function subnetShown({ nodeSpecs }: Cluster, subnets: readonly SubnetSpec[], users: Users): SubnetSpec | undefined {
  const counted = subnets.map((subnet) => ({
    subnet,
    pods: users.addresses.filter((address) => subnet.cidrs.some((block) => cidrContains(block, address))).length,
  }));
  const fullest = counted.reduce<(typeof counted)[number] | undefined>(
    (best, each) => (each.pods > (best?.pods ?? 0) ? each : best),
    undefined,
  );
  if (fullest !== undefined) return fullest.subnet;
  const names = new Set(users.nodes.map(({ metadata }) => metadata.name));
  const homes = new Set(nodeSpecs.map(({ subnet }) => subnet));
  const own = subnets.find(({ id }) => nodeSpecs.some(({ name, subnet }) => names.has(name) && subnet === id));
  return subnets.find(({ id, zone }) => zone === own?.zone && !homes.has(id)) ?? own;
}

const withSubnet = (config: EniConfig, subnet: string): EniConfig => ({ ...config, spec: { ...config.spec, subnet } });

const made = (name: string, { source }: Node, subnet: string): EniConfig => ({
  kind: 'ENIConfig',
  metadata: { name, namespace: '', labels: {}, annotations: {}, ownerReferences: [] },
  source,
  spec: { subnet, securityGroups: [] },
});

const sayConfig = (name: string, given: EniConfig | undefined): string =>
  given === undefined
    ? `ENIConfig "${name}", which is not in the input,`
    : `subnet "${given.spec.subnet}" of ENIConfig "${name}", which nobody described,`;

const sayBlocks = ({ cidrs }: SubnetSpec): string => cidrs.map(({ text }) => text).join(' and ');

const sayWhy = ({ nodes, addresses }: Users): string => {
  const those = nodes.length === 1 ? `node ${nodes[0]?.metadata.name}` : `the ${nodes.length} nodes that use it`;
  return addresses.length > 0 ? `where the pods of ${those} are` : `in the zone of ${those}: no pod shows where`;
};

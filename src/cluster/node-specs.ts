import { type Issue, type SourceRef, showSource } from '../base/index.ts';
import { type Ip, parseIp } from '../net/index.ts';
import { groupNameOf } from './eksctl/node-group.ts';
import { groupSecurity } from './eksctl/node-group-security.ts';
import type { EksctlCluster } from './eksctl/read-cluster-config.ts';
import { fargateAddress, isFargate } from './fargate.ts';
import type { EniSpec, Network, NodeSpec, SubnetSpec } from './network.ts';
import { ipv4OfName } from './node-name.ts';
import type { Node } from './objects.ts';
import type { OwnSpec } from './own/check-own.ts';
import { subnetOf } from './own/read-own.ts';
import { maybe } from './read/fields.ts';
import type { InputObjects } from './read-objects.ts';

const INSTANCE_TYPES = ['node.kubernetes.io/instance-type', 'beta.kubernetes.io/instance-type'];

/**
 * How every node is built. Live Node objects decide which nodes there are, a node group lends them its settings, and a
 * NodeNetwork has the last word. A live node whose subnet or type nobody says is left to the node controller to report.
 */
export function nodeSpecs(
  objects: InputObjects,
  network: Network,
  eksctl: EksctlCluster | undefined,
  made: readonly NodeSpec[],
  issues: Issue[],
): readonly NodeSpec[] {
  const subnets = network.vpcs.find((vpc) => vpc.id === network.clusterVpc)?.subnets ?? [];
  const specs = new Map<string, NodeSpec>(made.map((spec) => [spec.name, spec]));
  reportClashes(objects.nodeNetworks, issues);
  const details = new Map<string, OwnSpec<'NodeNetwork'>>();
  for (const { spec } of objects.nodeNetworks) details.set(spec.node, { ...details.get(spec.node), ...spec });
  for (const node of objects.nodes) {
    const spec = liveSpec(node, subnets, eksctl, details.get(node.metadata.name));
    if (spec !== undefined) specs.set(node.metadata.name, spec);
  }
  for (const { spec, fields } of objects.nodeNetworks) {
    const enis = (spec.enis ?? []).map(
      (eni, i): EniSpec => ({
        ...eni,
        addresses: eni.addresses ?? [],
        prefixes: eni.prefixes ?? [],
        securityGroups: eni.securityGroups ?? [],
        source: fields.place('spec', 'enis', i),
      }),
    );
    const base = specs.get(spec.node) ?? blankSpec(spec, enis, subnets, network, fields.document.source);
    if (base === undefined) {
      issues.push({
        code: 'node-subnet-unknown',
        severity: 'error',
        rests: ['network'],
        at: fields.document.source,
        message: `Node "${spec.node}" is in no known subnet`,
        expected: 'expected "subnet", or a "primaryIp" in one of the subnets of the cluster\'s VPC',
      });
      continue;
    }
    const { sysctlsSource, ...detailed } = withDetail(base, spec, enis);
    const place = spec.sysctls === undefined ? sysctlsSource : fields.place('spec', 'sysctls');
    specs.set(spec.node, { ...detailed, ...maybe('sysctlsSource', place) });
  }
  return [...specs.values()];
}

/** Several NodeNetworks may each say something of a node; no two may say different things. */
function reportClashes(networks: InputObjects['nodeNetworks'], issues: Issue[]): void {
  const said = new Map<string, { readonly text: string; readonly at: SourceRef }>();
  for (const { spec, fields } of networks) {
    const { node, labels: _, sysctls: __, ...rest } = spec;
    for (const [field, value] of Object.entries(rest)) {
      const key = `${node} ${field}`;
      const text = JSON.stringify(value);
      const at = fields.place('spec', field);
      const first = said.get(key);
      if (first === undefined) said.set(key, { text, at });
      else if (first.text !== text) {
        issues.push({
          code: 'duplicate',
          severity: 'error',
          at,
          message: `Field "${field}" of node "${node}" is given twice, and differently`,
          hint: `the first is at ${showSource(first.at)}`,
        });
      }
    }
  }
}

const label = (node: Node, keys: readonly string[]): string | undefined =>
  keys.map((key) => node.metadata.labels[key]).find((value) => value !== undefined);

function liveSpec(
  node: Node,
  subnets: readonly SubnetSpec[],
  eksctl: EksctlCluster | undefined,
  detail: OwnSpec<'NodeNetwork'> | undefined,
): NodeSpec | undefined {
  if (isFargate(node)) return fargateSpec(node, subnets);
  const group = eksctl?.nodeGroups.find((candidate) => candidate.name === groupNameOf(node.metadata.labels));
  const primaryIp = address(node, 'InternalIP') ?? detail?.primaryIp ?? primaryOf(detail) ?? ipv4OfName(node);
  const subnet =
    subnets.find((candidate) => candidate.id === detail?.subnet) ??
    (primaryIp === undefined ? undefined : subnetOf(subnets, primaryIp));
  const instanceType = label(node, INSTANCE_TYPES) ?? detail?.instanceType ?? group?.instanceType;
  if (subnet === undefined || instanceType === undefined) return undefined;
  return {
    name: node.metadata.name,
    instanceType,
    subnet: subnet.id,
    zone: node.metadata.labels['topology.kubernetes.io/zone'] ?? subnet.zone,
    os: osOf(node.status.osImage) ?? group?.os ?? 'AmazonLinux2023',
    ...maybe('maxPods', node.status.capacityPods ?? group?.maxPods),
    enis: [],
    ...maybe('primaryIp', primaryIp),
    ...maybe('publicIp', address(node, 'ExternalIP')),
    sysctls: {},
    labels: node.metadata.labels,
    ...maybe('nodeGroup', groupNameOf(node.metadata.labels)),
    ...maybe('allowedUnsafeSysctls', group?.allowedUnsafeSysctls),
    ...(group === undefined || eksctl === undefined ? {} : groupSecurity(group, eksctl)),
    source: node.source,
  };
}

/** A micro-VM has the one interface, and no instance type; its subnet is the one its address is in. */
function fargateSpec(node: Node, subnets: readonly SubnetSpec[]): NodeSpec | undefined {
  const primaryIp = fargateAddress(node);
  const subnet = primaryIp === undefined ? undefined : subnetOf(subnets, primaryIp);
  if (primaryIp === undefined || subnet === undefined) return undefined;
  return {
    name: node.metadata.name,
    computeType: 'fargate',
    instanceType: 'fargate',
    subnet: subnet.id,
    zone: node.metadata.labels['topology.kubernetes.io/zone'] ?? subnet.zone,
    os: osOf(node.status.osImage) ?? 'AmazonLinux2',
    enis: [],
    primaryIp,
    sysctls: {},
    labels: node.metadata.labels,
    source: node.source,
  };
}

/** IPv4 first: an instance's primary address is one, also in an IPv6 cluster. */
function address(node: Node, type: string): Ip | undefined {
  const found = node.status.addresses.filter((entry) => entry.type === type).map((entry) => parseIp(entry.address));
  return found.find((ip) => ip !== undefined && !ip.includes(':'));
}

function osOf(image: string | undefined): NodeSpec['os'] | undefined {
  if (image === undefined) return undefined;
  if (/bottlerocket/i.test(image)) return 'Bottlerocket';
  if (/ubuntu/i.test(image)) return 'Ubuntu';
  if (/amazon linux 2(?!0)/i.test(image)) return 'AmazonLinux2';
  return 'AmazonLinux2023';
}

const primaryOf = (detail: OwnSpec<'NodeNetwork'> | undefined): Ip | undefined =>
  detail?.enis?.find((eni) => eni.deviceIndex === 0)?.primaryIp;

/** A node only a NodeNetwork speaks of. */
function blankSpec(
  spec: OwnSpec<'NodeNetwork'>,
  enis: readonly EniSpec[],
  subnets: readonly SubnetSpec[],
  network: Network,
  source: NodeSpec['source'],
): NodeSpec | undefined {
  const ip = spec.primaryIp ?? primaryOf(spec);
  const wanted = spec.subnet ?? enis.find((eni) => eni.deviceIndex === 0)?.subnet;
  const subnet =
    subnets.find((candidate) => candidate.id === wanted) ?? (ip === undefined ? undefined : subnetOf(subnets, ip));
  if (subnet === undefined && wanted === undefined) return undefined;
  return {
    name: spec.node,
    instanceType: spec.instanceType ?? 'm5.large',
    subnet: subnet?.id ?? wanted ?? '',
    zone: spec.zone ?? subnet?.zone ?? `${network.region}a`,
    os: 'AmazonLinux2023',
    enis: [],
    ...maybe('primaryIp', ip),
    sysctls: {},
    labels: {},
    source,
  };
}

function withDetail(base: NodeSpec, spec: OwnSpec<'NodeNetwork'>, enis: readonly EniSpec[]): NodeSpec {
  const { node: _, enis: __, labels, sysctls, ...fields } = spec;
  const { joinsClusterGroup, publicIpStandsIn, ...plain } = base;
  const isOwn = spec.securityGroups !== undefined || joinsClusterGroup === undefined;
  const primaryIp = spec.primaryIp ?? primaryOf(spec) ?? base.primaryIp;
  return {
    ...plain,
    // What a NodeNetwork says is all the groups there are.
    ...(isOwn ? {} : { joinsClusterGroup }),
    ...(spec.publicIp === undefined ? maybe('publicIpStandsIn', publicIpStandsIn) : {}),
    ...fields,
    ...maybe('primaryIp', primaryIp),
    enis: spec.enis === undefined ? base.enis : enis,
    sysctls: { ...base.sysctls, ...sysctls },
    labels: labels === undefined ? base.labels : { ...base.labels, ...labels },
  };
}

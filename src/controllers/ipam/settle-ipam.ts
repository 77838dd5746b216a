import type { Issue, Parsed } from '../../base/index.ts';
import type { Cluster, EniSpec, Node, NodeSpec } from '../../cluster/index.ts';
import { familyOf } from '../../net/index.ts';
import { sameBranches } from '../branch-enis/same-branches.ts';
import { byText } from '../labels.ts';
import { clusterSubnets, internalIps } from '../nodes.ts';
import { eniIdentity } from '../seeded-names.ts';
import { Deal } from './deal-addresses.ts';
import { byPlace, checkInstanceTypes, instanceLimits, nodesNamed } from './instance-types.ts';
import type { IpamContext } from './node-enis.ts';
import { type IpamSettings, ipamSettings } from './settings.ts';
import { subnetPools } from './subnet-pools.ts';

/**
 * Amazon VPC CNI's ipamd (v1.23 `pkg/ipamd/ipamd.go`) at rest: which ENIs each node has, which addresses they hold, and
 * which pod has which. Given ENIs are kept and only grow where a pod has no address; without any, the warm targets decide.
 * EC2 and ipamd choose addresses and ENIs at random: we take the lowest address and the lowest device index. Where a subnet
 * has too few for all, live pods keep theirs, then each node in turn gets one for a pod, and what is left is dealt as warm.
 */
export function settleIpam(cluster: Cluster): Parsed<Cluster> {
  const settings = ipamSettings(cluster);
  // A micro-VM of Fargate has its one address already, and no ipamd.
  const specs = cluster.nodeSpecs
    .filter((spec) => spec.computeType === undefined)
    .sort((a, b) => byText(a.name, b.name));
  const doubted = [
    ...checkInstanceTypes(cluster),
    ...sameBranches(cluster),
    ...(settings.ipv6 ? withoutPrefixes(specs) : []),
  ];
  const plenty = deal(cluster, settings, specs, (work) => work.nodeByNode());
  const { value, issues } =
    plenty.short.size === 0 ? plenty : deal(cluster, settings, specs, (work) => work.nodesInTurn());
  return { value, issues: [...doubted, ...issues] };
}

function deal(
  cluster: Cluster,
  settings: IpamSettings,
  specs: readonly NodeSpec[],
  run: (work: Deal) => void,
): Parsed<Cluster> & { readonly short: ReadonlySet<string> } {
  const issues: Issue[] = [];
  const short = new Set<string>();
  const context: IpamContext = {
    settings,
    pools: subnetPools(cluster),
    subnets: clusterSubnets(cluster),
    issues,
    short,
    unknown: new Set(),
    unserved: new Set(),
  };
  const nodes = new Map(cluster.nodes.map((node) => [node.metadata.name, node]));
  const primaries = new Map(specs.map((spec) => [spec.name, primaryEni(spec, nodes.get(spec.name), context)]));
  const work = new Deal(cluster, context);
  for (const spec of specs) work.add(spec, nodes.get(spec.name), primaries.get(spec.name));
  run(work);
  return { value: work.result(), issues, short };
}

/** Device 0 of a node: the given one, else made from the addresses the node is known by. */
function primaryEni(spec: NodeSpec, node: Node | undefined, context: IpamContext): EniSpec | undefined {
  const given = spec.enis.find((eni) => eni.deviceIndex === 0);
  if (given !== undefined) return given;
  const pool = context.pools.get(spec.subnet);
  const known = node === undefined ? [] : internalIps(node);
  const primaryIp = spec.primaryIp ?? known.find((address) => familyOf(address) === 4) ?? pool?.take(4);
  const own = context.settings.ipv6 ? (known.find((a) => familyOf(a) === 6) ?? pool?.take(6)) : undefined;
  if (primaryIp === undefined || (context.settings.ipv6 && own === undefined)) {
    context.issues.push({
      code: pool === undefined ? 'subnet-unknown' : 'subnet-exhausted',
      severity: 'error',
      rests: ['network', 'nodes', 'pods'],
      at: spec.source,
      message: `Node "${spec.name}" gets no address in subnet "${spec.subnet}"`,
      expected:
        pool === undefined ? "a subnet of the cluster's VPC" : 'a subnet with a free address of each family in use',
    });
    return undefined;
  }
  return {
    ...eniIdentity(`${spec.name}/0`),
    deviceIndex: 0,
    subnet: spec.subnet,
    primaryIp,
    addresses: own === undefined ? [] : [own],
    prefixes: [],
    securityGroups: spec.securityGroups ?? [],
    ...(spec.publicIp === undefined ? {} : { publicIp: spec.publicIp }),
  };
}

const withoutPrefixes = (specs: readonly NodeSpec[]): readonly Issue[] =>
  byPlace(specs.filter(({ instanceType }) => instanceLimits(instanceType)?.nitro === false)).map(
    ([first, ...more]) => ({
      code: 'instance-type-not-nitro',
      severity: 'error',
      at: first.source,
      message: `Instance type "${first.instanceType}" of ${nodesNamed(first, more)} cannot have IPv6 prefixes: the VPC CNI does not start there`,
      expected: 'a Nitro type such as "m5.large"',
    }),
  );

import { fewOf, type Issue } from '../../base/index.ts';
import { type Cidr, cidrContains, cidrOf, familyOf, type Ip } from '../../net/index.ts';
import { addressesOf, type Used } from '../derive-network.ts';
import type { SubnetSpec } from '../network.ts';
import type { Live } from './ipv6-block.ts';
import { subnetsOf } from './make-nodes.ts';
import { groupNameOf } from './node-group.ts';
import type { EksctlCluster } from './read-cluster-config.ts';

/** What a subnet has of IPv6 (VPC user guide, subnet CIDR blocks: multiples of 4 from /44 to /64; eksctl and consoles give /64). */
const OF_A_SUBNET = 64;
const MAX_LISTED = 8;

/** The subnets that may have a block, by who is in it. */
type Candidates = ReadonlySet<SubnetSpec>;

/**
 * Which subnet of a VPC that was there before has which IPv6 block, as live nodes tell: by the subnet their IPv4 address is in, or
 * the only one of their zone that their node group may use. Of a block that stays open an issue is made.
 */
export function liveIpv6Blocks(
  cluster: EksctlCluster,
  subnets: readonly SubnetSpec[],
  live: Live,
  issues: Issue[],
): ReadonlyMap<string, Cidr> {
  const open = new Map<string, { readonly block: Cidr; readonly among: Candidates }>();
  for (const { block, among } of sightings(cluster, subnets, live)) {
    const before = open.get(block.text)?.among;
    open.set(block.text, { block, among: before === undefined ? among : intersection(before, among) });
  }
  const told = new Map<string, Cidr>();
  // A subnet has one block: what is told of one leaves fewer to the others.
  for (let isMore = true; isMore; ) {
    isMore = false;
    for (const [text, { block, among }] of open) {
      const [only, another] = [...among].filter(({ id }) => !told.has(id));
      if (only === undefined || another !== undefined) continue;
      told.set(only.id, block);
      open.delete(text);
      isMore = true;
    }
  }
  if (open.size > 0) issues.push(untold(cluster, [...open.values()], told));
  return told;
}

interface Sighting {
  readonly block: Cidr;
  readonly among: Candidates;
}

/** Those of the nodes; pods are asked where no node tells, for theirs may be of an overlay. */
function* sightings(
  cluster: EksctlCluster,
  subnets: readonly SubnetSpec[],
  { nodes, pods }: Live,
): Generator<Sighting> {
  const ofNodes = [...addressesOf(nodes, [])];
  const ofSix = ofNodes.filter(({ address }) => familyOf(address) === 6);
  if (ofSix.length === 0) {
    for (const { address } of addressesOf([], pods))
      if (familyOf(address) === 6) yield { block: cidrOf(address, OF_A_SUBNET), among: new Set(subnets) };
    return;
  }
  const groups = new Map(nodes.map(({ metadata }) => [metadata.name, groupNameOf(metadata.labels)]));
  const places = new Map(cluster.nodeGroups.map((each) => [each.name, subnetsOf(each, cluster, { subnets }, [])]));
  const fours = new Map(
    ofNodes.flatMap(({ node, address }) => (familyOf(address) === 4 ? [[node, address] as const] : [])),
  );
  const given = new Set(
    [...cluster.vpc.publicSubnets, ...cluster.vpc.privateSubnets].flatMap((each) => each.cidr?.text ?? []),
  );
  const known = subnets.filter(({ cidrs }) => cidrs.some(({ text }) => given.has(text)));
  for (const used of ofSix) {
    const four = fours.get(used.node);
    const holding = four === undefined ? [] : known.filter((each) => isIn(four, each));
    const left = four === undefined ? subnets : subnets.filter((each) => !known.includes(each));
    const among = holding.length > 0 ? holding : inZone(left, used, places.get(groups.get(used.node) ?? ''));
    yield { block: cidrOf(used.address, OF_A_SUBNET), among: new Set(among) };
  }
}

const isIn = (address: Ip, { cidrs }: SubnetSpec): boolean => cidrs.some((block) => cidrContains(block, address));

function inZone(
  subnets: readonly SubnetSpec[],
  used: Used,
  ofGroup: readonly SubnetSpec[] | undefined,
): readonly SubnetSpec[] {
  const there = subnets.filter(({ zone }) => used.zone === undefined || zone === used.zone);
  const fitting = there.filter((each) => ofGroup?.includes(each) === true);
  return fitting.length > 0 ? fitting : there;
}

const intersection = (one: Candidates, other: Candidates): Candidates =>
  new Set([...one].filter((each) => other.has(each)));

function untold(cluster: EksctlCluster, open: readonly Sighting[], told: ReadonlyMap<string, Cidr>): Issue {
  const list = open.map(({ block, among }) => {
    const left = [...among].flatMap(({ id }) => (told.has(id) ? [] : [id]));
    return `${block.text} (${left.length === 0 ? 'none that is left' : fewOf(left, MAX_LISTED, ' or ')})`;
  });
  return {
    code: 'missing-field',
    severity: 'error',
    rests: ['network'],
    at: cluster.vpc.source,
    message: `Live nodes and pods are in ${fewOf(list, MAX_LISTED)}, and which subnet of the existing VPC has which block cannot be told from them`,
    expected: 'expected a Network that has the blocks of every subnet',
  };
}

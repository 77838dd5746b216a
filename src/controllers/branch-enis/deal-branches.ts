import type { BranchEniSpec, EniSpec, NodeSpec, PlacementSpec, Pod } from '../../cluster/index.ts';
import { cidrContains, type Family, familyOf, type Ip } from '../../net/index.ts';
import type { IpamContext } from '../ipam/node-enis.ts';
import { keyOf } from '../labels.ts';
import { eniIdentity } from '../seeded-names.ts';
import { type PodEni, podEniOf } from './pod-eni-annotation.ts';
import { hasBranch } from './request-pod-enis.ts';

/** The node whose pods get branch interfaces. */
interface Place {
  readonly spec: NodeSpec;
  readonly trunk: EniSpec;
  /** Where branch interfaces are made. */
  readonly subnet: string;
  /** What a pod gets that asks for an interface and that no policy selects. */
  readonly instanceGroups: readonly string[];
}

interface Known {
  readonly context: IpamContext;
  readonly placements: ReadonlyMap<string, PlacementSpec>;
  readonly groupsOf: (pod: Pod) => readonly string[];
}

/**
 * A branch interface for each pod, by VLAN (amazon-vpc-resource-controller-k8s `pkg/provider/branch/trunk/trunk.go`,
 * CreateAndAssociateBranchENIs): those that live pods have stay theirs; a new one is in the subnet of the node's ENIs, with the
 * lowest VLAN that is free, its groups its policies'. A pod for which there is no address waits.
 */
export function dealBranches(pods: readonly Pod[], place: Place, known: Known): readonly BranchEniSpec[] {
  const made = new Map(place.spec.branches?.map((branch) => [branch.branch.pod, branch]));
  const annotated = new Map(pods.map((pod) => [pod, podEniOf(pod, known.context.issues)]));
  const isBroken = (pod: Pod): boolean => annotated.get(pod) === undefined && hasBranch(pod);
  const vlans = new Set([...made.values()].map(({ branch }) => branch.vlanId));
  for (const eni of annotated.values()) if (eni !== undefined) vlans.add(eni.vlanId);
  const branches = pods.flatMap((pod): readonly BranchEniSpec[] => {
    const there = made.get(keyOf(pod));
    if (there !== undefined) return [there];
    if (isBroken(pod)) return [];
    const eni = annotated.get(pod) ?? create(pod, place, known, vlans);
    return eni === undefined ? [] : branchOf(pod, eni, place, known);
  });
  return branches.sort((a, b) => a.branch.vlanId - b.branch.vlanId);
}

function branchOf(pod: Pod, eni: PodEni, { trunk, instanceGroups }: Place, known: Known): readonly BranchEniSpec[] {
  const { subnets, issues } = known.context;
  const { vlanId, primaryIp } = eni;
  const home = subnets.find(({ cidrs }) => cidrs.some((block) => cidrContains(block, primaryIp)));
  if (home === undefined) {
    issues.push({
      code: 'pod-address-unplaced',
      severity: 'error',
      rests: ['network', 'nodes', 'pods'],
      at: pod.source,
      message: `Branch interface ${eni.id} of pod "${keyOf(pod)}" has ${primaryIp}, which is in no subnet of the cluster's VPC`,
      expected: `one of ${subnets.flatMap(({ cidrs }) => cidrs.map(({ text }) => text)).join(', ')}`,
    });
    return [];
  }
  const { podIPs } = pod.status;
  if (podIPs.length > 0 && ![primaryIp, ...eni.addresses].some((address) => podIPs.includes(address))) {
    issues.push({
      code: 'pod-address-unplaced',
      severity: 'error',
      rests: ['network', 'nodes', 'pods'],
      at: pod.source,
      message: `Pod "${keyOf(pod)}" has ${podIPs.join(', ')}, and its branch interface ${eni.id} ${[primaryIp, ...eni.addresses].join(', ')}`,
      expected: 'the same address in status.podIPs and in the annotation',
    });
    return [];
  }
  const groups = known.groupsOf(pod);
  return [
    {
      id: eni.id,
      mac: eni.mac,
      deviceIndex: trunk.deviceIndex,
      subnet: home.id,
      primaryIp,
      addresses: eni.addresses,
      prefixes: [],
      // A live one has groups whatever the input has: without its policy they are not known.
      securityGroups: groups.length > 0 || hasBranch(pod) ? groups : instanceGroups,
      branch: { trunk: trunk.id, vlanId, pod: keyOf(pod) },
      source: pod.source,
    },
  ];
}

/** One the controller would make; addresses the pod is known to have are its own. */
function create(pod: Pod, { subnet }: Place, known: Known, vlans: Set<number>): PodEni | undefined {
  const { settings, pools, issues, short, unserved } = known.context;
  const placed = known.placements.get(keyOf(pod))?.ip;
  const given = pod.status.podIPs;
  const wanted = [...given, ...(placed === undefined ? [] : [placed])];
  const of = (family: Family): Ip | undefined =>
    wanted.find((address) => familyOf(address) === family) ?? pools.get(subnet)?.take(family);
  const primaryIp = of(4);
  const own = settings.ipv6 ? of(6) : undefined;
  if (primaryIp === undefined || (settings.ipv6 && own === undefined)) {
    short.add(subnet);
    unserved.add(keyOf(pod));
    issues.push({
      code: 'pod-without-address',
      severity: 'warning',
      at: pod.source,
      message: `Pod "${keyOf(pod)}" stays Pending: subnet "${subnet}" has no address left for its branch interface`,
      hint: 'a larger subnet, or fewer pods with security groups of their own',
    });
    return undefined;
  }
  let vlanId = 1;
  while (vlans.has(vlanId)) vlanId++;
  vlans.add(vlanId);
  return { ...eniIdentity(`branch ${keyOf(pod)}`), primaryIp, addresses: own === undefined ? [] : [own], vlanId };
}

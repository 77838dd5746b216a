import type { Issue } from '../../base/index.ts';
import type { Admission, Cluster, GuardOrder, PeerSpec, Service, SubnetSpec } from '../../cluster/index.ts';
import type { LoadBalancer, TargetGroup } from '../../fabric/index.ts';
import type { Cidr, Family } from '../../net/index.ts';
import { isEverybody, peersOf, readCidrs, tooBigFrom } from '../guards/admitted.ts';
import { describesGroups } from '../guards/made-by.ts';
import { namedGroups } from '../guards/named-groups.ts';
import { fromBackendGroup, needsSharedGroup } from '../guards/shared-group.ts';
import { admit, onePort, targetTraffic } from '../guards/target-traffic.ts';
import { keyOf, own } from '../labels.ts';
import type { Annotations } from './annotations.ts';
import { controllerOf, isOn } from './controller.ts';
import { SERVICE_PREFIXES } from './known-annotations.ts';
import { frontendGroupName } from './names.ts';

/** A load balancer that is about to be ordered. */
export interface ToGuard {
  readonly scheme: LoadBalancer['scheme'];
  readonly dualstack: boolean;
  readonly subnets: readonly SubnetSpec[];
  readonly targetGroups: readonly TargetGroup[];
}

/** The groups it is given, and what the controller writes. */
export interface Guarded {
  readonly securityGroups: readonly string[];
  readonly guard?: GuardOrder;
  /** Something of it that nothing models. */
  readonly unmodelled?: string;
}

/**
 * A network load balancer's groups: those an annotation names, whose rules on targets are left to whoever wrote it; none;
 * or one of its own beside the shared one (aws-load-balancer-controller pkg/service/model_build_load_balancer.go,
 * buildLoadBalancerSecurityGroups).
 */
export function serviceGuard(
  cluster: Cluster,
  service: Service,
  annotations: Annotations,
  of: ToGuard,
  issues: Issue[],
): Guarded {
  const named = annotations.list('security-groups');
  const manages = annotations.flag('manage-backend-security-group-rules');
  const isWithout = annotations.flag('disable-nlb-sg') === true || !isOn(cluster, 'NLBSecurityGroup');
  if (!isWithout && named !== undefined && named.length > 0) {
    const groups = { securityGroups: namedGroups(cluster, named) };
    if (!(manages ?? controllerOf(cluster).managesRules)) return groups;
    const refusal = needsSharedGroup(cluster);
    if (refusal !== undefined)
      annotations.refuse('security-groups', {
        expected: `expected no rules of its targets to be asked for beside it: ${refusal}`,
      });
    return { ...groups, guard: fromBackendGroup(cluster, '', of.targetGroups) };
  }
  const ranges = sourceRanges(service, annotations, issues);
  if (isWithout) {
    if (manages === false) return { securityGroups: [] };
    const targets = of.targetGroups.map((group) => byAddress(cluster, group, of, ranges));
    const unmodelled = rangesOfNodes(cluster, service, ranges);
    return { securityGroups: [], guard: { targets }, ...(unmodelled === undefined ? {} : { unmodelled }) };
  }
  if (!of.dualstack)
    refuseSix(
      service,
      annotations,
      ranges,
      'expected annotation aws-load-balancer-ip-address-type: dualstack beside it',
      issues,
    );
  const prefixLists = annotations.list('security-group-prefix-lists');
  const peers = peersOf({ cidrs: ranges, prefixLists }, of.dualstack);
  const ports = service.spec.ports.flatMap(({ protocol, port }) =>
    protocol === 'SCTP' ? [] : [onePort(protocol === 'UDP' ? 'udp' : 'tcp', port)],
  );
  const tooBig = annotations.text('enable-icmp-for-path-mtu-discovery') === 'on' ? tooBigFrom(peers) : [];
  const ingress: readonly Admission[] = [...admit(ports, peers), ...tooBig];
  const name = frontendGroupName(cluster, service);
  return {
    securityGroups: [],
    guard: { own: { name, ingress }, ...fromBackendGroup(cluster, name, of.targetGroups) },
  };
}

/**
 * The field wins over the annotation. The API server takes no object with a range that is none, in either (pkg/apis/core
 * validation.go, ValidateService); under the other prefix nobody looks before EC2 does.
 */
export function sourceRanges(service: Service, annotations: Annotations, issues: Issue[]): readonly Cidr[] {
  const listed = (annotations.plain(RANGES) ?? '').split(',').map((each) => each.trim());
  const { loadBalancerSourceRanges: field } = service.spec;
  const texts = (field.length > 0 ? field : listed).filter((each) => each !== '');
  const isChecked =
    field.length > 0 || own(service.metadata.annotations, `${SERVICE_PREFIXES[0]}${RANGES}`) !== undefined;
  const code = isChecked ? 'wrong-source-range' : 'refused-source-range';
  return readCidrs(texts, (text) =>
    issues.push(
      refusedRange(service, annotations, { code, text, expected: 'expected a block such as 203.0.113.0/24' }),
    ),
  );
}

/** Blocks of a family the load balancer does not have are refused where they are rules of a group (buildCIDRsFromSourceRanges). */
export function refuseSix(
  service: Service,
  annotations: Annotations,
  ranges: readonly Cidr[],
  expected: string,
  issues: Issue[],
): void {
  for (const { family, text } of ranges)
    if (family === 6) issues.push(refusedRange(service, annotations, { code: 'refused-source-range', text, expected }));
}

const RANGES = 'load-balancer-source-ranges';

interface Range {
  readonly code: string;
  readonly text: string;
  readonly expected: string;
}

const refusedRange = (service: Service, annotations: Annotations, { code, text, expected }: Range): Issue => ({
  code,
  severity: 'error',
  at: service.spec.loadBalancerSourceRanges.length > 0 ? service.source : annotations.placePlain(RANGES),
  message: `Source range "${text.slice(0, 80)}" of Service "${keyOf(service)}" is refused by its controller`,
  expected,
});

/** Source ranges of a load balancer without a group are rules of its targets' groups: where none is described nobody can tell. */
export function rangesOfNodes(cluster: Cluster, service: Service, ranges: readonly Cidr[]): string | undefined {
  if (describesGroups(cluster) || ranges.length === 0 || ranges.some(({ prefix }) => prefix === 0)) return undefined;
  const texts = ranges.map(({ text }) => text).join(', ');
  return `the source ranges of Service ${keyOf(service)} (${texts}) are rules of its targets' security groups, and the input describes none`;
}

/**
 * Of a load balancer without a group of its own: targets let in the clients' addresses where they are kept, else those of
 * the load balancer's subnets, and from these the health checks (buildTargetGroupBindingNetworkingLegacy).
 */
function byAddress(
  cluster: Cluster,
  group: TargetGroup,
  { scheme, subnets }: ToGuard,
  ranges: readonly Cidr[],
): GuardOrder['targets'][number] {
  const family: Family = group.targets.some(({ ip }) => ip.includes(':')) ? 6 : 4;
  const nearby = blocksOf(
    subnets.flatMap(({ cidrs }) => cidrs),
    family,
  );
  const vpc = cluster.network.vpcs.find(({ id }) => id === cluster.network.clusterVpc)?.cidrs ?? [];
  const anyClient =
    scheme === 'internal' ? blocksOf(vpc, family) : peersOf({ cidrs: [], prefixLists: undefined }, family === 6);
  const clients = ranges.length > 0 ? blocksOf(ranges, family) : anyClient;
  const { requests, healthChecks } = targetTraffic(group);
  const sources = group.preserveClientIp ? clients : nearby;
  const isCovered =
    group.protocol !== 'UDP' && group.preserveClientIp && (ranges.length === 0 || clients.some(isEverybody));
  return {
    targetGroup: group.id,
    ingress: [
      ...admit(requests, sources),
      ...(isCovered && group.healthCheck.port === 'traffic-port' ? [] : admit(healthChecks, nearby)),
    ],
  };
}

const blocksOf = (cidrs: readonly Cidr[], family: Family): readonly PeerSpec[] =>
  cidrs.filter((each) => each.family === family).map((cidr) => ({ kind: 'cidr', cidr }) as const);

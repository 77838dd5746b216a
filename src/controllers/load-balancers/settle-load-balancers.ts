import type { Issue, Parsed } from '../../base/index.ts';
import type { Cluster, Service } from '../../cluster/index.ts';
import type { Target, TargetGroup } from '../../fabric/index.ts';
import { assume } from '../assume.ts';
import { byText, keyOf } from '../labels.ts';
import { Annotations } from './annotations.ts';
import { cloudProviderLoadBalancer } from './cloud-provider.ts';
import { isGivenClass, reconcilerOf } from './reconciler.ts';
import { type Ordered, serviceNlb } from './service-nlb.ts';
import { zoneOf } from './targets.ts';

/**
 * Load balancers for Services of type LoadBalancer, as whoever reconciles each of them would make it; those the input
 * describes stay. A Service nobody here reconciles gets none.
 */
export function settleLoadBalancers(cluster: Cluster): Parsed<Cluster> {
  const issues: Issue[] = [];
  const said: string[] = [];
  const given = cluster.loadBalancers.filter(({ by }) => by === 'input');
  const groups = cluster.targetGroups.filter(({ origin }) => origin?.by === 'input');
  const made = cluster.services
    .filter(({ spec }) => spec.type === 'LoadBalancer')
    .toSorted((a, b) => byText(keyOf(a), keyOf(b)))
    .flatMap((service) => order(cluster, service, issues, said) ?? []);
  if (made.length === 0 && given.length === 0) return { value: cluster, issues };
  const value = {
    ...cluster,
    loadBalancers: [
      ...given.map((each) => (each.vpc === '' ? { ...each, vpc: cluster.network.clusterVpc } : each)),
      ...made.map(({ loadBalancer }) => loadBalancer),
    ],
    targetGroups: [
      ...groups.map((group) => inZones(cluster, group)),
      ...made.flatMap(({ targetGroups }) => targetGroups),
    ],
  };
  for (const { id, source } of sameName(value)) {
    const message = `Two load balancers are called "${id}"`;
    issues.push({ code: 'duplicate', severity: 'error', at: source, message, expected: 'a name for each' });
  }
  return { value: assume(value, ...said), issues };
}

function order(cluster: Cluster, service: Service, issues: Issue[], said: string[]): Ordered | undefined {
  const annotations = new Annotations(service, issues);
  annotations.reportUnknown();
  const reconciler = reconcilerOf(cluster, service, annotations);
  const key = keyOf(service);
  if (reconciler.by === 'nobody') {
    said.push(`Service ${key} has no load balancer here: ${reconciler.why}`);
    return undefined;
  }
  if (isGivenClass(cluster, service))
    said.push(
      `Service ${key} is taken to be created while the AWS Load Balancer Controller runs, which makes it its own`,
    );
  return reconciler.by === 'aws-load-balancer-controller'
    ? serviceNlb(cluster, service, annotations, reconciler.targetType, issues)
    : cloudProviderLoadBalancer(cluster, service, annotations, reconciler.type, issues);
}

/** Targets the input gives by address alone are in the zone of their subnet. */
function inZones(cluster: Cluster, group: TargetGroup): TargetGroup {
  const vpc = group.vpc === '' ? cluster.network.clusterVpc : group.vpc;
  if (vpc === group.vpc && group.targets.every(({ zone }) => zone !== '')) return group;
  const placed = (target: Target): Target =>
    target.zone === '' ? { ...target, zone: zoneOf(cluster, target.ip, vpc) } : target;
  return { ...group, vpc, targets: group.targets.map(placed) };
}

const sameName = ({ loadBalancers }: Cluster): Cluster['loadBalancers'] => {
  const seen = new Set<string>();
  return loadBalancers.filter(({ id }) => seen.size === seen.add(id).size);
};

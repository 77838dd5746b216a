import { type Issue, type Parsed, showSource } from '../../base/index.ts';
import type { Cluster, Service } from '../../cluster/index.ts';
import type { Target, TargetGroup } from '../../fabric/index.ts';
import { assume } from '../assume.ts';
import { byText, keyOf } from '../labels.ts';
import { Annotations } from './annotations.ts';
import { cloudProviderLoadBalancer, keepsItsScheme } from './cloud-provider.ts';
import { takenReleases } from './cloud-provider-version.ts';
import { controllerOf, tooManyTargets } from './controller.ts';
import { isGivenClass, isNew, reconcilerOf } from './reconciler.ts';
import { asWarnings, madeUnlessRefused } from './refused.ts';
import { sameNameGiven, unlessSameName } from './same-name.ts';
import { type Ordered, serviceNlb } from './service-nlb.ts';
import { zoneOf } from './targets.ts';

/**
 * Load balancers for Services of type LoadBalancer, as whoever reconciles each of them would make it; those the input
 * describes stay. A Service nobody here reconciles gets none.
 */
export function settleLoadBalancers(cluster: Cluster): Parsed<Cluster> {
  const issues: Issue[] = [];
  const said: string[] = [];
  const without = new Map<string, string>();
  const given = cluster.loadBalancers.filter(({ by }) => by === 'input');
  const groups = cluster.targetGroups.filter(({ origin }) => origin?.by === 'input');
  const wanted = cluster.services
    .filter(({ spec }) => spec.type === 'LoadBalancer')
    .toSorted((a, b) => byText(keyOf(a), keyOf(b)))
    .flatMap((service) => {
      const own: Issue[] = [];
      const ordered = madeUnlessRefused(order(cluster, service, own, { said, without }), own);
      issues.push(...asWarnings(own));
      return ordered === undefined ? [] : { service, ordered };
    });
  issues.push(...sameNameGiven(given));
  const made = unlessSameName(wanted, given, issues);
  const unmade = without.size === 0 ? {} : { unmadeBalancers: without };
  if (made.length === 0 && given.length === 0) return { value: assume({ ...cluster, ...unmade }, ...said), issues };
  const value = {
    ...cluster,
    ...unmade,
    loadBalancers: [
      ...given.map((each) => (each.vpc === '' ? { ...each, vpc: cluster.network.clusterVpc } : each)),
      ...made.map(({ loadBalancer }) => loadBalancer),
    ],
    targetGroups: [
      ...groups.map((group) => inZones(cluster, group)),
      ...made.flatMap(({ targetGroups }) => targetGroups),
    ],
  };
  return { value: assume(value, ...said), issues };
}

interface ToTell {
  readonly said: string[];
  readonly without: Map<string, string>;
}

function order(cluster: Cluster, service: Service, issues: Issue[], { said, without }: ToTell): Ordered | undefined {
  const annotations = new Annotations(service, issues);
  annotations.reportUnknown();
  const reconciler = reconcilerOf(cluster, service, annotations);
  const key = keyOf(service);
  const unmade = (why: string): undefined => {
    without.set(key, why);
    said.push(`Service ${key} has no load balancer here: ${why}`);
  };
  if (reconciler.by === 'nobody') return unmade(reconciler.why);
  if (isGivenClass(cluster, service))
    said.push(
      `Service ${key} is taken to be created while the AWS Load Balancer Controller runs, which makes it its own`,
    );
  else said.push(...keepsNoClass(cluster, service));
  if (reconciler.by === 'aws-load-balancer-controller') {
    const made = serviceNlb(cluster, service, annotations, reconciler.targetType, issues);
    const tooMany = made && tooManyTargets(cluster, made.targetGroups);
    return tooMany === undefined ? made : unmade(tooMany);
  }
  said.push(...takenReleases(cluster, annotations).map((what) => `Service ${key}: ${what}`));
  const kept = reconciler.type === 'classic' ? keepsItsScheme(service, annotations) : undefined;
  if (kept !== undefined) said.push(kept);
  return cloudProviderLoadBalancer(cluster, service, annotations, reconciler.type, issues);
}

/** Why a new Service gets no class of the controller that is there. */
function keepsNoClass(cluster: Cluster, service: Service): readonly string[] {
  const { writesNoClass } = controllerOf(cluster);
  if (writesNoClass === undefined || !isNew(service)) return [];
  const { what, at } = writesNoClass;
  return [
    `Service ${keyOf(service)} is not given the class of the AWS Load Balancer Controller: ${what} (${showSource(at)})`,
  ];
}

/** Targets the input gives by address alone are in the zone of their subnet. */
function inZones(cluster: Cluster, group: TargetGroup): TargetGroup {
  const vpc = group.vpc === '' ? cluster.network.clusterVpc : group.vpc;
  if (vpc === group.vpc && group.targets.every(({ zone }) => zone !== '')) return group;
  const placed = (target: Target): Target =>
    target.zone === '' ? { ...target, zone: zoneOf(cluster, target.ip, vpc) } : target;
  return { ...group, vpc, targets: group.targets.map(placed) };
}

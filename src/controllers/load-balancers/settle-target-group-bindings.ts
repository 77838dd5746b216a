import type { Issue, Parsed } from '../../base/index.ts';
import type { Cluster, Service, TargetGroupBinding } from '../../cluster/index.ts';
import type { TargetGroup } from '../../fabric/index.ts';
import { byText, keyOf, selectorMatches } from '../labels.ts';
import { unwatched } from './controller.ts';
import { instanceTargets, ipTargets, type Registered, zoneOf } from './targets.ts';

/**
 * What the AWS Load Balancer Controller registers for TargetGroupBindings (pkg/targetgroupbinding/resource_manager.go): in the
 * target groups the input describes, where it takes everybody else out unless several clusters share the group. One it made itself for an
 * Ingress or a Service stands for the target group that is made here anyhow; one in a namespace it does not look at changes nothing. Of a group nobody describes the targets are kept with the binding.
 */
export function settleTargetGroupBindings(cluster: Cluster): Parsed<Cluster> {
  if (cluster.targetGroupBindings.length === 0) return { value: cluster, issues: [] };
  const issues: Issue[] = [];
  const groups = new Map(cluster.targetGroups.map((group) => [group.id, group]));
  const bound = cluster.targetGroupBindings
    .toSorted((a, b) => byText(keyOf(a), keyOf(b)))
    .map((binding) => settleOne(cluster, binding, groups, issues));
  for (const binding of bound) sayEmptyRules(binding, issues);
  return { value: { ...cluster, targetGroupBindings: bound, targetGroups: [...groups.values()] }, issues };
}

function settleOne(
  cluster: Cluster,
  given: TargetGroupBinding,
  groups: Map<string, TargetGroup>,
  issues: Issue[],
): TargetGroupBinding {
  const { targetGroup: _, ...binding } = given;
  const own = madeHere(cluster, given);
  if (own !== undefined) return { ...binding, targetGroup: own.id, targets: [] };
  const group = describedGroup([...groups.values()], given, issues);
  const unseen = unwatched(cluster, given.metadata.namespace);
  if (unseen !== undefined) {
    issues.push(warning(given, `${label(given)} registers nobody: ${unseen}`, 'nothing-registered'));
    return { ...binding, ...(group === undefined ? {} : { targetGroup: group.id }), targets: [] };
  }
  const registered = registers(cluster, given, group);
  if (typeof registered === 'string')
    issues.push(warning(given, `${label(given)} registers nobody: ${registered}`, 'nothing-registered'));
  const targets = typeof registered === 'string' ? [] : registered.targets;
  if (group === undefined) return { ...binding, targets };
  const others = group.targets.filter(({ ip, port }) => !targets.some((each) => each.ip === ip && each.port === port));
  const isShared = given.spec.multiClusterTargetGroup;
  if (others.length > 0 && !isShared && group.serviceRef === undefined)
    issues.push(
      warning(
        given,
        `${label(given)} takes ${others.map(({ ip, port }) => `${ip}:${port}`).join(', ')} out of target group ${group.id}: its controller keeps there only what it registers`,
        'taken-out',
      ),
    );
  const { unregistered: __, ...rest } = group;
  groups.set(group.id, {
    ...rest,
    targets: isShared ? [...others, ...targets] : targets,
    ...(typeof registered === 'string' ? { unregistered: registered } : kept(registered)),
  });
  return { ...binding, targetGroup: group.id, targets };
}

/** Such a rule is meant to let in all of TCP (networking_manager.go computeIngressPermissionsForTGBNetworking). */
function sayEmptyRules(binding: TargetGroupBinding, issues: Issue[]): void {
  if (binding.spec.networking?.some(({ ports }) => ports.length === 0) !== true) return;
  const message = `A networking rule of ${label(binding)} has no ports: its controller writes no rule for it, where all of TCP is meant`;
  issues.push({ ...warning(binding, message, 'rule-without-ports'), expected: 'ports: [{ protocol: TCP }]' });
}

/** Labels its controller puts on what it makes of an Ingress, a Service or a Gateway (pkg/deploy/tracking/provider.go). */
const MADE = /^(?:(?:ingress|service)\.k8s\.aws|gateway\.k8s\.aws(?:\.\w+)?)\/(?:stack|resource)/;

function madeHere(cluster: Cluster, { metadata, spec }: TargetGroupBinding): TargetGroup | undefined {
  if (!Object.keys(metadata.labels).some((key) => MADE.test(key))) return undefined;
  const { service, port } = referred(cluster, metadata.namespace, spec);
  return cluster.targetGroups.find(
    ({ origin, serviceRef }) =>
      origin?.by !== 'input' &&
      service !== undefined &&
      serviceRef?.name === keyOf(service) &&
      serviceRef.port === port?.port,
  );
}

function referred(
  { services }: Cluster,
  namespace: string,
  { serviceRef: { name, port } }: TargetGroupBinding['spec'],
) {
  const service = services.find((each) => keyOf(each) === `${namespace}/${name}`);
  const found = service?.spec.ports.find((each) => each.port === port || (each.name !== '' && each.name === port));
  return { service, port: found };
}

/** By its ARN, or by the name in it, which no other group of an account and a Region has (API reference, CreateTargetGroup). */
function describedGroup(
  groups: readonly TargetGroup[],
  binding: TargetGroupBinding,
  issues: Issue[],
): TargetGroup | undefined {
  const { targetGroupARN: arn, targetGroupName } = binding.spec;
  const given = groups.filter(({ origin }) => origin?.by === 'input');
  const exact = arn === undefined ? undefined : given.find((group) => group.arn === arn);
  if (exact !== undefined) return exact;
  const name = targetGroupName ?? /:targetgroup\/([^/]+)\//.exec(arn ?? '')?.[1];
  const named = given.filter((group) => group.name === name && (group.arn === undefined || arn === undefined));
  if (named.length > 1) {
    const message = `${label(binding)} names target group "${name}", which ${named.map(({ id }) => id).join(' and ')} are called`;
    issues.push({
      ...warning(binding, message, 'ambiguous-target-group'),
      expected: 'the "arn" of each in its LoadBalancer',
    });
    return undefined;
  }
  return named[0];
}

interface Bound extends Pick<Registered, 'targets' | 'unsure'> {
  readonly serviceRef: NonNullable<TargetGroup['serviceRef']>;
}

const kept = ({ serviceRef, unsure }: Bound): Pick<TargetGroup, 'serviceRef' | 'unsure'> => ({
  serviceRef,
  ...(unsure === undefined ? {} : { unsure }),
});

/** The targets, or why there are none. */
function registers(cluster: Cluster, binding: TargetGroupBinding, group: TargetGroup | undefined): Bound | string {
  const { metadata, spec } = binding;
  const key = `${metadata.namespace}/${spec.serviceRef.name}`;
  const targetType = spec.targetType ?? group?.targetType;
  if (targetType === undefined) return 'neither it nor the input says the type of its targets';
  if (group !== undefined && group.targetType !== targetType)
    return `its targets are of type ${targetType}, and those of ${group.id} of type ${group.targetType}`;
  const { service, port } = referred(cluster, metadata.namespace, spec);
  if (service === undefined) return `there is no Service "${key}"`;
  if (port === undefined) return `Service "${key}" has no port ${spec.serviceRef.port}`;
  const family = familyOf(binding, service);
  if (targetType === 'instance' && port.nodePort === undefined)
    return `targets of type instance are node ports, and port ${port.port} of Service "${key}" has none`;
  const { nodeSelector, networking = [] } = spec;
  if (targetType === 'instance' && networking.some(({ ports }) => ports.some((each) => typeof each.port === 'string')))
    return 'a port by name in spec.networking is of pods, and its targets are nodes';
  const { targets, unsure, unregistered }: Registered =
    targetType === 'ip' || port.nodePort === undefined
      ? { targets: ipTargets(cluster, service, port, family) }
      : instanceTargets(
          cluster,
          port.nodePort,
          family,
          (labels) => nodeSelector === undefined || selectorMatches(nodeSelector, labels),
        );
  if (unregistered !== undefined) return unregistered;
  const { vpc } = group ?? {};
  return {
    ...(unsure === undefined ? {} : { unsure }),
    targets: vpc === undefined ? targets : targets.map((each) => ({ ...each, zone: zoneOf(cluster, each.ip, vpc) })),
    serviceRef: { name: key, port: port.port },
  };
}

const familyOf = ({ spec }: TargetGroupBinding, service: Service): 4 | 6 =>
  (spec.ipAddressType ?? (service.spec.ipFamilies[0] === 'IPv6' ? 'ipv6' : 'ipv4')) === 'ipv6' ? 6 : 4;

const label = (binding: TargetGroupBinding): string => `TargetGroupBinding "${keyOf(binding)}"`;

const warning = ({ source }: TargetGroupBinding, message: string, code: string): Issue => ({
  code,
  severity: 'warning',
  at: source,
  message,
});

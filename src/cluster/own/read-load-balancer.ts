import { didYouMean, type SourceRef } from '../../base/index.ts';
import type { HealthCheck, Listener, TargetGroup } from '../../fabric/index.ts';
import { plainName } from '../../net/index.ts';
import type { LoadBalancerSpec } from '../load-balancers.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { checkOwn, type OwnSpec } from './check-own.ts';
import { requiredName } from './required-name.ts';

type Spec = OwnSpec<'LoadBalancer'>;
type GroupSpec = Spec['targetGroups'][number];

/**
 * A load balancer that no manifest describes. Names of its target groups are its own; where it does not name its VPC, that
 * is the cluster's, and a target without a zone is in the one of its subnet: who settles the cluster fills both in.
 */
export function readLoadBalancer(
  fields: Fields,
): { readonly loadBalancer: LoadBalancerSpec; readonly targetGroups: readonly TargetGroup[] } | undefined {
  const id = requiredName(fields, 'LoadBalancer');
  const spec = checkOwn(fields, 'LoadBalancer');
  if (spec === undefined) return undefined;
  const type = spec.type ?? 'network';
  const { source } = fields.document;
  checkReferences(fields, spec);
  const loadBalancer: LoadBalancerSpec = {
    id,
    type,
    scheme: spec.scheme ?? 'internal',
    vpc: spec.vpc ?? '',
    ...maybe('dnsName', spec.dnsName && plainName(spec.dnsName)),
    ipAddressType: spec.ipAddressType ?? 'ipv4',
    ...maybe('denyAllIgwTraffic', spec.denyAllIgwTraffic),
    ...maybe('closedBy', closedBy(fields, spec)),
    subnets: spec.subnets,
    securityGroups: spec.securityGroups ?? [],
    crossZone: spec.crossZone ?? false,
    listeners: spec.listeners.map((listener) => listenerOf(id, listener)),
    xForwardedFor: 'append',
    madeFor: [],
    by: 'input',
    source,
  };
  const targetGroups = spec.targetGroups.map(
    (group, i): TargetGroup => ({
      ...groupOf(id, spec, group),
      origin: { by: 'input', at: fields.place('spec', 'targetGroups', i) },
    }),
  );
  return { loadBalancer, targetGroups };
}

function closedBy(fields: Fields, spec: Spec): SourceRef | undefined {
  if (spec.denyAllIgwTraffic !== undefined) return fields.place('spec', 'denyAllIgwTraffic');
  return spec.scheme === undefined ? undefined : fields.place('spec', 'scheme');
}

const groupId = (loadBalancer: string, name: string): string => `${loadBalancer}-${name}`;

const listenerOf = (id: string, { protocol, port, idleTimeout, targetGroup }: Spec['listeners'][number]): Listener => ({
  protocol,
  port,
  idleTimeout: idleTimeout ?? (protocol === 'UDP' ? 120 : 350),
  rules: [
    {
      priority: 'default',
      conditions: [],
      action: { kind: 'forward', targetGroups: [{ id: groupId(id, targetGroup), weight: 1 }] },
    },
  ],
});

/** Attributes that are not given are as AWS sets them (NLB user guide, target groups). */
function groupOf(id: string, { vpc }: Spec, group: GroupSpec): TargetGroup {
  const protocol = group.protocol ?? 'TCP';
  const always = protocol === 'UDP' || protocol === 'TCP_UDP';
  return {
    id: groupId(id, group.name),
    name: group.name,
    ...maybe('arn', group.arn),
    vpc: vpc ?? '',
    protocol,
    targetType: group.targetType,
    preserveClientIp: always || (group.preserveClientIp ?? group.targetType === 'instance'),
    proxyProtocolV2: group.proxyProtocolV2 ?? false,
    crossZone: group.crossZone === undefined ? 'use_load_balancer_configuration' : group.crossZone ? 'true' : 'false',
    stickiness: group.stickiness ?? 'none',
    healthCheck: healthOf(group.healthCheck),
    targets: (group.targets ?? []).map(({ address, port, id: target, zone }) => ({
      id: target ?? address,
      ip: address,
      port,
      zone: zone ?? '',
    })),
  };
}

function healthOf(check: GroupSpec['healthCheck']): HealthCheck {
  const protocol = check?.protocol ?? 'TCP';
  const http = protocol !== 'TCP';
  return {
    protocol,
    port: check?.port ?? 'traffic-port',
    path: http ? (check?.path ?? '/') : '',
    matcher: http ? (check?.matcher ?? '200-399') : '',
  };
}

function checkReferences(fields: Fields, { listeners, targetGroups }: Spec): void {
  const names = new Set(targetGroups.map(({ name }) => name));
  listeners.forEach(({ targetGroup, port }, i) => {
    if (!names.has(targetGroup)) {
      const message = `Listener ${port} forwards to target group "${targetGroup}", which is not in "spec.targetGroups"`;
      fields.complain(['spec', 'listeners', i, 'targetGroup'], {
        code: 'dangling-reference',
        message,
        ...didYouMean(targetGroup, names),
      });
    }
    if (listeners.findIndex((each) => each.port === port) === i) return;
    fields.complain(['spec', 'listeners', i, 'port'], {
      code: 'duplicate',
      message: `A second listener on port ${port}`,
      expected: 'one listener a port',
    });
  });
  targetGroups.forEach(({ name, protocol, preserveClientIp }, i) => {
    const place = ['spec', 'targetGroups', i];
    if (targetGroups.findIndex((each) => each.name === name) !== i)
      fields.complain([...place, 'name'], { code: 'duplicate', message: `A second target group "${name}"` });
    if (preserveClientIp === false && (protocol === 'UDP' || protocol === 'TCP_UDP'))
      fields.complain([...place, 'preserveClientIp'], {
        code: 'wrong-value',
        message: `Target group "${name}" of ${protocol} always keeps the client's address`,
        expected: 'expected no preserveClientIp: false',
      });
  });
}

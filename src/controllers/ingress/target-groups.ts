import type { Issue, SourceRef } from '../../base/index.ts';
import type { Cluster, Ingress, Service, ServicePort } from '../../cluster/index.ts';
import type { HealthCheck, TargetGroup } from '../../fabric/index.ts';
import { keyOf } from '../labels.ts';
import { movedThresholds, NOT_FOLLOWED } from '../load-balancers/health-thresholds.ts';
import { instanceTargets, ipTargets, type Registered, withLabels } from '../load-balancers/targets.ts';
import { Annotations } from './annotations.ts';
import { targetGroupName } from './names.ts';

type Of<T> = (annotations: Annotations) => T | undefined;

type Read = <T>(of: Of<T>) => T | undefined;

/** The target groups of one load balancer: one for each Ingress, Service and port, however many rules name it. */
export class TargetGroups {
  readonly issues: Issue[];
  private readonly cluster: Cluster;
  private readonly dualstack: boolean;
  private readonly made = new Map<string, TargetGroup>();

  /** `dualstack`: their load balancer has IPv6 addresses too. */
  constructor(cluster: Cluster, issues: Issue[], dualstack: boolean) {
    this.cluster = cluster;
    this.issues = issues;
    this.dualstack = dualstack;
  }

  get all(): readonly TargetGroup[] {
    return [...this.made.values()];
  }

  /** The id of the group for `port` of `service`; undefined after a reported problem. */
  idFor(ingress: Ingress, service: Service, port: number | string, at: SourceRef): string | undefined {
    const found = service.spec.ports.find((each) => each.port === port || each.name === port);
    const fail = (code: string, message: string, expected: string): undefined => {
      this.issues.push({ code, severity: 'error', at, message, expected, rests: ['services'] });
    };
    if (found === undefined) {
      const has = service.spec.ports.map((each) => `${each.port}${each.name === '' ? '' : ` (${each.name})`}`);
      const message = `Ingress "${keyOf(ingress)}" names port ${port} of Service "${keyOf(service)}", which it does not have`;
      return fail('no-such-port', message, `expected ${has.join(' or ')}`);
    }
    const key = `${keyOf(ingress)} ${keyOf(service)} ${found.port}`;
    const known = this.made.get(key);
    if (known !== undefined) return known.id;
    const read = beside(ingress, service, this.issues);
    const targetType = read((each) => each.oneOf('target-type', ['instance', 'ip'])) ?? 'instance';
    if (targetType === 'instance' && found.nodePort === undefined) {
      const message = `Target type "instance" sends to node ports, and Service "${keyOf(service)}" has none for port ${found.port}`;
      return fail('no-node-port', message, 'expected type NodePort or LoadBalancer, or the annotation target-type: ip');
    }
    if (service.spec.ipFamilies.includes('IPv6') && !this.dualstack) {
      const message = `Service "${keyOf(service)}" has IPv6 addresses, and the load balancer of Ingress "${keyOf(ingress)}" is to have none`;
      return fail('load-balancer-family', message, 'expected annotation ip-address-type: dualstack');
    }
    const check = read((each) => each.text('healthcheck-port'));
    if (healthPort({ service, targetType }, check) === undefined) {
      const message = `Annotation healthcheck-port names port "${check}" for Service "${keyOf(service)}"`;
      return fail('no-such-health-port', message, 'expected traffic-port, a number, or a port by name that has one');
    }
    const made = targetGroup({ cluster: this.cluster, ingress, service, port: found, targetType, read, at });
    this.made.set(key, made);
    return made.id;
  }
}

interface Ordered {
  readonly cluster: Cluster;
  readonly ingress: Ingress;
  readonly service: Service;
  readonly port: ServicePort;
  readonly targetType: 'instance' | 'ip';
  readonly read: Read;
  readonly at: SourceRef;
}

function targetGroup({ cluster, ingress, service, port, targetType, read, at }: Ordered): TargetGroup {
  const protocol = read((each) => each.oneOf('backend-protocol', ['HTTP', 'HTTPS'])) ?? 'HTTP';
  const version = read((each) => each.oneOf('backend-protocol-version', ['HTTP1', 'HTTP2', 'GRPC'])) ?? 'HTTP1';
  // One annotation as a whole stands before the other (pkg/ingress/model_build_target_group.go, MergeStringMap).
  const attributes = read((each) => notEmpty(thresholds(each, each.pairs('target-group-attributes'))));
  const attribute = (key: string): string | undefined => attributes?.get(key);
  return {
    id: targetGroupName(cluster.name, ingress, service, port.port, targetType, protocol, version),
    vpc: cluster.network.clusterVpc,
    protocol,
    targetType,
    preserveClientIp: false,
    proxyProtocolV2: false,
    crossZone: crossZoneOf(attribute('load_balancing.cross_zone.enabled')),
    ...stickinessOf(attribute),
    healthCheck: healthCheckOf(read, protocol, version, { service, targetType }),
    ...targetsOf(cluster, service, port, targetType, read),
    serviceRef: { name: keyOf(service), port: port.port },
    origin: { by: `Service ${keyOf(service)}`, at },
  };
}

function targetsOf(
  cluster: Cluster,
  service: Service,
  port: ServicePort,
  targetType: 'instance' | 'ip',
  read: Read,
): Registered {
  const family = service.spec.ipFamilies[0] === 'IPv6' ? 6 : 4;
  if (targetType === 'ip') return { targets: ipTargets(cluster, service, port, family) };
  const labels = Object.fromEntries(read((each) => notEmpty(each.pairs('target-node-labels'))) ?? []);
  return port.nodePort === undefined
    ? { targets: [] }
    : instanceTargets(cluster, port.nodePort, family, withLabels(labels));
}

/** A key of a target group is looked for on the Service first, then on the Ingress (model_build_target_group.go). */
function beside(ingress: Ingress, service: Service, issues: Issue[]): Read {
  const near = new Annotations(service, issues);
  const far = new Annotations(ingress, issues);
  return (of) => of(near) ?? of(far);
}

function thresholds(annotations: Annotations, attributes: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  for (const moved of movedThresholds(attributes))
    annotations.complain('target-group-attributes', moved, NOT_FOLLOWED, { code: 'not-modelled', severity: 'warning' });
  return attributes;
}

const notEmpty = <K, V>(map: ReadonlyMap<K, V>): ReadonlyMap<K, V> | undefined => (map.size === 0 ? undefined : map);

const crossZoneOf = (value: string | undefined): TargetGroup['crossZone'] =>
  value === 'true' || value === 'false' ? value : 'use_load_balancer_configuration';

/** A day, where the attribute does not say (ALB guide, edit target group attributes). */
const DAY = 86_400;

/** `stickiness.*` of target-group-attributes; by the load balancer's own cookie unless it says the application's. */
function stickinessOf(
  attribute: (key: string) => string | undefined,
): Pick<TargetGroup, 'stickiness' | 'stickinessCookie'> {
  if (attribute('stickiness.enabled') !== 'true') return { stickiness: 'none' };
  const stickiness = attribute('stickiness.type') === 'app_cookie' ? 'app_cookie' : 'lb_cookie';
  const seconds = Number(attribute(`stickiness.${stickiness}.duration_seconds`) ?? DAY);
  const name = stickiness === 'app_cookie' ? attribute('stickiness.app_cookie.cookie_name') : undefined;
  return {
    stickiness,
    stickinessCookie: { ...(name === undefined ? {} : { name }), seconds: Number.isInteger(seconds) ? seconds : DAY },
  };
}

/** What a check has in numbers: none changes a path, and one that is wrong has no target group made (ELBv2 API, CreateTargetGroup). */
const NUMBERS: readonly (readonly [key: string, min: number, max: number])[] = [
  ['healthcheck-interval-seconds', 5, 300],
  ['healthcheck-timeout-seconds', 2, 120],
  ['healthy-threshold-count', 2, 10],
  ['unhealthy-threshold-count', 2, 10],
];

/**
 * Defaults of model_build_target_group.go: the traffic port, the group's protocol, `/` and 200 (GRPC: its own path, 12). A
 * port by name is the Service's: its target port, or its node port where targets are instances.
 */
function healthCheckOf(
  read: Read,
  protocol: 'HTTP' | 'HTTPS',
  version: 'HTTP1' | 'HTTP2' | 'GRPC',
  of: Pick<Ordered, 'service' | 'targetType'>,
): HealthCheck {
  for (const [key, min, max] of NUMBERS) read((each) => each.integer(key, min, max));
  return {
    protocol: read((each) => each.oneOf('healthcheck-protocol', ['HTTP', 'HTTPS'])) ?? protocol,
    port:
      healthPort(
        of,
        read((each) => each.text('healthcheck-port')),
      ) ?? 'traffic-port',
    path: read((each) => each.text('healthcheck-path')) ?? (version === 'GRPC' ? '/AWS.ALB/healthcheck' : '/'),
    matcher: read((each) => each.text('success-codes')) ?? (version === 'GRPC' ? '12' : '200'),
  };
}

/** Undefined for a name that leads to no number, which the controller refuses (buildTargetGroupHealthCheckPort). */
function healthPort(
  of: Pick<Ordered, 'service' | 'targetType'>,
  asked = 'traffic-port',
): HealthCheck['port'] | undefined {
  if (asked === 'traffic-port') return asked;
  return /^\d+$/.test(asked) ? Number(asked) : namedPort(of, asked);
}

function namedPort({ service, targetType }: Pick<Ordered, 'service' | 'targetType'>, name = ''): number | undefined {
  const port = service.spec.ports.find((each) => each.name === name && name !== '');
  const number = targetType === 'instance' ? port?.nodePort : port?.targetPort;
  return typeof number === 'number' ? number : undefined;
}

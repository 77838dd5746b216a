import type { Issue, SourceRef } from '../../base/index.ts';
import type { Cluster, Ingress, Service, ServicePort } from '../../cluster/index.ts';
import type { HealthCheck, TargetGroup } from '../../fabric/index.ts';
import { keyOf } from '../labels.ts';
import { controllerOf, refusesIpTargets } from '../load-balancers/controller.ts';
import { movedThresholds, NOT_FOLLOWED } from '../load-balancers/health-thresholds.ts';
import { instanceTargets, ipTargets, type Registered, withLabels } from '../load-balancers/targets.ts';
import { Annotations } from './annotations.ts';
import { refuseValues, TARGET_GROUP_VALUES } from './attribute-values.ts';
import { classify } from './class-of.ts';
import { targetGroupName } from './names.ts';

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
    // Of a key that both have, the Service's counts (pkg/ingress/model_build_target_group.go, MergeStringMap).
    const annotations = new Annotations(service, this.issues, { behind: ingress });
    const classified = classify(this.cluster, ingress);
    const before = classified.by === 'controller' ? classified.settings : undefined;
    // buildTargetGroupTargetType
    const ofType = new Annotations(service, this.issues, { before, behind: ingress });
    const targetType = ofType.oneOf('target-type', ['instance', 'ip']) ?? controllerOf(this.cluster).targetType;
    const refusal = targetType === 'ip' ? refusesIpTargets(this.cluster) : undefined;
    if (refusal !== undefined) return fail('controller-refuses', refusal, 'expected targets of type instance');
    if (targetType === 'instance' && found.nodePort === undefined) {
      const message = `Target type "instance" sends to node ports, and Service "${keyOf(service)}" has none for port ${found.port}`;
      return fail('no-node-port', message, 'expected type NodePort or LoadBalancer, or the annotation target-type: ip');
    }
    if (service.spec.ipFamilies.includes('IPv6') && !this.dualstack) {
      const message = `Service "${keyOf(service)}" has IPv6 addresses, and the load balancer of Ingress "${keyOf(ingress)}" is to have none`;
      return fail('load-balancer-family', message, 'expected annotation ip-address-type: dualstack');
    }
    const check = annotations.text('healthcheck-port');
    if (healthPort({ service, targetType }, check) === undefined) {
      const message = `Annotation healthcheck-port names port "${check}" for Service "${keyOf(service)}"`;
      return fail('no-such-health-port', message, 'expected traffic-port, a number, or a port by name that has one');
    }
    refuseUnused(annotations, { ingress, service, port, targetType }, this.issues);
    const made = targetGroup({ cluster: this.cluster, ingress, service, port: found, targetType, annotations, at });
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
  readonly annotations: Annotations;
  readonly at: SourceRef;
}

function targetGroup({ cluster, ingress, service, port, targetType, annotations, at }: Ordered): TargetGroup {
  const protocol = annotations.oneOf('backend-protocol', ['HTTP', 'HTTPS']) ?? 'HTTP';
  const version = annotations.oneOf('backend-protocol-version', ['HTTP1', 'HTTP2', 'GRPC']) ?? 'HTTP1';
  const attributes = attributesOf(annotations);
  const attribute = (key: string): string | undefined => attributes.get(key);
  return {
    id: targetGroupName(cluster.name, ingress, service, port.port, targetType, protocol, version),
    vpc: cluster.network.clusterVpc,
    protocol,
    targetType,
    preserveClientIp: false,
    proxyProtocolV2: false,
    crossZone: crossZoneOf(attribute('load_balancing.cross_zone.enabled')),
    ...stickinessOf(attribute),
    healthCheck: healthCheckOf(annotations, protocol, version, { service, targetType }),
    ...targetsOf(cluster, service, port, targetType, annotations),
    serviceRef: { name: keyOf(service), port: port.port },
    origin: { by: `Service ${keyOf(service)}`, at },
  };
}

function targetsOf(
  cluster: Cluster,
  service: Service,
  port: ServicePort,
  targetType: 'instance' | 'ip',
  annotations: Annotations,
): Registered {
  const family = service.spec.ipFamilies[0] === 'IPv6' ? 6 : 4;
  if (targetType === 'ip') return { targets: ipTargets(cluster, service, port, family) };
  const labels = Object.fromEntries(annotations.pairs('target-node-labels'));
  return port.nodePort === undefined
    ? { targets: [] }
    : instanceTargets(cluster, port.nodePort, family, withLabels(labels));
}

const ATTRIBUTES = 'target-group-attributes';

function attributesOf(annotations: Annotations): ReadonlyMap<string, string> {
  const attributes = annotations.pairs(ATTRIBUTES);
  refuseValues(
    new Map([...attributes].map(([name, value]) => [name, { value, annotations, key: ATTRIBUTES }])),
    TARGET_GROUP_VALUES,
  );
  for (const moved of movedThresholds(attributes))
    annotations.complain(ATTRIBUTES, moved, NOT_FOLLOWED, { code: 'not-modelled', severity: 'warning' });
  return attributes;
}

/** What changes no path, and is read for each target group all the same (buildTargetGroupSpec, buildTargetGroupTags). */
function refuseUnused(
  annotations: Annotations,
  {
    ingress,
    service,
    port,
    targetType,
  }: Pick<Ordered, 'ingress' | 'service' | 'targetType'> & { port: number | string },
  issues: Issue[],
): void {
  const own = new Annotations(service, issues);
  own.pairs('tags');
  for (const each of [own, new Annotations(ingress, issues)]) each.flag('multi-cluster-target-group');
  const control = `target-control-port.${service.metadata.name}.${port}`;
  if (annotations.integer(control, 1, 65_535) !== undefined && targetType === 'instance')
    annotations.complain(control, annotations.text(control) ?? '', 'target-type: ip beside it');
}

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
  annotations: Annotations,
  protocol: 'HTTP' | 'HTTPS',
  version: 'HTTP1' | 'HTTP2' | 'GRPC',
  of: Pick<Ordered, 'service' | 'targetType'>,
): HealthCheck {
  refuseTimes(annotations);
  const path = annotations.text('healthcheck-path');
  if (path === '') annotations.complain('healthcheck-path', path, 'a path');
  return {
    protocol: annotations.oneOf('healthcheck-protocol', ['HTTP', 'HTTPS']) ?? protocol,
    port: listening(annotations, healthPort(of, annotations.text('healthcheck-port')) ?? 'traffic-port'),
    path: path ?? (version === 'GRPC' ? '/AWS.ALB/healthcheck' : '/'),
    matcher: successCodes(annotations, version === 'GRPC' ? GRPC_CODES : HTTP_CODES),
  };
}

/** Values of the controller, model_builder.go; ELBv2 refuses a check that is over when the next begins. */
function refuseTimes(annotations: Annotations): void {
  for (const [key, min, max] of NUMBERS) annotations.integer(key, min, max);
  const seconds = (key: string, usual: number): number => Number(annotations.text(key) ?? usual);
  const interval = seconds('healthcheck-interval-seconds', 15);
  const timeout = seconds('healthcheck-timeout-seconds', 5);
  if (timeout < interval || Number.isNaN(timeout) || Number.isNaN(interval)) return;
  const key = annotations.has('healthcheck-interval-seconds')
    ? 'healthcheck-interval-seconds'
    : 'healthcheck-timeout-seconds';
  annotations.complain(
    key,
    annotations.text(key) ?? '',
    `an interval longer than the timeout, and they are ${interval} and ${timeout} seconds`,
  );
}

function listening(annotations: Annotations, port: HealthCheck['port']): HealthCheck['port'] {
  if (port === 'traffic-port' || (port >= 1 && port <= 65_535)) return port;
  annotations.complain('healthcheck-port', annotations.text('healthcheck-port') ?? '', 'a port from 1 to 65535');
  return 'traffic-port';
}

interface Codes {
  readonly usual: string;
  readonly min: number;
  readonly max: number;
}

/** ELBv2 API, Matcher. */
const HTTP_CODES: Codes = { usual: '200', min: 200, max: 499 };
const GRPC_CODES: Codes = { usual: '12', min: 0, max: 99 };

function successCodes(annotations: Annotations, { usual, min, max }: Codes): string {
  const said = annotations.text('success-codes') ?? usual;
  const isRight = said.split(',').every((item) => {
    const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(item.trim()) ?? [];
    return from !== undefined && Number(from) >= min && Number(to ?? from) <= max;
  });
  if (!isRight) annotations.complain('success-codes', said, `codes from ${min} to ${max} such as "${usual}"`);
  return said;
}

/** Undefined for a name that leads to no number, which the controller refuses (buildTargetGroupHealthCheckPort). */
function healthPort(
  of: Pick<Ordered, 'service' | 'targetType'>,
  asked = 'traffic-port',
): HealthCheck['port'] | undefined {
  if (asked === 'traffic-port') return asked;
  return /^[-+]?\d+$/.test(asked) ? Number(asked) : namedPort(of, asked);
}

/** A port without a name is the one of no name (pkg/k8s LookupServicePort). */
function namedPort({ service, targetType }: Pick<Ordered, 'service' | 'targetType'>, name: string): number | undefined {
  const port = service.spec.ports.find((each) => each.name === name);
  const number = targetType === 'instance' ? port?.nodePort : port?.targetPort;
  return typeof number === 'number' ? number : undefined;
}

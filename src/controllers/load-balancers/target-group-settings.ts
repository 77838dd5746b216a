import { didYouMean } from '../../base/index.ts';
import type { Service } from '../../cluster/index.ts';
import type { HealthCheck, Listener, TargetGroup } from '../../fabric/index.ts';
import { type Annotations, goBool } from './annotations.ts';
import { movedThresholds, NOT_FOLLOWED } from './health-thresholds.ts';

export type TargetGroupSettings = Pick<
  TargetGroup,
  'preserveClientIp' | 'proxyProtocolV2' | 'crossZone' | 'stickiness' | 'healthCheck'
>;

/** What one port's group is asked to be. */
export interface GroupPort {
  readonly port: number;
  readonly protocol: Listener['protocol'];
  readonly targetType: 'instance' | 'ip';
}

/**
 * A target group's attributes and health check, as a Service's annotations give them; those of the port win over those of
 * all (aws-load-balancer-controller pkg/service/model_build_target_group.go).
 */
export function targetGroupSettings(service: Service, annotations: Annotations, asked: GroupPort): TargetGroupSettings {
  const attributes = attributesOf(annotations, asked.port);
  for (const moved of movedThresholds(attributes.all))
    annotations.refuse(attributes.from(moved.slice(0, moved.indexOf('='))), {
      code: 'not-modelled',
      severity: 'warning',
      expected: `expected ${NOT_FOLLOWED}, whatever ${moved} says`,
    });
  return {
    preserveClientIp: preserves(annotations, attributes, asked),
    proxyProtocolV2: proxyProtocol(annotations, attributes, asked.port),
    crossZone: crossZone(annotations, attributes),
    stickiness: flagOf(annotations, attributes, 'stickiness.enabled') === true ? 'source_ip' : 'none',
    healthCheck: healthCheck(service, annotations, asked.targetType, (name) =>
      namedHealthPort(service, name, asked.targetType),
    ),
  };
}

interface Attributes {
  readonly all: ReadonlyMap<string, string>;
  /** The annotation that says it. */
  readonly from: (key: string) => string;
}

const OF_ALL = 'target-group-attributes';
const PRESERVE = 'preserve_client_ip.enabled';
const PROXY_PROTOCOL = 'proxy_protocol_v2.enabled';

/**
 * Those of all ports, and over them those of one that are not empty; an empty proxy_protocol_v2.enabled is none
 * (buildPortSpecificTargetGroupAttributes, which reads the one attribute in both before either wins).
 */
function attributesOf(annotations: Annotations, port: number): Attributes {
  const ofPort = `${OF_ALL}.${port}`;
  const all = new Map(annotations.map(OF_ALL));
  const own = annotations.map(ofPort);
  for (const [name, pairs] of [[OF_ALL, all] as const, [ofPort, own] as const])
    if (pairs.has(PRESERVE) && goBool(pairs.get(PRESERVE)) === undefined) refuseFlag(annotations, name, PRESERVE);
  for (const [key, value] of own) if (value !== '') all.set(key, value);
  if (all.get(PROXY_PROTOCOL) === '') all.delete(PROXY_PROTOCOL);
  return { all, from: (key) => ((own.get(key) ?? '') === '' ? OF_ALL : ofPort) };
}

const refuseFlag = (annotations: Annotations, name: string, key: string): void =>
  annotations.refuse(name, { expected: `expected ${key}=true or =false` });

/** As ELBv2 has it, which documents two words for it. */
function flagOf(annotations: Annotations, { all, from }: Attributes, key: string): boolean | undefined {
  const said = all.get(key);
  if (said === undefined || said === 'true' || said === 'false')
    return said === undefined ? undefined : said === 'true';
  refuseFlag(annotations, from(key), key);
  return undefined;
}

/**
 * Target groups of UDP always keep the client's address; of TCP and TLS, instances do unless told otherwise and addresses
 * do not (NLB user guide, client IP preservation).
 */
function preserves(annotations: Annotations, attributes: Attributes, { protocol, targetType }: GroupPort): boolean {
  const always = protocol === 'UDP' || protocol === 'TCP_UDP';
  const said = flagOf(annotations, attributes, PRESERVE);
  if (always && said === false) {
    const expected = `expected no ${PRESERVE}=false on a group of ${protocol}: there the client's address is always kept`;
    annotations.refuse(attributes.from(PRESERVE), { severity: 'warning', expected });
  }
  return always || (said ?? targetType === 'instance');
}

/** Of all groups by one annotation, else by the list of ports, else by attribute. */
function proxyProtocol(annotations: Annotations, attributes: Attributes, port: number): boolean {
  if (annotations.text('proxy-protocol') === '*') return true;
  const listed = annotations.list('proxy-protocol-per-target-group');
  return listed === undefined
    ? flagOf(annotations, attributes, PROXY_PROTOCOL) === true
    : listed.includes(String(port));
}

const CROSS_ZONE = 'load_balancing.cross_zone.enabled';

function crossZone(annotations: Annotations, attributes: Attributes): TargetGroup['crossZone'] {
  const said = attributes.all.get(CROSS_ZONE) ?? 'use_load_balancer_configuration';
  if (said === 'true' || said === 'false' || said === 'use_load_balancer_configuration') return said;
  const expected = `expected ${CROSS_ZONE}=true, =false or =use_load_balancer_configuration, not "${said}"`;
  annotations.refuse(attributes.from(CROSS_ZONE), { expected });
  return 'use_load_balancer_configuration';
}

/**
 * A TCP connection to the traffic port, unless annotations ask for another. Of nodes under a Local traffic policy it is
 * kube-proxy that answers, at healthCheckNodePort, and only there (buildTargetGroupHealthCheckConfig).
 */
export function healthCheck(
  { spec }: Service,
  annotations: Annotations,
  targetType: 'instance' | 'ip',
  portNamed?: PortNamed,
): HealthCheck {
  const local =
    targetType === 'instance' && spec.externalTrafficPolicy === 'Local' ? spec.healthCheckNodePort : undefined;
  const asked = healthProtocol(annotations) ?? (local === undefined ? 'TCP' : 'HTTP');
  return {
    protocol: asked,
    port: healthPort(annotations, portNamed) ?? local ?? 'traffic-port',
    path: asked === 'TCP' ? '' : (annotations.text('healthcheck-path') ?? (local === undefined ? '/' : '/healthz')),
    matcher: asked === 'TCP' ? '' : (annotations.text('healthcheck-success-codes') ?? '200-399'),
  };
}

const PROTOCOLS = ['TCP', 'HTTP', 'HTTPS'] as const;

/** In letters of either case (buildTargetGroupHealthCheckProtocol; cloud-provider-aws, buildNLBHealthCheckConfiguration). */
function healthProtocol(annotations: Annotations): HealthCheck['protocol'] | undefined {
  const said = annotations.text('healthcheck-protocol')?.toUpperCase();
  const protocol = PROTOCOLS.find((each) => each === said);
  if (said === undefined || protocol !== undefined) return protocol;
  const expected = `expected ${PROTOCOLS.map((each) => `"${each}"`).join(', ')}`;
  annotations.refuse('healthcheck-protocol', { expected, ...didYouMean(said, PROTOCOLS) });
  return undefined;
}

type PortNamed = (name: string) => number | undefined;

/** A port of the Service by its name: its node port, or the target port where that is a number (buildTargetGroupHealthCheckPort). */
export function namedHealthPort({ spec }: Service, name: string, targetType: 'instance' | 'ip'): number | undefined {
  const port = spec.ports.find((each) => each.name === name && name !== '');
  const number = targetType === 'instance' ? port?.nodePort : port?.targetPort;
  return typeof number === 'number' ? number : undefined;
}

/** By name where `portNamed` reads one: what it does not find is refused with the Service as a whole. */
function healthPort(annotations: Annotations, portNamed: PortNamed | undefined): HealthCheck['port'] | undefined {
  const said = annotations.text('healthcheck-port');
  if (said === undefined || said === 'traffic-port') return said;
  if (portNamed !== undefined && !/^[-+]?\d+$/.test(said)) return portNamed(said);
  const port = Number(said);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  annotations.refuse('healthcheck-port', { expected: 'expected "traffic-port" or a number from 1 to 65535' });
  return undefined;
}

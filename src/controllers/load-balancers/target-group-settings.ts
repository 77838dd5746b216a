import type { Service } from '../../cluster/index.ts';
import type { HealthCheck, Listener, TargetGroup } from '../../fabric/index.ts';
import type { Annotations } from './annotations.ts';
import { movedThresholds, NOT_FOLLOWED } from './health-thresholds.ts';

type Attributes = ReadonlyMap<string, string>;
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
  const attributes = annotations.map(`target-group-attributes.${asked.port}`, 'target-group-attributes');
  for (const moved of movedThresholds(attributes))
    annotations.refuse('target-group-attributes', {
      code: 'not-modelled',
      severity: 'warning',
      expected: `expected ${NOT_FOLLOWED}, whatever ${moved} says`,
    });
  return {
    preserveClientIp: preserves(annotations, attributes, asked),
    proxyProtocolV2: proxyProtocol(annotations, attributes, asked.port),
    crossZone: crossZone(annotations, attributes),
    stickiness: attributes.get('stickiness.enabled') === 'true' ? 'source_ip' : 'none',
    healthCheck: healthCheck(service, annotations, asked.targetType, (name) =>
      namedHealthPort(service, name, asked.targetType),
    ),
  };
}

/**
 * Target groups of UDP always keep the client's address; of TCP and TLS, instances do unless told otherwise and addresses
 * do not (NLB user guide, client IP preservation).
 */
function preserves(annotations: Annotations, attributes: Attributes, { protocol, targetType }: GroupPort): boolean {
  const always = protocol === 'UDP' || protocol === 'TCP_UDP';
  const said = attributes.get('preserve_client_ip.enabled');
  if (said !== undefined && said !== 'true' && said !== 'false') {
    const expected = `expected preserve_client_ip.enabled=true or =false, not "${said}"`;
    annotations.refuse('target-group-attributes', { expected });
  }
  if (always && said === 'false') {
    const expected = `expected no preserve_client_ip.enabled=false on a group of ${protocol}: there the client's address is always kept`;
    annotations.refuse('target-group-attributes', { severity: 'warning', expected });
  }
  return always || (said === undefined ? targetType === 'instance' : said === 'true');
}

/** Of all groups by one annotation, else by the list of ports, else by attribute. */
function proxyProtocol(annotations: Annotations, attributes: Attributes, port: number): boolean {
  if (annotations.text('proxy-protocol') === '*') return true;
  const listed = annotations.list('proxy-protocol-per-target-group');
  return listed === undefined ? attributes.get('proxy_protocol_v2.enabled') === 'true' : listed.includes(String(port));
}

const CROSS_ZONE = 'load_balancing.cross_zone.enabled';

function crossZone(annotations: Annotations, attributes: Attributes): TargetGroup['crossZone'] {
  const said = attributes.get(CROSS_ZONE) ?? 'use_load_balancer_configuration';
  if (said === 'true' || said === 'false' || said === 'use_load_balancer_configuration') return said;
  const expected = `expected ${CROSS_ZONE}=true, =false or =use_load_balancer_configuration, not "${said}"`;
  annotations.refuse('target-group-attributes', { expected });
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
  const protocol = annotations.oneOf('healthcheck-protocol', ['TCP', 'HTTP', 'HTTPS', 'tcp', 'http', 'https']);
  const asked = (protocol?.toUpperCase() ?? (local === undefined ? 'TCP' : 'HTTP')) as HealthCheck['protocol'];
  return {
    protocol: asked,
    port: healthPort(annotations, portNamed) ?? local ?? 'traffic-port',
    path: asked === 'TCP' ? '' : (annotations.text('healthcheck-path') ?? (local === undefined ? '/' : '/healthz')),
    matcher: asked === 'TCP' ? '' : (annotations.text('healthcheck-success-codes') ?? '200-399'),
  };
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

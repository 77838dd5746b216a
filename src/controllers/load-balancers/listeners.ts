import { didYouMean, type Issue } from '../../base/index.ts';
import type { Cluster, Service, ServicePort } from '../../cluster/index.ts';
import type { Listener, ListenerAction } from '../../fabric/index.ts';
import { keyOf } from '../labels.ts';
import type { Annotations } from './annotations.ts';
import { isOn } from './controller.ts';

/** One listener to be: the port of the Service it is for, and what it speaks. */
export interface ListenerPort {
  readonly port: ServicePort;
  readonly protocol: Listener['protocol'];
  /** What its target group speaks. */
  readonly behind: Listener['protocol'];
  readonly idleTimeout: number;
  /** What of it nothing models. */
  readonly unmodelled?: string;
}

/** Idle seconds of a flow (NLB user guide, idle timeouts); TCP's can be set. */
export const IDLE = { TCP: 350, UDP: 120 } as const;

/**
 * Listeners of a Service's ports: one a port, TLS where a certificate covers it. TCP and UDP together are TCP_UDP, whatever the
 * certificate (pkg/service/model_build_listener.go buildListenerSpec).
 */
export function listenerPorts(
  cluster: Cluster,
  service: Service,
  annotations: Annotations,
  issues: Issue[],
): readonly ListenerPort[] {
  const found = new Map<number, ListenerPort>();
  const both = mergesTcpAndUdp(cluster, annotations);
  const tls = tlsPorts(annotations);
  const reEncrypts = isTlsBehind(annotations);
  const quic = isQuic(annotations);
  const report = (message: string, expected: string): void =>
    void issues.push({ code: 'listener-not-made', severity: 'warning', at: service.source, message, expected });
  for (const port of service.spec.ports) {
    const label = `Port ${port.port}/${port.protocol} of Service "${keyOf(service)}"`;
    const other = found.get(port.port);
    if (other !== undefined && !(both && other.port.protocol !== port.protocol)) {
      const expected = 'one protocol a port, or annotation aws-load-balancer-enable-tcp-udp-listener';
      report(`${label} gets no listener: there is one on this port`, expected);
      continue;
    }
    if (port.protocol === 'SCTP') continue;
    const isTls = other === undefined && port.protocol === 'TCP' && tls(port);
    const protocol = other !== undefined ? 'TCP_UDP' : isTls ? 'TLS' : port.protocol;
    const behind = isTls ? (reEncrypts ? 'TLS' : 'TCP') : protocol;
    const unmodelled = quic(other?.port ?? port)
      ? 'QUIC listeners choose targets by connection id'
      : actionOf(annotations, protocol, port.port);
    found.set(port.port, {
      port: other?.port ?? port,
      protocol,
      behind,
      idleTimeout: idleTimeout(annotations, protocol, port.port),
      ...(unmodelled === undefined ? {} : { unmodelled }),
    });
  }
  return [...found.values()];
}

/** A value that is none of Go's counts as none (shouldUseTCPUDP). */
export function mergesTcpAndUdp(cluster: Cluster, annotations: Annotations): boolean {
  const expected = 'expected "true" or "false": it counts as none';
  return (
    annotations.flag('enable-tcp-udp-listener', { severity: 'warning', expected }) ??
    isOn(cluster, 'EnableTCPUDPListener')
  );
}

/** Of a network load balancer only `ssl` is asked for, with a certificate; anything else is TCP (buildListenerSpec). */
export function isTlsBehind(annotations: Annotations): boolean {
  const said = annotations.text('backend-protocol') ?? '';
  if (!['', 'ssl', 'tcp', 'http', 'https'].includes(said)) {
    const expected = 'expected "ssl" or "tcp": it counts as "tcp"';
    annotations.refuse('backend-protocol', { severity: 'warning', expected, ...didYouMean(said, ['ssl', 'tcp']) });
  }
  return said === 'ssl';
}

/** Ports whose listener is upgraded, by number or name: of two on one port, the first one's (buildListenerSpec). */
export function isQuic(annotations: Annotations): (port: ServicePort) => boolean {
  const listed = new Set(annotations.list('quic-enabled-ports'));
  return ({ name, port }) => listed.has(String(port)) || listed.has(name);
}

/** A certificate without a list of ports is for every TCP port; the list has numbers and names, or `*` where it is not refused. */
export function tlsPorts(annotations: Annotations): (port: ServicePort) => boolean {
  if ((annotations.list('ssl-cert') ?? []).length === 0) return () => false;
  const listed = annotations.list('ssl-ports');
  if (listed === undefined || listed.length === 0 || listed.includes('*')) return () => true;
  return ({ name, port }) => listed.includes(String(port)) || listed.includes(name);
}

/** `actions.TLS-443`: by what the listener speaks (buildActionConfigViaAnnotation). */
function actionOf(annotations: Annotations, protocol: Listener['protocol'], port: number): string | undefined {
  const name = `actions.${protocol}-${port}`;
  return annotations.plain(name) === undefined
    ? undefined
    : `annotation ${name} shares a listener out to several Services`;
}

function idleTimeout(annotations: Annotations, protocol: Listener['protocol'], port: number): number {
  const name = `listener-attributes.${protocol}-${port}`;
  const said = annotations.map(name).get('tcp.idle_timeout.seconds');
  if (protocol === 'UDP') return IDLE.UDP;
  if (said === undefined) return IDLE.TCP;
  const seconds = Number(said);
  if (Number.isInteger(seconds) && seconds >= 60 && seconds <= 6000) return seconds;
  annotations.refuse(name, { expected: 'expected tcp.idle_timeout.seconds from 60 to 6000' });
  return IDLE.TCP;
}

/** A listener with its one rule. */
export function listenerTo(made: ListenerPort, targetGroup: string): Listener {
  const action: ListenerAction =
    made.unmodelled === undefined
      ? { kind: 'forward', targetGroups: [{ id: targetGroup, weight: 1 }] }
      : { kind: 'unmodelled', what: made.unmodelled };
  const { protocol, idleTimeout: seconds } = made;
  const rule = { priority: 'default', conditions: [], action } as const;
  return { protocol, port: made.port.port, idleTimeout: seconds, rules: [rule] };
}

import type { Admission, PeerSpec, TrafficSpec } from '../../cluster/index.ts';
import type { TargetGroup } from '../../fabric/index.ts';

/** What one target group's targets are sent by its load balancer, each port by itself. */
export interface TargetTraffic {
  readonly requests: readonly TrafficSpec[];
  readonly healthChecks: readonly TrafficSpec[];
}

/** Ports are those the targets are registered with; a check of the traffic port is one of each (ELBv2 API, HealthCheckPort). */
export function targetTraffic({ protocol, healthCheck, targets }: TargetGroup): TargetTraffic {
  const ports = [...new Set(targets.map(({ port }) => port))].sort((a, b) => a - b);
  const protocols = protocol === 'UDP' ? (['udp'] as const) : protocol === 'TCP_UDP' ? (['tcp', 'udp'] as const) : TCP;
  const checked = healthCheck.port === 'traffic-port' ? ports : ports.length === 0 ? [] : [healthCheck.port];
  return {
    requests: protocols.flatMap((each) => ports.map((port) => onePort(each, port))),
    healthChecks: checked.map((port) => onePort('tcp', port)),
  };
}

const TCP = ['tcp'] as const;

export const onePort = (protocol: 'tcp' | 'udp', port: number): TrafficSpec => ({
  protocol,
  ports: { from: port, to: port },
});

/** Each kind of traffic from each of the peers, none twice. */
export function admit(traffic: readonly TrafficSpec[], peers: readonly PeerSpec[]): readonly Admission[] {
  const made = new Map<string, Admission>();
  for (const each of traffic)
    for (const peer of peers) made.set(`${JSON.stringify(each)} ${showPeer(peer)}`, { ...each, peer });
  return [...made.values()];
}

const showPeer = (peer: PeerSpec): string => (peer.kind === 'cidr' ? peer.cidr.text : peer.id);

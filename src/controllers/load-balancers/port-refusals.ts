import type { Issue } from '../../base/index.ts';
import type { Cluster, Service, ServicePort } from '../../cluster/index.ts';
import { keyOf } from '../labels.ts';
import { type Annotations, goBool } from './annotations.ts';
import { isOn } from './controller.ts';
import { mergesTcpAndUdp } from './listeners.ts';

/** Why nothing is made of a Service, and what would be. */
export type PortRefusal = readonly [why: string, expected: string];

/**
 * Whether the AWS Load Balancer Controller fails over the ports of a Service, before there is a load balancer: where one port
 * is to speak two protocols it merges TCP and UDP alone (pkg/service/model_build_listener.go, validateMultiProtocolUsage);
 * target groups come before load balancers, security groups before both (pkg/deploy/stack_deployer.go), and neither a target
 * group (ELBv2 API, CreateTargetGroup) nor a rule (EC2 API, IpPermission; pkg/service/model_build_managed_sg.go writes one for
 * each port) can name SCTP. Without merging, the first port of a number has the listener and the target group (NewListener,
 * tgByResID), and another none.
 */
export function refusesPorts(cluster: Cluster, service: Service, annotations: Annotations, issues: Issue[]): boolean {
  const { ports } = service.spec;
  const refusal = ofMerging(cluster, ports, annotations) ?? ofSctp(cluster, ports, annotations);
  if (refusal !== undefined) issues.push(notMade(service, refusal));
  return refusal !== undefined;
}

function ofMerging(cluster: Cluster, ports: readonly ServicePort[], annotations: Annotations): PortRefusal | undefined {
  if (!mergesTcpAndUdp(cluster, annotations)) return undefined;
  for (const { port } of ports) {
    const protocols = ports.filter((each) => each.port === port).map(({ protocol }) => protocol);
    const areMerged = protocols.length === 2 && !protocols.includes('SCTP');
    if (protocols.length > 1 && !areMerged)
      return [`port ${port} is to be one listener of ${protocols.join(' and ')}`, 'TCP and UDP on it alone'];
  }
  return undefined;
}

function ofSctp(cluster: Cluster, ports: readonly ServicePort[], annotations: Annotations): PortRefusal | undefined {
  const sctp = ports.filter(({ protocol }) => protocol === 'SCTP');
  const first = sctp.find((port) => ports.find((each) => each.port === port.port) === port);
  if (first !== undefined) return [`port ${showPort(first)} wants a target group of SCTP`, CARRIED];
  const [ruled] = writesGroup(cluster, annotations) ? sctp : [];
  return ruled && [`port ${showPort(ruled)} wants a security group rule of SCTP`, CARRIED];
}

/** As serviceGuard has it: one of its own, unless it is given some or wants none (buildLoadBalancerSecurityGroups). */
const writesGroup = (cluster: Cluster, annotations: Annotations): boolean =>
  isOn(cluster, 'NLBSecurityGroup') &&
  (annotations.list('security-groups') ?? []).length === 0 &&
  goBool(annotations.text('disable-nlb-sg')) !== true;

export const CARRIED = 'TCP or UDP: a load balancer carries no SCTP';

export const showPort = ({ port, protocol }: ServicePort): string => `${port}/${protocol}`;

export const notMade = (service: Service, [why, expected]: PortRefusal): Issue => ({
  code: 'load-balancer-not-made',
  severity: 'warning',
  at: service.source,
  message: `The controller makes no load balancer of Service "${keyOf(service)}": ${why}`,
  expected,
});

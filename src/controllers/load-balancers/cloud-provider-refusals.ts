import type { Issue } from '../../base/index.ts';
import type { Service } from '../../cluster/index.ts';
import { type Annotations, goBool } from './annotations.ts';
import { tlsPorts } from './listeners.ts';
import { CARRIED, notMade, type PortRefusal, showPort } from './port-refusals.ts';

type BalancerType = 'network' | 'classic';

/**
 * Whether the cloud controller manager makes nothing of a Service: sessions it cannot keep, several protocols, one its kind
 * of load balancer lacks, an address that is asked for, a value it cannot read (cloud-provider-aws pkg/providers/v1/aws.go,
 * EnsureLoadBalancer, checkMixedProtocol, checkProtocol, buildListener; aws_loadbalancer.go,
 * reconcileLBAttributes, which leaves a network load balancer that no Service names and no node lets in). An empty value is none.
 */
export function cloudProviderRefuses(
  service: Service,
  annotations: Annotations,
  type: BalancerType,
  issues: Issue[],
): boolean {
  const refusal = ofSpec(service, type);
  if (refusal !== undefined) issues.push(notMade(service, refusal));
  const wrong = values(service, annotations, type).filter(([name, isRight]) => !isRight(annotations.text(name) ?? ''));
  for (const [name, , expected] of wrong)
    annotations.refuse(name, {
      severity: 'warning',
      expected: `${expected}: its controller fails, and gives the Service no load balancer`,
    });
  return refusal !== undefined || wrong.length > 0;
}

function ofSpec({ spec }: Service, type: BalancerType): PortRefusal | undefined {
  const { ports } = spec;
  if (spec.sessionAffinity !== 'None') return ['it asks for session affinity', 'sessionAffinity: None'];
  const other = ports.find(({ protocol }) => protocol !== ports[0]?.protocol);
  if (other !== undefined)
    return [`its ports are of ${ports[0]?.protocol} and ${other.protocol}`, 'one protocol for all its ports'];
  const lacks = ports.find(({ protocol }) => protocol === 'SCTP' || (type === 'classic' && protocol === 'UDP'));
  if (lacks !== undefined && type === 'network') return [`port ${showPort(lacks)}`, CARRIED];
  if (lacks !== undefined)
    return [`a Classic Load Balancer has no port ${showPort(lacks)}`, 'TCP, or annotation aws-load-balancer-type: nlb'];
  const { loadBalancerIP } = spec;
  return loadBalancerIP === undefined
    ? undefined
    : [`it asks for address ${loadBalancerIP}`, 'no field spec.loadBalancerIP'];
}

type Value = readonly [name: string, isRight: (text: string) => boolean, expected: string];

function values(service: Service, annotations: Annotations, type: BalancerType): readonly Value[] {
  const isFlag = (text: string): boolean => text === '' || goBool(text) !== undefined;
  const flag = 'expected "true" or "false"';
  const both: readonly Value[] = [
    ['cross-zone-load-balancing-enabled', isFlag, flag],
    ['access-log-enabled', isFlag, flag],
  ];
  if (type === 'network') return both;
  const hasTls = service.spec.ports.some(tlsPorts(annotations));
  return [
    ...both,
    ['connection-draining-enabled', isFlag, flag],
    ['proxy-protocol', (text) => text === '' || text === '*', 'expected "*"'],
    [
      'backend-protocol',
      (text) => !hasTls || text === '' || BACKENDS.includes(text),
      'expected "ssl", "tcp", "http" or "https" beside a certificate',
    ],
  ];
}

/** backendProtocolMapping */
const BACKENDS = ['ssl', 'tcp', 'http', 'https'];

import type { Issue } from '../../base/index.ts';
import type { Cluster, Service, SubnetSpec } from '../../cluster/index.ts';
import type { LoadBalancer } from '../../fabric/index.ts';
import { parseIp } from '../../net/index.ts';
import { type Annotations, goBool } from './annotations.ts';
import { ATTRIBUTES, PRESERVE, PRIVATE_ADDRESSES, PROXY_PROTOCOL } from './cloud-provider-settings.ts';
import { readsAnnotation } from './cloud-provider-version.ts';
import { tlsPorts } from './listeners.ts';
import { readLoosePairs } from './pairs.ts';
import { CARRIED, notMade, type PortRefusal, showPort } from './port-refusals.ts';
import { holds, isInteger } from './service-refusals.ts';

type BalancerType = 'network' | 'classic';

/** A load balancer that is about to be ordered. */
interface ToRefuse {
  readonly type: BalancerType;
  readonly scheme: LoadBalancer['scheme'];
  readonly subnets: readonly SubnetSpec[];
}

/**
 * Whether the cloud controller manager makes nothing of a Service: sessions it cannot keep, several protocols, one its kind
 * of load balancer lacks, an address that is asked for, a value it cannot read (cloud-provider-aws pkg/providers/v1/aws.go,
 * EnsureLoadBalancer, checkMixedProtocol, checkProtocol, buildListener; aws_loadbalancer.go,
 * reconcileLBAttributes, which leaves a network load balancer that no Service names and no node lets in). An empty value is none.
 */
export function cloudProviderRefuses(
  cluster: Cluster,
  service: Service,
  annotations: Annotations,
  of: ToRefuse,
  issues: Issue[],
): boolean {
  const refusal = ofSpec(service, of.type);
  if (refusal !== undefined) issues.push(notMade(service, refusal));
  const wrong = [
    ...values(service, annotations, of.type),
    ...(readsAnnotation(cluster, ATTRIBUTES) ? [ofAttributes(service, of.type)] : []),
    ...(of.type === 'network' ? ofAddresses(cluster, of) : []),
  ].filter(([name, isRight]) => {
    const text = annotations.text(name);
    return text !== undefined && !isRight(text);
  });
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
  const isNone = (text: string): boolean => text === '' || isInteger(text);
  const flag = 'expected "true" or "false"';
  const both: readonly Value[] = [
    ['cross-zone-load-balancing-enabled', isFlag, flag],
    ['access-log-enabled', isFlag, flag],
    ['healthcheck-interval', isInteger, 'expected seconds'],
    ['healthcheck-timeout', isInteger, 'expected seconds'],
    ['healthcheck-healthy-threshold', isInteger, 'expected a whole number'],
    ['healthcheck-unhealthy-threshold', isInteger, 'expected a whole number'],
  ];
  if (type === 'network') return both;
  const hasTls = service.spec.ports.some(tlsPorts(annotations));
  return [
    ...both,
    ['connection-draining-enabled', isFlag, flag],
    ['connection-draining-timeout', isNone, 'expected seconds'],
    ['access-log-emit-interval', isNone, 'expected minutes'],
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

/** aws_validations.go, validateServiceAnnotations, validateServiceAnnotationTargetGroupAttributes. */
function ofAttributes({ spec }: Service, type: BalancerType): Value {
  if (type === 'classic') return [ATTRIBUTES, () => false, 'expected annotation aws-load-balancer-type: nlb beside it'];
  const isRight = ([key, value]: readonly [string, string]): boolean =>
    (key === PRESERVE || key === PROXY_PROTOCOL) && (value === 'true' || value === 'false');
  const hasUdp = spec.ports.some(({ protocol }) => protocol === 'UDP');
  return [
    ATTRIBUTES,
    (text) => {
      const pairs = readLoosePairs(text);
      return [...pairs].every(isRight) && !(hasUdp && pairs.get(PRESERVE) === 'false');
    },
    `expected ${PRESERVE} (of UDP only true) and ${PROXY_PROTOCOL}, true or false`,
  ];
}

/** Addresses by the order of the subnets (ensureLoadBalancerv2); ELBv2 takes private ones for an internal load balancer alone. */
function ofAddresses(cluster: Cluster, { scheme, subnets }: ToRefuse): readonly Value[] {
  const count = `expected ${subnets.length}, one a subnet`;
  const elastic: Value = ['eip-allocations', (text) => text.split(',').length === subnets.length, count];
  if (!readsAnnotation(cluster, PRIVATE_ADDRESSES)) return [elastic];
  if (scheme !== 'internal')
    return [
      elastic,
      [PRIVATE_ADDRESSES, () => false, 'expected annotation aws-load-balancer-internal: "true" beside it'],
    ];
  const fits = (text: string): boolean => {
    const given = text.split(',').map((each) => parseIp(each));
    return (
      given.length === subnets.length &&
      subnets.every((subnet, i) => {
        const address = given[i];
        return address !== undefined && holds(subnet, address);
      })
    );
  };
  const ids = subnets.map(({ id }) => id).join(', ');
  return [
    elastic,
    [PRIVATE_ADDRESSES, fits, `expected an address of each of ${ids}, in this order and without blanks`],
  ];
}

import { type Issue, showSource } from '../../base/index.ts';
import type { Cluster, LoadBalancerSpec, Service, SubnetSpec } from '../../cluster/index.ts';
import type { TargetGroup } from '../../fabric/index.ts';
import { keyOf } from '../labels.ts';
import { type Annotations, goBool } from './annotations.ts';
import { classicListeners } from './classic-listeners.ts';
import { classicGuard, nodeRules } from './cloud-provider-guard.ts';
import { cloudProviderRefuses } from './cloud-provider-refusals.ts';
import { networkAttributes, networkListeners, networkSubnets, withCodes } from './cloud-provider-settings.ts';
import { sayUnread } from './cloud-provider-version.ts';
import { type ListenerPort, listenerTo } from './listeners.ts';
import { cloudProviderName, liveHostname, nameInHostname, readHostname } from './names.ts';
import { readLoosePairs } from './pairs.ts';
import { type Guarded, rangesOfNodes, refuseSix, sourceRanges } from './service-guard.ts';
import { noSubnet, type Ordered, subnetsNamed } from './service-nlb.ts';
import { findElbSubnets } from './subnets.ts';
import { healthCheck } from './target-group-settings.ts';
import { instanceTargets, withLabelsOrAny } from './targets.ts';

const BY = 'cloud-controller-manager';

/**
 * What the cloud controller manager makes of a Service: a Classic Load Balancer, or a network load balancer of instances
 * that keeps the client's address; internet-facing unless asked otherwise (cloud-provider-aws
 * pkg/providers/v1/{aws,aws_loadbalancer}.go, EnsureLoadBalancer, ensureLoadBalancerv2).
 */
export function cloudProviderLoadBalancer(
  cluster: Cluster,
  service: Service,
  annotations: Annotations,
  type: 'network' | 'classic',
  issues: Issue[],
): Ordered | undefined {
  const meant = askedScheme(annotations);
  const dnsName = liveHostname(service);
  const scheme = (type === 'classic' ? readHostname(dnsName ?? '')?.scheme : undefined) ?? meant;
  const names = annotations.list('subnets');
  const subnets =
    names === undefined
      ? findElbSubnets(cluster, { scheme: meant, dualstack: false })
      : subnetsNamed(cluster, annotations, names);
  if (subnets === undefined) return undefined;
  if (subnets.length === 0) {
    issues.push(noSubnet(service, meant));
    return undefined;
  }
  if (type === 'network') sayUnread(cluster, annotations);
  if (cloudProviderRefuses(cluster, service, annotations, { type, scheme, subnets }, issues)) return undefined;
  const id = nameInHostname(dnsName ?? '') ?? cloudProviderName(cluster, service);
  const asked = type === 'classic' ? classicListeners(service, annotations) : networkListeners(service, annotations);
  const ports = asked.filter(({ port }) => port.nodePort !== undefined);
  const nodeless = asked.find(({ port }) => port.nodePort === undefined);
  if (nodeless !== undefined) issues.push(noNodePort(service, nodeless));
  // A Classic Load Balancer cannot be without a listener (CreateLoadBalancer).
  if (type === 'classic' && ports.length === 0) return undefined;
  const groups = ports.map((port) => groupOf(cluster, service, annotations, { id, type, port, first: ports[0] }));
  const loadBalancer: LoadBalancerSpec = {
    id,
    type,
    scheme,
    vpc: cluster.network.clusterVpc,
    ...(dnsName === undefined ? {} : { dnsName }),
    ipAddressType: 'ipv4',
    subnets:
      type === 'network' ? networkSubnets(cluster, annotations, subnets) : subnets.map((subnet) => ({ id: subnet.id })),
    ...guarded(cluster, service, annotations, { id, type, ports, groups, subnets }, issues),
    crossZone: goBool(annotations.text('cross-zone-load-balancing-enabled')) ?? false,
    listeners: ports.map((port, i) => listenerTo(port, groups[i]?.id ?? '')),
    xForwardedFor: 'append',
    madeFor: [keyOf(service)],
    by: BY,
    source: service.source,
  };
  return { loadBalancer, targetGroups: groups };
}

/** Internet-facing unless its annotation says otherwise (EnsureLoadBalancer). */
function askedScheme(annotations: Annotations): LoadBalancerSpec['scheme'] {
  const internal = annotations.text('internal');
  return internal === undefined || internal === '' || internal === 'false' ? 'internet-facing' : 'internal';
}

/**
 * What is said of a Classic Load Balancer whose name in DNS tells of another scheme than is asked for now. It has the one it was
 * made with: the scheme is given to CreateLoadBalancer alone, and the manager makes none anew of what is there, whose subnets,
 * listeners and groups alone it keeps as they are asked for (aws_loadbalancer.go ensureLoadBalancer).
 */
export function keepsItsScheme(service: Service, annotations: Annotations): string | undefined {
  const dnsName = liveHostname(service) ?? '';
  const named = readHostname(dnsName)?.scheme;
  const asked = askedScheme(annotations);
  if (named === undefined || named === asked) return undefined;
  const at = showSource(annotations.place('internal'));
  return `Service ${keyOf(service)} is to have an ${asked} load balancer (${at}), and the name of the one it has, ${dnsName}, is an ${named} one's: it is taken as ${named}, since the cloud controller manager changes no scheme`;
}

interface ToGuard {
  readonly id: string;
  readonly type: 'network' | 'classic';
  readonly ports: readonly ListenerPort[];
  readonly groups: readonly TargetGroup[];
  readonly subnets: readonly SubnetSpec[];
}

/**
 * A network load balancer has no group: source ranges are its nodes'. A Classic Load Balancer that is given groups has none
 * of its own for them.
 */
function guarded(
  cluster: Cluster,
  service: Service,
  annotations: Annotations,
  { id, type, ports, groups, subnets }: ToGuard,
  issues: Issue[],
): Guarded {
  const ranges = sourceRanges(service, annotations, issues);
  if (type === 'network' || (annotations.list('security-groups') ?? []).length === 0)
    refuseSix(service, annotations, ranges, 'expected IPv4: its load balancer has no other', issues);
  if (type === 'classic') {
    const numbers = ports.map(({ port }) => port.port);
    return classicGuard(id, groups, numbers, ranges, annotations);
  }
  const unmodelled = rangesOfNodes(cluster, service, ranges);
  return {
    securityGroups: [],
    guard: nodeRules(groups, subnets, ranges),
    ...(unmodelled === undefined ? {} : { unmodelled }),
  };
}

/** Such a port is passed over (EnsureLoadBalancer). */
const noNodePort = (service: Service, { port: { port } }: ListenerPort): Issue => ({
  code: 'no-node-port',
  severity: 'warning',
  at: service.source,
  message: `Port ${port} of Service "${keyOf(service)}" has no node port: its controller makes no listener for it`,
  expected: 'allocateLoadBalancerNodePorts: true',
});

interface Of {
  readonly id: string;
  readonly type: 'network' | 'classic';
  readonly port: ListenerPort;
  readonly first: ListenerPort | undefined;
}

function groupOf(
  cluster: Cluster,
  service: Service,
  annotations: Annotations,
  { id, type, port: { port, behind }, first }: Of,
): TargetGroup {
  const labels = Object.fromEntries(readLoosePairs(annotations.text('target-node-labels') ?? ''));
  const isClassic = type === 'classic';
  const check = withCodes(healthCheck(service, annotations, 'instance'), type);
  // A Classic Load Balancer has one check for all its listeners: of the first one's port.
  const checked = check.port === 'traffic-port' ? (first?.port.nodePort ?? check.port) : check.port;
  return {
    id: `${id}-${behind.toLowerCase()}-${port.port}`,
    vpc: cluster.network.clusterVpc,
    protocol: behind,
    targetType: 'instance',
    ...(isClassic ? { preserveClientIp: false, proxyProtocolV2: false } : networkAttributes(cluster, annotations)),
    crossZone: 'use_load_balancer_configuration',
    stickiness: 'none',
    ...(isClassic && annotations.text('proxy-protocol') === '*' ? { proxyProtocolV1: true } : {}),
    healthCheck: isClassic ? { ...check, port: checked } : check,
    ...(port.nodePort === undefined
      ? { targets: [] }
      : instanceTargets(cluster, port.nodePort, 4, withLabelsOrAny(labels))),
    serviceRef: { name: keyOf(service), port: port.port },
    origin: { by: isClassic ? `Service ${keyOf(service)}` : BY, at: service.source },
  };
}

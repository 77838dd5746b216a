import type { Issue } from '../../base/index.ts';
import type { Cluster, LoadBalancerSpec, Service } from '../../cluster/index.ts';
import type { TargetGroup } from '../../fabric/index.ts';
import { keyOf } from '../labels.ts';
import type { Annotations } from './annotations.ts';
import { listenerPorts, listenerTo } from './listeners.ts';
import { cloudProviderName, liveHostname, nameInHostname } from './names.ts';
import { noSubnet, type Ordered } from './service-nlb.ts';
import { findElbSubnets, namedSubnets } from './subnets.ts';
import { healthCheck } from './target-group-settings.ts';
import { instanceTargets } from './targets.ts';

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
  const internal = annotations.text('internal');
  const scheme = internal === undefined || internal === '' || internal === 'false' ? 'internet-facing' : 'internal';
  const names = annotations.list('subnets');
  const subnets =
    names === undefined
      ? findElbSubnets(cluster, { scheme, dualstack: false })
      : namedSubnets(cluster, names, ({ message }) => annotations.refuse('subnets', { expected: message }));
  if (subnets.length === 0) {
    issues.push(noSubnet(service, scheme));
    return undefined;
  }
  const dnsName = liveHostname(service);
  const id = nameInHostname(dnsName ?? '') ?? cloudProviderName(cluster, service);
  const ports = listenerPorts(service, annotations, issues);
  const labels = Object.fromEntries(annotations.map('target-node-labels'));
  const groups = ports.map(
    ({ port, behind }): TargetGroup => ({
      id: `${id}-${behind.toLowerCase()}-${port.port}`,
      vpc: cluster.network.clusterVpc,
      protocol: behind,
      targetType: 'instance',
      preserveClientIp: type === 'network',
      proxyProtocolV2: false,
      crossZone: 'use_load_balancer_configuration',
      stickiness: 'none',
      healthCheck: healthCheck(service, annotations, 'instance'),
      targets: port.nodePort === undefined ? [] : instanceTargets(cluster, port.nodePort, 4, labels),
      origin: { by: BY, at: service.source },
    }),
  );
  const unmodelled = unmodelledOf(service, type);
  const loadBalancer: LoadBalancerSpec = {
    id,
    type,
    scheme,
    vpc: cluster.network.clusterVpc,
    ...(dnsName === undefined ? {} : { dnsName }),
    ipAddressType: 'ipv4',
    subnets: subnets.map((subnet) => ({ id: subnet.id })),
    securityGroups: [],
    crossZone: annotations.flag('cross-zone-load-balancing-enabled') ?? false,
    listeners: ports.map((port, i) => listenerTo(port, groups[i]?.id ?? '')),
    xForwardedFor: 'append',
    madeFor: [keyOf(service)],
    by: BY,
    ...(unmodelled === undefined ? {} : { unmodelled }),
    source: service.source,
  };
  return { loadBalancer, targetGroups: groups };
}

function unmodelledOf(service: Service, type: 'network' | 'classic'): string | undefined {
  const key = keyOf(service);
  if (type === 'classic')
    return `the Classic Load Balancer of Service ${key} ends connections itself and opens others, which is not modelled`;
  const ranges = service.spec.loadBalancerSourceRanges;
  return ranges.length === 0 || ranges.includes('0.0.0.0/0')
    ? undefined
    : `the source ranges of Service ${key} (${ranges.join(', ')}) are rules of security groups, which are not modelled`;
}

import type { Issue } from '../../base/index.ts';
import type { Cluster, LoadBalancerSpec, LoadBalancerSubnet, Service, SubnetSpec } from '../../cluster/index.ts';
import type { LoadBalancer, TargetGroup } from '../../fabric/index.ts';
import { type Family, type Ip, parseIp } from '../../net/index.ts';
import { keyOf } from '../labels.ts';
import type { Annotations } from './annotations.ts';
import { controllerOf } from './controller.ts';
import { closedBy, DENY_IGW, deniesIgw } from './deny-igw.ts';
import { type ListenerPort, listenerPorts, listenerTo } from './listeners.ts';
import { controllerName, liveHostname, nameInHostname } from './names.ts';
import { refusesPorts } from './port-refusals.ts';
import { serviceGuard } from './service-guard.ts';
import { holds, refuses, refusesPlace } from './service-refusals.ts';
import { withSourceNat } from './source-nat.ts';
import { discoverSubnets, isUndescribed, namedSubnets } from './subnets.ts';
import { targetGroupSettings } from './target-group-settings.ts';
import { instanceTargets, ipTargets, type Registered, withLabels } from './targets.ts';

/** A load balancer with its target groups, as one controller made them of one Service. */
export interface Ordered {
  readonly loadBalancer: LoadBalancerSpec;
  readonly targetGroups: readonly TargetGroup[];
}

const BY = 'aws-load-balancer-controller';

/**
 * The network load balancer the AWS Load Balancer Controller makes of a Service (pkg/service/model_builder.go); undefined
 * where it refuses: without a subnet to put it in, with IPv6 targets and no address of theirs, with instances for targets and
 * no node port, with ports it cannot have, with UDP that a load balancer of both families cannot have, or for a value of an
 * annotation. Each is then reported.
 */
export function serviceNlb(
  cluster: Cluster,
  service: Service,
  annotations: Annotations,
  targetType: 'instance' | 'ip',
  issues: Issue[],
): Ordered | undefined {
  if (refusesPlace(annotations)) return undefined;
  const scheme = schemeOf(annotations, controllerOf(cluster).scheme);
  const dualstack = annotations.text('ip-address-type') === 'dualstack';
  const ipAddressType = dualstack ? 'dualstack' : 'ipv4';
  const family = service.spec.ipFamilies.includes('IPv6') ? 6 : 4;
  if (family === 6 && !dualstack) {
    issues.push(notDualstack(service));
    return undefined;
  }
  const subnets = subnetsOf(cluster, annotations, { scheme, dualstack });
  if (subnets === undefined) return undefined;
  if (subnets.length === 0) {
    issues.push(noSubnet(service, scheme));
    return undefined;
  }
  const dnsName = liveHostname(service);
  const id = annotations.text('name') ?? nameInHostname(dnsName ?? '') ?? controllerName(cluster, service);
  if (refusesPorts(cluster, service, annotations, issues)) return undefined;
  const wanted = listenerPorts(cluster, service, annotations, issues);
  const nodeless = targetType === 'instance' ? wanted.find(({ port }) => port.nodePort === undefined) : undefined;
  if (nodeless !== undefined) issues.push(noNodePort(service, nodeless));
  const isRefused = refuses(service, annotations, { scheme, dualstack, subnets, ports: wanted, targetType });
  if (isRefused || nodeless !== undefined) return undefined;
  const ports = withSourceNat(service, annotations, dualstack, wanted, issues);
  if (ports === undefined) return undefined;
  const groups = ports.map((port) => group(cluster, service, annotations, { id, targetType, family, port }));
  const toGuard = { scheme, dualstack, subnets, targetGroups: groups };
  const attributes = annotations.map('attributes');
  const loadBalancer: LoadBalancerSpec = {
    id,
    type: 'network',
    scheme,
    vpc: cluster.network.clusterVpc,
    ...(dnsName === undefined ? {} : { dnsName }),
    ipAddressType,
    ...deniesIgw(attributes.get(DENY_IGW), dualstack, (what) =>
      annotations.refuse('attributes', { expected: `expected ${what}` }),
    ),
    ...closedBy(
      annotations.placed(attributes.has(DENY_IGW) ? ['attributes'] : ['scheme', 'internal']) ??
        controllerOf(cluster).places.get('default-load-balancer-scheme'),
    ),
    subnets: withAddresses(subnets, annotations),
    ...serviceGuard(cluster, service, annotations, toGuard, issues),
    crossZone: crossZone(annotations, attributes),
    listeners: ports.map((port, i) => listenerTo(port, groups[i]?.id ?? '')),
    xForwardedFor: 'append',
    madeFor: [keyOf(service)],
    by: BY,
    source: service.source,
  };
  return { loadBalancer, targetGroups: groups };
}

function subnetsOf(
  cluster: Cluster,
  annotations: Annotations,
  asked: Parameters<typeof discoverSubnets>[1],
): readonly SubnetSpec[] | undefined {
  const names = annotations.list('subnets');
  return names === undefined ? discoverSubnets(cluster, asked) : subnetsNamed(cluster, annotations, names);
}

/** Of a list the controller cannot follow it makes nothing: said where the list stands. */
export const subnetsNamed = (
  cluster: Cluster,
  annotations: Annotations,
  names: readonly string[],
): readonly SubnetSpec[] | undefined =>
  namedSubnets(cluster, names, ({ message, hint }) =>
    annotations.refuse('subnets', {
      severity: 'warning',
      expected: `${message}: ${isUndescribed(cluster) ? 'a walk to its load balancer ends unknown' : 'its controller makes no load balancer'}`,
      ...(hint === undefined ? {} : { hint }),
    }),
  );

/** As asked, else as its controller does; the older annotation counts where the newer is missing (buildLoadBalancerScheme). */
function schemeOf(annotations: Annotations, otherwise: LoadBalancer['scheme']): LoadBalancer['scheme'] {
  const said = annotations.text('scheme');
  if (said !== undefined) return said === 'internet-facing' ? said : 'internal';
  const isInternal = annotations.flag('internal');
  return isInternal === undefined ? otherwise : isInternal ? 'internal' : 'internet-facing';
}

export const noSubnet = (service: Service, scheme: LoadBalancer['scheme']): Issue => ({
  code: 'load-balancer-without-subnet',
  severity: 'warning',
  at: service.source,
  message: `The ${scheme} load balancer of Service "${keyOf(service)}" finds no subnet: a walk to it ends unknown`,
  expected:
    scheme === 'internal'
      ? "private subnets in the cluster's VPC (tag kubernetes.io/role/internal-elb), or annotation aws-load-balancer-subnets"
      : 'subnets with a route to an internet gateway (tag kubernetes.io/role/elb), or annotation aws-load-balancer-subnets',
});

/** Targets have IPv6 addresses where the Service has an IPv6 family (buildTargetGroupIPAddressType). */
const notDualstack = (service: Service): Issue => ({
  code: 'load-balancer-family',
  severity: 'warning',
  at: service.source,
  message: `Service "${keyOf(service)}" has IPv6 addresses and its load balancer is to have none: the controller makes none`,
  expected: 'annotation aws-load-balancer-ip-address-type: dualstack',
});

/** buildTargetType */
const noNodePort = (service: Service, { port }: ListenerPort): Issue => ({
  code: 'no-node-port',
  severity: 'warning',
  at: service.source,
  message: `Port ${port.port} of Service "${keyOf(service)}" has no node port, and its targets are instances: the controller makes no load balancer`,
  expected: 'allocateLoadBalancerNodePorts: true, or target type ip',
});

interface Group {
  readonly id: string;
  readonly targetType: 'instance' | 'ip';
  readonly family: Family;
  readonly port: ListenerPort;
}

function group(cluster: Cluster, service: Service, annotations: Annotations, of: Group): TargetGroup {
  const { id, targetType, port } = of;
  const settings = targetGroupSettings(service, annotations, {
    port: port.port.port,
    protocol: port.behind,
    targetType,
  });
  return {
    id: `${id}-${port.protocol.toLowerCase().replace('_', '-')}-${port.port.port}`,
    vpc: cluster.network.clusterVpc,
    protocol: port.behind,
    targetType,
    ...settings,
    ...targetsOf(cluster, service, annotations, of),
    serviceRef: { name: keyOf(service), port: port.port.port },
    origin: { by: BY, at: service.source },
  };
}

function targetsOf(cluster: Cluster, service: Service, annotations: Annotations, of: Group): Registered {
  const { targetType, family, port } = of;
  if (targetType === 'ip') return { targets: ipTargets(cluster, service, port.port, family) };
  const { nodePort } = port.port;
  if (nodePort === undefined) return { targets: [] };
  return instanceTargets(
    cluster,
    nodePort,
    family,
    withLabels(Object.fromEntries(annotations.map('target-node-labels'))),
  );
}

/** The annotation of its own wins over the attribute (buildLoadBalancerAttributes, MergeStringMap). */
function crossZone(annotations: Annotations, attributes: ReadonlyMap<string, string>): boolean {
  const own = annotations.flag('cross-zone-load-balancing-enabled');
  if (own !== undefined) return own;
  const said = attributes.get(CROSS_ZONE) ?? 'false';
  if (said !== 'true' && said !== 'false')
    annotations.refuse('attributes', { expected: `expected ${CROSS_ZONE}=true or =false` });
  return said === 'true';
}

const CROSS_ZONE = 'load_balancing.cross_zone.enabled';

/** Given addresses go to the subnet they are in; Elastic IPs are given by an id, which tells no address. */
function withAddresses(subnets: readonly SubnetSpec[], annotations: Annotations): readonly LoadBalancerSubnet[] {
  const ipv4 = givenAddresses(annotations, 'private-ipv4-addresses');
  const ipv6 = givenAddresses(annotations, 'ipv6-addresses');
  return subnets.map((subnet) => {
    const privateIp = ipv4.find((address) => holds(subnet, address));
    const six = ipv6.find((address) => holds(subnet, address));
    return {
      id: subnet.id,
      ...(privateIp === undefined ? {} : { privateIp }),
      ...(six === undefined ? {} : { ipv6: six }),
    };
  });
}

const givenAddresses = (annotations: Annotations, name: string): readonly Ip[] =>
  (annotations.list(name) ?? []).flatMap((text) => parseIp(text) ?? []);

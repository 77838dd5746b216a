import type { Cluster, Endpoint, Node, NodeSpec, Service, ServicePort } from '../../cluster/index.ts';
import type { Target } from '../../fabric/index.ts';
import { cidrContains, compareIp, type Family, familyOf, type Ip, parseIp } from '../../net/index.ts';
import { byText, keyOf, mapMatches, own } from '../labels.ts';
import { internalIps } from '../nodes.ts';

const CONTROL_PLANE = 'node-role.kubernetes.io/master';
const EXCLUDED = [
  'node.kubernetes.io/exclude-from-external-load-balancers',
  'alpha.service-controller.kubernetes.io/exclude-balancer',
];
const GOING = ['ToBeDeletedByClusterAutoscaler', 'karpenter.sh/disrupted'];

/** A node as a load balancer may register it. */
interface Instance {
  readonly id: string;
  readonly addresses: readonly Ip[];
  readonly zone: string;
}

/** Nodes with all of these labels (annotation target-node-labels). */
export const withLabels =
  (wanted: Readonly<Record<string, string>>) =>
  (labels: Readonly<Record<string, string>>): boolean =>
    mapMatches(wanted, labels);

/**
 * Nodes at one port, by name: ready, not excluded, with labels as asked for. An id is of the instance, or the node's name
 * where nobody gave it (aws-load-balancer-controller pkg/backend/endpoint_utils.go, IsNodeSuitableAsTrafficProxy).
 */
export function instanceTargets(
  cluster: Cluster,
  port: number,
  family: Family,
  selects: (labels: Readonly<Record<string, string>>) => boolean,
): readonly Target[] {
  return instances(cluster, selects).flatMap(({ id, addresses, zone }) => {
    const ip = addresses.find((address) => familyOf(address) === family);
    return ip === undefined ? [] : [{ id, ip, port, zone }];
  });
}

function instances(
  cluster: Cluster,
  selects: (labels: Readonly<Record<string, string>>) => boolean,
): readonly Instance[] {
  const specs = new Map(cluster.nodeSpecs.map((spec) => [spec.name, spec]));
  return cluster.nodes
    .filter((node) => isEligible(node) && selects(node.metadata.labels))
    .flatMap((node): Instance[] => {
      const spec = specs.get(node.metadata.name);
      if (spec === undefined) return [];
      const id = /\/(i-[0-9a-f]+)$/.exec(node.spec.providerID ?? '')?.[1] ?? spec.name;
      return [{ id, addresses: primaryAddresses(node, spec), zone: spec.zone }];
    })
    .sort((a, b) => byText(a.id, b.id));
}

function isEligible({ metadata: { labels }, spec, status }: Node): boolean {
  return (
    status.ready &&
    own(labels, CONTROL_PLANE) === undefined &&
    EXCLUDED.every((label) => own(labels, label) === undefined) &&
    own(labels, 'eks.amazonaws.com/compute-type') !== 'fargate' &&
    !spec.taints.some(({ key }) => GOING.includes(key))
  );
}

/** Of the primary interface, its first address of each family first. */
function primaryAddresses(node: Node, spec: NodeSpec): readonly Ip[] {
  const primary = spec.enis.find(({ deviceIndex }) => deviceIndex === 0);
  return [
    ...(primary === undefined ? [] : [primary.primaryIp]),
    ...(spec.primaryIp === undefined ? [] : [spec.primaryIp]),
    ...internalIps(node),
    ...(primary?.addresses ?? []),
  ];
}

/**
 * Pods behind a Service's port, by address: ready ones; where there is none, those on nodes whose state nobody knows
 * (aws-load-balancer-controller pkg/backend/endpoint_resolver.go, ResolvePodEndpoints).
 */
export function ipTargets(cluster: Cluster, service: Service, port: ServicePort, family: Family): readonly Target[] {
  const found = new Map<Ip, Target>();
  for (const slice of cluster.endpointSlices) {
    if (`${slice.metadata.namespace}/${slice.serviceName}` !== keyOf(service)) continue;
    if (slice.addressType !== (family === 4 ? 'IPv4' : 'IPv6')) continue;
    const of = slice.ports.find(({ name, protocol }) => name === port.name && protocol === port.protocol);
    if (of?.port === undefined) continue;
    for (const endpoint of slice.endpoints.filter(isTarget)) {
      for (const text of endpoint.addresses) {
        const ip = parseIp(text);
        if (ip !== undefined) found.set(ip, { id: ip, ip, port: of.port, zone: zoneOf(cluster, ip) });
      }
    }
  }
  return [...found.values()].sort((a, b) => compareIp(a.ip, b.ip));
}

const isTarget = ({ targetRef, conditions }: Endpoint): boolean =>
  targetRef?.kind === 'Pod' && conditions.ready !== false;

/** The zone of the subnet an address is in; `all` for one outside the load balancer's VPC. */
export function zoneOf({ network }: Cluster, address: Ip, vpc = network.clusterVpc): string {
  const subnets = network.vpcs.find(({ id }) => id === vpc)?.subnets ?? [];
  return subnets.find(({ cidrs }) => cidrs.some((block) => cidrContains(block, address)))?.zone ?? 'all';
}

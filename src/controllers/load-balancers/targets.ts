import type { Cluster, Endpoint, Node, NodeSpec, Pod, Service, ServicePort } from '../../cluster/index.ts';
import type { Target, TargetGroup } from '../../fabric/index.ts';
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
  readonly name: string;
  readonly id: string;
  readonly addresses: readonly Ip[];
  readonly zone: string;
  /** Absent: nobody says. */
  readonly primaryIpv6?: boolean;
}

/** What a controller has of the targets it asks AWS to register. */
export type Registered = Pick<TargetGroup, 'targets' | 'unregistered' | 'unsure'>;

type Labels = Readonly<Record<string, string>>;

/** Nodes with all of these labels (annotation target-node-labels; buildTargetGroupBindingNodeSelector, matchLabels). */
export const withLabels =
  (wanted: Labels) =>
  (labels: Labels): boolean =>
    mapMatches(wanted, labels);

/** The same to the cloud controller manager, which takes any value for an empty one (filterTargetNodes). */
export const withLabelsOrAny =
  (wanted: Labels) =>
  (labels: Labels): boolean =>
    Object.entries(wanted).every(([key, value]) => {
      const has = own(labels, key);
      return has === value || (has !== undefined && value === '');
    });

/**
 * Nodes at one port, by id: ready, not excluded, with labels as asked for. An id is of the instance, or the node's name
 * where nobody gave it (aws-load-balancer-controller pkg/backend/endpoint_utils.go, IsNodeSuitableAsTrafficProxy).
 */
export function instanceTargets(
  cluster: Cluster,
  port: number,
  family: Family,
  selects: (labels: Labels) => boolean,
): Registered {
  const found = instances(cluster, selects);
  const targets = found.flatMap(({ id, addresses, zone }) => {
    const ip = addresses.find((address) => familyOf(address) === family);
    return ip === undefined ? [] : [{ id, ip, port, zone }];
  });
  return family === 4 ? { targets } : byPrimaryIpv6(found, targets);
}

/**
 * An IPv6 target group takes instances by their primary IPv6 address, which an interface has only where it was told to make one
 * of its addresses that; an instance without fails the whole call (NLB user guide, target type; ELBv2 API, RegisterTargets:
 * InvalidTarget "because of missing primary IPv6 addresses", kubernetes-sigs/aws-load-balancer-controller#3692).
 */
function byPrimaryIpv6(found: readonly Instance[], targets: readonly Target[]): Registered {
  const without = found.filter(({ primaryIpv6 }) => primaryIpv6 === false);
  if (without.length > 0)
    return { targets: [], unregistered: `AWS refuses them all, since ${without[0]?.name} has no primary IPv6 address` };
  const unsaid = found.filter(({ primaryIpv6 }) => primaryIpv6 === undefined);
  if (unsaid.length === 0) return { targets };
  const have = unsaid.length === 1 ? 'has' : `and ${unsaid.length - 1} more have`;
  const unsure = `nothing says that node ${unsaid[0]?.name} ${have} a primary IPv6 address, without which AWS registers no instance with an IPv6 target group (NodeNetwork spec.primaryIpv6; targets of type ip want none)`;
  return { targets, unsure };
}

function instances(cluster: Cluster, selects: (labels: Labels) => boolean): readonly Instance[] {
  const specs = new Map(cluster.nodeSpecs.map((spec) => [spec.name, spec]));
  return cluster.nodes
    .filter((node) => isEligible(node) && selects(node.metadata.labels))
    .flatMap((node): Instance[] => {
      const spec = specs.get(node.metadata.name);
      if (spec === undefined) return [];
      const id = /\/(i-[0-9a-f]+)$/.exec(node.spec.providerID ?? '')?.[1] ?? spec.name;
      const { name, zone, primaryIpv6 } = spec;
      const said = primaryIpv6 === undefined ? {} : { primaryIpv6 };
      return [{ name, id, addresses: primaryAddresses(node, spec), zone, ...said }];
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
 * Pods behind a Service's port, by address: ready ones, and those whose containers are, since their readiness gates wait for the
 * load balancer; where there is none, those on nodes whose state nobody knows (aws-load-balancer-controller
 * pkg/backend/endpoint_resolver.go, ResolvePodEndpoints).
 */
export function ipTargets(cluster: Cluster, service: Service, port: ServicePort, family: Family): readonly Target[] {
  const found = new Map<Ip, Target>();
  const unsure = new Map<Ip, Target>();
  for (const slice of cluster.endpointSlices) {
    if (`${slice.metadata.namespace}/${slice.serviceName}` !== keyOf(service)) continue;
    if (slice.addressType !== (family === 4 ? 'IPv4' : 'IPv6')) continue;
    const of = slice.ports.find(({ name, protocol }) => name === port.name && protocol === port.protocol);
    if (of?.port === undefined) continue;
    for (const endpoint of slice.endpoints) {
      const fit = fitness(cluster, endpoint);
      if (fit === 'unfit') continue;
      const into = fit === 'unsure' ? unsure : found;
      for (const text of endpoint.addresses) {
        const ip = parseIp(text);
        if (ip !== undefined) into.set(ip, { id: ip, ip, port: of.port, zone: zoneOf(cluster, ip) });
      }
    }
  }
  return [...(found.size > 0 ? found : unsure).values()].sort((a, b) => compareIp(a.ip, b.ip));
}

const podsOf = byName<Pod>();
const nodesOf = byName<Node>();

/** `unsure`: its node has stopped to report. A pod that is going is none while its node is known to be well. */
function fitness(cluster: Cluster, { targetRef, conditions }: Endpoint): 'fit' | 'unsure' | 'unfit' {
  if (targetRef?.kind !== 'Pod') return 'unfit';
  if (conditions.ready !== false) return 'fit';
  const pod = podsOf(cluster.pods).get(`${targetRef.namespace}/${targetRef.name}`);
  if (pod?.status.containersReady !== true) return 'unfit';
  const node = nodesOf(cluster.nodes).get(`/${pod.spec.nodeName}`);
  if (node?.status.ready === true) return conditions.terminating === true ? 'unfit' : 'fit';
  return node?.status.notReady?.status === 'Unknown' ? 'unsure' : 'unfit';
}

/** Objects by `NAMESPACE/NAME`, indexed when the first of them is looked for. */
function byName<T extends Pod | Node>(): (objects: readonly T[]) => ReadonlyMap<string, T> {
  const known = new WeakMap<readonly T[], ReadonlyMap<string, T>>();
  return (objects) => {
    const had = known.get(objects);
    if (had !== undefined) return had;
    const made = new Map(objects.map((each) => [keyOf(each), each]));
    known.set(objects, made);
    return made;
  };
}

/** The zone of the subnet an address is in; `all` for one outside the load balancer's VPC. */
export function zoneOf({ network }: Cluster, address: Ip, vpc = network.clusterVpc): string {
  const subnets = network.vpcs.find(({ id }) => id === vpc)?.subnets ?? [];
  return subnets.find(({ cidrs }) => cidrs.some((block) => cidrContains(block, address)))?.zone ?? 'all';
}

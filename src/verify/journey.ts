import type { Hop, Place, PlaceKind, RoundTrip } from '../trace/index.ts';
import type { Directory, World } from '../world/index.ts';

/** What a request passes on its way to a pod or a node, beside the machines that have its two ends. */
export interface Journey {
  readonly probability: number;
  readonly from: Place;
  readonly to: Place;
  /** In order: load balancers, gateways, and nodes that have neither end. */
  readonly stops: readonly Place[];
  /** Borders between zones it crosses: from inside, beyond the one between the zones of its ends where those are two. */
  readonly borders: number;
  /** It arrives where it was sent, by whatever routes: nobody chose its end on the way. */
  readonly routed: boolean;
  /** One of them is paid for by the byte: every one but those next to a load balancer that ends connections (ELB pricing). */
  readonly charged: boolean;
}

const MACHINES: ReadonlySet<PlaceKind> = new Set(['node', 'load-balancer', 'nat-gateway', 'internet-gateway']);

/** The way of a request that reached a pod or a node; undefined for any other. */
export function journeyOf(world: World, { forward: { hops }, farEnd, probability }: RoundTrip): Journey | undefined {
  const [first, last] = [hops[0], hops.at(-1)];
  if (first === undefined || last === undefined || !farEnd.reached || !isInside(last.where)) return undefined;
  const homes = new Set([homeOf(world, first.where), homeOf(world, last.where)]);
  const passed = hops
    .slice(1, -1)
    .map(({ where }) => where)
    .filter(({ kind, name }) => MACHINES.has(kind) && !(kind === 'node' && homes.has(name)));
  const zoned = hops.flatMap((hop) => {
    const zone = zoneOf(world, hop);
    return zone === undefined ? [] : [{ zone, isFree: endsConnections(world, hop.where) }];
  });
  const crossed = zoned.filter(({ zone }, i) => i > 0 && zone !== zoned[i - 1]?.zone).length;
  const due = isInside(first.where) && zoned[0]?.zone !== zoned.at(-1)?.zone ? 1 : 0;
  return {
    probability,
    from: first.where,
    to: last.where,
    // Out by an internet gateway and in again it is one stop.
    stops: passed.filter(({ kind, name }, i) => kind !== passed[i - 1]?.kind || name !== passed[i - 1]?.name),
    borders: crossed - due,
    routed: first.steps[0] !== undefined && first.steps[0].before.dst === last.steps.at(-1)?.after.dst,
    charged: zoned.some(({ zone, isFree }, i) => {
      const before = zoned[i - 1];
      return before !== undefined && zone !== before.zone && !isFree && !before.isFree;
    }),
  };
}

const endsConnections = ({ fabric }: World, { kind, name }: Place): boolean =>
  kind === 'load-balancer' && fabric.loadBalancers.some(({ id, type }) => id === name && type !== 'network');

/** A pod, or a node itself: what a cluster has an inner name for. */
export const isInside = ({ kind }: Place): boolean => kind === 'pod' || kind === 'node';

/** The node a pod is on; of a node, itself. */
function homeOf({ directory }: World, { kind, name }: Place): string | undefined {
  if (kind === 'node') return name;
  if (kind !== 'pod') return undefined;
  const nodes = nodesOfPods.get(directory) ?? indexPods(directory);
  nodesOfPods.set(directory, nodes);
  return nodes.get(name);
}

const nodesOfPods = new WeakMap<Directory, ReadonlyMap<string, string>>();

const indexPods = ({ pods }: Directory): ReadonlyMap<string, string> =>
  new Map(pods.map(({ namespace, name, node }) => [`${namespace}/${name}`, node]));

/** Of a load balancer, that of the address it was called by; gateways to elsewhere have none. */
export function zoneOf(world: World, { where, steps }: Hop): string | undefined {
  const { directory, fabric } = world;
  const home = homeOf(world, where);
  if (home !== undefined) return directory.nodes.find((node) => node.name === home)?.zone;
  const subnet =
    where.kind === 'nat-gateway'
      ? fabric.natGateways.find(({ id }) => id === where.name)?.subnet
      : where.kind === 'load-balancer'
        ? fabric.enis.find(({ addresses }) => addresses.some((each) => each === steps[0]?.before.dst))?.subnet
        : undefined;
  return fabric.subnets.find(({ id }) => id === subnet)?.zone;
}

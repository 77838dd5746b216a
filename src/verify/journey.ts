import type { Hop, Place, PlaceKind, RoundTrip } from '../trace/index.ts';
import type { World } from '../world/index.ts';

/** What a request passes on its way to a pod or a node, beside the machines that have its two ends. */
export interface Journey {
  readonly probability: number;
  readonly from: Place;
  readonly to: Place;
  /** In order: load balancers, gateways, and nodes that have neither end. */
  readonly stops: readonly Place[];
  /** Borders between zones it crosses: from inside, beyond the one between the zones of its ends where those are two. */
  readonly borders: number;
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
  const zones = hops.flatMap((hop) => zoneOf(world, hop) ?? []);
  const crossed = zones.filter((zone, i) => i > 0 && zone !== zones[i - 1]).length;
  const due = isInside(first.where) && zones[0] !== zones.at(-1) ? 1 : 0;
  return {
    probability,
    from: first.where,
    to: last.where,
    // Out by an internet gateway and in again it is one stop.
    stops: passed.filter(({ kind, name }, i) => kind !== passed[i - 1]?.kind || name !== passed[i - 1]?.name),
    borders: crossed - due,
  };
}

/** A pod, or a node itself: what a cluster has an inner name for. */
export const isInside = ({ kind }: Place): boolean => kind === 'pod' || kind === 'node';

/** The node a pod is on; of a node, itself. */
function homeOf({ directory }: World, { kind, name }: Place): string | undefined {
  if (kind === 'node') return name;
  return kind === 'pod' ? directory.pods.find((pod) => `${pod.namespace}/${pod.name}` === name)?.node : undefined;
}

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

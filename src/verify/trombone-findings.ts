import { fewOf, fraction } from '../base/index.ts';
import type { Finding, Place, PlaceKind, RoundTrip } from '../trace/index.ts';
import type { ServiceEntry, World } from '../world/index.ts';
import { isInside, type Journey, journeyOf } from './journey.ts';

/**
 * Ways that are longer than their ends ask for, and their exact share of all connections: from inside a cluster out through a load
 * balancer or a gateway and back in; and by a node without the pod that answers, where a node port is balanced a second time
 * (kube-proxy pkg/proxy/iptables/proxier.go, KUBE-EXT chains of traffic policy Cluster). What routes send by a node is none: somebody
 * meant it to go there. `trips` are all ways there are.
 */
export function tromboneFindings(world: World, trips: readonly RoundTrip[]): readonly Finding[] {
  const journeys = trips.flatMap((trip) => journeyOf(world, trip) ?? []);
  const out = journeys.filter(leaves);
  const by = journeys.filter(
    (journey) => !leaves(journey) && !journey.routed && journey.stops.some(({ kind }) => kind === 'node'),
  );
  return [
    ...(out.length === 0 ? [] : [leaving(world, trips, out)]),
    ...(by.length === 0 ? [] : [passing(world, trips, by)]),
  ];
}

const OUTSIDE: readonly PlaceKind[] = ['load-balancer', 'internet-gateway'];

const leaves = ({ from, stops }: Journey): boolean =>
  isInside(from) && stops.some(({ kind }) => OUTSIDE.includes(kind));

function leaving(world: World, trips: readonly RoundTrip[], journeys: readonly Journey[]): Finding {
  const stops = journeys.map((journey) => journey.stops.length);
  const service = insideName(world, trips);
  return {
    code: 'trombone',
    severity: 'warning',
    message: `${shareOf(journeys)} leave the nodes and come back, by ${listed(journeys, () => true)}: ${counted(stops, 'stop')} more than from node to node${bordersOf(journeys, ' more than that')}`,
    fix:
      service === undefined
        ? 'ask for the far end itself, or for a Service in front of it, from inside the cluster'
        : `inside the cluster ask for ${service}, which is balanced on the sender's own node`,
  };
}

function passing(world: World, trips: readonly RoundTrip[], journeys: readonly Journey[]): Finding {
  const isNode = ({ kind }: Place): boolean => kind === 'node';
  const stops = journeys.map((journey) => journey.stops.filter(isNode).length);
  return {
    code: 'node-detour',
    severity: 'info',
    message: `${shareOf(journeys)} pass ${counted(stops, 'node')} without the answering pod (${listed(journeys, isNode)})${bordersOf(journeys, '')}`,
    fix: nearer(world, trips),
  };
}

/** Of all connections. */
function shareOf(journeys: readonly Journey[]): string {
  const share = sum(journeys);
  return Math.abs(share - 1) < 1e-7 ? 'All connections' : `${fraction(share)} of connections`;
}

/** What crosses between zones takes longer, and most of it is paid for by the byte (EC2 pricing, data transfer). */
function bordersOf(journeys: readonly Journey[], than: string): string {
  const across = journeys.filter(({ borders }) => borders > 0);
  if (across.length === 0) return '';
  const counts = across.map(({ borders }) => borders);
  const charged = across.filter((each) => each.charged).length;
  const paid =
    charged === 0 ? '' : charged < across.length ? ', in part paid for by the byte' : ', paid for by the byte';
  return `; ${shareOf(across).toLowerCase().replace(' of connections', '')} cross ${counted(counts, 'zone border')}${than}${paid}`;
}

const sum = (journeys: readonly Journey[]): number => journeys.reduce((all, { probability }) => all + probability, 0);

function counted(counts: readonly number[], what: string): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return `${least === most ? '' : `${least} to `}${most} ${what}${most === 1 ? '' : 's'}`;
}

/** Of more only so many are named. */
const MAX_LISTED = 3;

function listed(journeys: readonly Journey[], is: (place: Place) => boolean): string {
  const all = [...new Set(journeys.flatMap(({ stops }) => stops.filter(is)).map(({ name }) => name))];
  return fewOf(all, all.length > MAX_LISTED ? MAX_LISTED - 1 : MAX_LISTED);
}

const balancersOf = ({ fabric }: World, trips: readonly RoundTrip[]): World['fabric']['loadBalancers'] => {
  const hops = trips.flatMap(({ forward }) => forward.hops);
  const met = new Set(hops.flatMap(({ where: { kind, name } }) => (kind === 'load-balancer' ? [name] : [])));
  return fabric.loadBalancers.filter(({ id }) => met.has(id));
};

const nameOf = ({ namespace, name }: ServiceEntry): string => `${namespace}/${name}`;

/** The Service a load balancer was made for, else the one whose node port was asked for, else one that has the far end. */
function serviceBehind(world: World, trips: readonly RoundTrip[]): ServiceEntry | undefined {
  const { services } = world.directory;
  const madeFor = new Set(balancersOf(world, trips).flatMap((each) => each.madeFor));
  const asked = new Set(trips.map(({ forward }) => forward.hops[0]?.steps[0]?.before.dport));
  const ends = new Set(trips.map(({ farEnd }) => farEnd.address));
  return (
    services.find((service) => service.type === 'LoadBalancer' && madeFor.has(nameOf(service))) ??
    services.find(({ ports }) => ports.some(({ nodePort }) => nodePort !== undefined && asked.has(nodePort))) ??
    services.find(({ ports }) => ports.some(({ endpoints }) => endpoints.some((each) => ends.has(each))))
  );
}

function insideName(world: World, trips: readonly RoundTrip[]): string | undefined {
  const service = serviceBehind(world, trips);
  return service && `${service.name}.${service.namespace}.svc.${world.fabric.dns.clusterDomain}`;
}

/** What makes who sends to a node choose one with the pod, or the pod itself. */
function nearer(world: World, trips: readonly RoundTrip[]): string {
  const [balancer] = balancersOf(world, trips);
  const service = serviceBehind(world, trips);
  const local = `externalTrafficPolicy Local${service === undefined ? '' : ` on Service ${nameOf(service)}`}`;
  const fargate = service === undefined ? 'none' : shareOnFargate(world, service);
  const missed = fargate === 'some' ? ', and its pods on Fargate, which are none of the nodes, get none' : '';
  const kept = fargate === 'all' ? undefined : `${local} sends to nodes with its pods${missed}`;
  const toPods = 'target type ip (aws-load-balancer-nlb-target-type)';
  switch (balancer?.type) {
    case 'application':
      return 'target type ip (alb.ingress.kubernetes.io/target-type) sends requests to the pods themselves';
    case 'network':
      return kept === undefined
        ? `${toPods} sends to its pods, which are on Fargate: no node that is a target has one`
        : `${kept}; ${toPods} to pods`;
    case 'classic':
      return kept ?? `a network load balancer with ${toPods} sends to its pods, which are on Fargate`;
    case undefined: {
      const inside = "ask for the Service's cluster IP from inside the cluster";
      return kept === undefined ? inside : `${inside}; ${kept}, and others drop what they get`;
    }
  }
}

/** A pod on Fargate has the address of its node, and no instance is behind that node: no load balancer has it for a target. */
function shareOnFargate({ directory: { pods, nodes } }: World, service: ServiceEntry): 'all' | 'some' | 'none' {
  const ends = new Set(service.ports.flatMap(({ endpoints }) => endpoints));
  const addresses = new Set([...ends].map((end) => end.slice(0, end.lastIndexOf(':')).replace(/^\[|\]$/g, '')));
  const own = new Map(nodes.map((node) => [node.name, new Set<string>(node.addresses)]));
  const of = pods.filter((pod) => pod.addresses.some((address) => addresses.has(address)));
  const there = of.filter(
    ({ hostNetwork, node, addresses: [first = ''] }) => !hostNetwork && own.get(node)?.has(first),
  );
  if (there.length === 0) return 'none';
  return there.length === of.length ? 'all' : 'some';
}

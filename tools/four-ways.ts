import { resolve } from 'node:path';
import { fraction, invariant } from '../src/base/index.ts';
import { answerOn } from '../src/cli/answer.ts';
import { openWorld } from '../src/cli/open-world.ts';
import type { Ip } from '../src/net/index.ts';
import { plain, shortName } from '../src/render/index.ts';
import type { FarEnd, Hop, RoundTrip, Step } from '../src/trace/index.ts';
import type { World } from '../src/world/index.ts';

const INPUT = 'examples/four-ways-in';
const ATTRIBUTES =
  'svc/shop/ip:metadata.annotations["service.beta.kubernetes.io/aws-load-balancer-target-group-attributes"]';

/**
 * One row: what it is called, whom a client on the internet asks for, and what is turned before. `stickiness.enabled=false` says
 * the default: it takes the place of the attribute that keeps the client.
 */
const WAYS = [
  { way: '`shop/instance`', to: 'svc/shop/instance' },
  { way: '`shop/local`', to: 'svc/shop/local' },
  { way: '`shop/ip`', to: 'svc/shop/ip' },
  {
    way: '`shop/ip` without `preserve_client_ip.enabled`',
    to: 'svc/shop/ip',
    set: `${ATTRIBUTES}=stickiness.enabled=false`,
  },
  { way: '`shop/alb`, behind an Ingress', to: 'svc/shop/alb' },
];

const COLUMNS: readonly (readonly [string, (trips: readonly Trip[]) => string])[] = [
  ['the pod sees', (trips) => list(trips.map(({ seen }) => seen))],
  ['client visible', (trips) => list(trips.map(({ client }) => client))],
  ['machines', (trips) => span(trips.map(({ machines }) => machines))],
  ['another source from', (trips) => list(trips.flatMap(({ sources }) => orNowhere(sources)))],
  ['iptables rules that match', (trips) => span(trips.map(({ rules }) => rules))],
  ['headers rewritten by iptables', (trips) => list(trips.flatMap(({ rewrites }) => orNowhere(rewrites)))],
  ['crosses zones', (trips) => share(trips, ({ crossings }) => crossings > 0)],
  ['passes a node without the pod', (trips) => share(trips, ({ detours }) => detours > 0)],
  ['nodes too many, then', (trips) => span(trips.map(({ detours }) => detours).filter((count) => count > 0))],
];

/** What the table tells of one round trip. */
interface Trip {
  readonly probability: number;
  readonly seen: string;
  readonly client: string;
  /** Load balancers and nodes the request visits: a pod is inside the last. */
  readonly machines: number;
  readonly sources: readonly string[];
  readonly rules: number;
  readonly rewrites: readonly string[];
  readonly crossings: number;
  /** Nodes it visits before the pod's. */
  readonly detours: number;
}

/** Every way from a client on the internet to an end, each with its odds. */
export type AllWays = (world: World, to: string) => Promise<readonly RoundTrip[]>;

/** As the model walks them. */
export const modelWays: AllWays = async (world, to) => {
  const { verdict, roundTrips } = await answerOn(world, { from: 'internet', to });
  invariant(verdict === 'delivered', `${to} of ${INPUT} is ${verdict}: the table tells of packets that arrive`);
  return roundTrips;
};

/** The table of docs/concepts/four-ways-in.md: every cell is read off round trips, all ways of each. */
export async function fourWaysBlock(allWays: AllWays = modelWays): Promise<string> {
  const rows: string[] = [];
  for (const { way, to, set } of WAYS) {
    const world = worldOf(set === undefined ? [] : [set]);
    const trips = (await allWays(world, to)).map((trip) => read(world, trip));
    rows.push(`| ${[way, ...COLUMNS.map(([, cell]) => cell(trips))].join(' | ')} |`);
  }
  const titles = ['way', ...COLUMNS.map(([title]) => title)];
  return [`| ${titles.join(' | ')} |`, `|${'---|'.repeat(titles.length)}`, ...rows].join('\n');
}

const worldOf = (set: readonly string[]): World =>
  openWorld(
    { file: [resolve(import.meta.dirname, '..', INPUT)], set: [...set] },
    { stdout: () => undefined, stderr: () => undefined, stdin: () => '', style: plain },
  );

function read(world: World, { probability, farEnd, forward }: RoundTrip): Trip {
  const [sender, ...hops] = forward.hops;
  invariant(sender !== undefined, 'a walk has a first place');
  const nodes = hops.filter(({ where }) => where.kind === 'node');
  const rules = nodes.flatMap(({ steps }) => steps.filter(({ kind }) => kind === 'rule'));
  const zones = hops.map((hop) => zoneOf(world, hop)).filter((zone) => zone !== undefined);
  const place = (hop: Hop): string => placeName(hop, nodes);
  const [second] = hops.flatMap(({ steps }) => steps);
  return {
    probability,
    seen: farEnd.sees.identity.kind.replaceAll('-', ' '),
    client: visibility(farEnd, sender.steps.at(-1)?.after.src ?? second?.before.src),
    machines: hops.filter(({ where }) => where.kind === 'node' || where.kind === 'load-balancer').length,
    sources: rewriters(hops).map(place),
    rules: rules.length,
    rewrites: nodes.flatMap((hop) =>
      hop.steps.flatMap((step) => (step.kind === 'nat' ? [natOf(step.manip, place(hop))] : [])),
    ),
    crossings: zones.filter((zone, i) => i > 0 && zone !== zones[i - 1]).length,
    detours: nodes.length - 1,
  };
}

const first = ({ steps }: Hop): Step | undefined => steps[0];

/** Places a packet leaves with another source than it came with: the next place that does something with it shows that. */
function rewriters(hops: readonly Hop[]): readonly Hop[] {
  const busy = hops.filter(({ steps }) => steps.length > 0);
  return busy.filter((hop, i) => {
    const next = busy[i + 1];
    return next !== undefined && first(hop)?.before.src !== first(next)?.before.src;
  });
}

/** Where it can be told: of a node, and of a load balancer that of the address it was called by. */
function zoneOf({ directory, fabric }: World, hop: Hop): string | undefined {
  const { kind, name } = hop.where;
  if (kind === 'node') return directory.nodes.find((node) => node.name === name)?.zone;
  const called = first(hop)?.before.dst;
  if (kind !== 'load-balancer' || called === undefined) return undefined;
  const { id } = fabric.enis.find(({ addresses }) => addresses.includes(called)) ?? {};
  return fabric.loadBalancers.flatMap(({ zones }) => zones).find(({ eni }) => eni === id)?.zone;
}

function placeName({ where }: Hop, nodes: readonly Hop[]): string {
  if (where.kind !== 'node') return where.kind.replaceAll('-', ' ');
  return nodes[0]?.where.name === where.name ? 'first node' : `later node ${shortName(where)}`;
}

const natOf = (manip: 'src' | 'dst', where: string): string =>
  `${manip === 'src' ? 'source' : 'destination'} on ${where}`;

function visibility({ sees, forwardedFor, proxyProtocol }: FarEnd, client: Ip | undefined): string {
  if (sees.ip === client) return 'yes';
  if (forwardedFor.some((address) => address === client)) return 'by `X-Forwarded-For`';
  return proxyProtocol === null ? 'no' : 'by the PROXY header';
}

const orNowhere = (places: readonly string[]): readonly string[] => (places.length === 0 ? ['nowhere'] : places);
const list = (words: readonly string[]): string => [...new Set(words)].join(', ');

function span(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (counts.length === 0) return 'none';
  return least === most ? String(least) : `${least}-${most}`;
}

function share(trips: readonly Trip[], of: (trip: Trip) => boolean): string {
  const p = trips.filter(of).reduce((sum, { probability }) => sum + probability, 0);
  return p === 0 ? 'none' : fraction(p);
}

import { type Eni, eniOwns } from '../../fabric/index.ts';
import type { Ip } from '../../net/index.ts';
import { endpoint, shortName } from '../../render/index.ts';
import type { RoundTrip } from '../../trace/index.ts';
import type { PodEntry, World } from '../../world/index.ts';
import { answerOn } from '../answer.ts';
import { EXIT, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import type { InputOptions } from '../options.ts';

export interface SourcesFlags extends InputOptions {
  readonly output: 'text' | 'json';
}

interface Column {
  readonly title: string;
  /** Destinations of the class as a question's TO, the first choice first; a sender among them is asked to the next. */
  readonly to: readonly string[];
}

interface Cell {
  readonly to: string;
  readonly sees: string;
  readonly identity: string;
}

interface Row {
  readonly class: string;
  readonly example: string;
  readonly cells: readonly (Cell | null)[];
}

/** `sources`: who sees whom as what. Rows are classes of workloads that are treated alike, columns classes of destinations. */
export async function sources(flags: SourcesFlags, io: Io): Promise<number> {
  const world = openWorld(flags, io);
  const columns = destinationClasses(world).filter((column) => column.to.length > 0);
  const rows: Row[] = [];
  for (const { name, pod, from } of workloadClasses(world)) {
    const cells: (Cell | null)[] = [];
    for (const { to } of columns) cells.push(await cellOf(world, from, to));
    rows.push({ class: name, example: pod, cells });
  }
  if (flags.output === 'json') {
    const named = rows.map((row) => ({
      class: row.class,
      example: row.example,
      sees: Object.fromEntries(columns.map((column, i) => [column.title, row.cells[i] ?? null])),
    }));
    io.stdout(`${JSON.stringify({ apiVersion: 'packetwalk.dev/v1', kind: 'Sources', rows: named }, null, 2)}\n`);
  } else {
    io.stdout(legend(columns, rows) + table(columns, rows));
  }
  return EXIT.ok;
}

interface WorkloadClass {
  readonly name: string;
  readonly pod: string;
  readonly from: string;
}

/** Who is treated alike: the ENI decides the route, the node the translation, and its primary ENI what a translated packet leaves by. */
function workloadClasses(world: World): readonly WorkloadClass[] {
  const cards = cardsOf(world);
  const members = [
    ...world.directory.pods.flatMap((pod) => {
      const [address] = pod.addresses;
      const name = `${pod.namespace}/${pod.name}`;
      return address === undefined ? [] : [{ ...podClass(cards, pod, address), pod: name, from: `pod/${name}` }];
    }),
    ...world.directory.nodes.map(({ name }) => ({
      ...hostClass('nodes', cards.primaryOf(name)),
      pod: name,
      from: `node/${name}`,
    })),
  ];
  const mixed = new Map<string, Set<string>>();
  for (const { base, leaves } of members) mixed.set(base, (mixed.get(base) ?? new Set()).add(leaves));
  const classes = new Map<string, WorkloadClass>();
  for (const { base, leaves, pod, from } of members) {
    // What they leave by is said where those of one device and subnet differ in it.
    const name = (mixed.get(base)?.size ?? 0) > 1 ? `${base}, ${leaves}` : base;
    if (!classes.has(name)) classes.set(name, { name, pod, from });
  }
  return [...classes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Cards {
  readonly all: readonly Eni[];
  readonly of: (node: string) => readonly Eni[];
  readonly primaryOf: (node: string) => Eni | undefined;
}

function cardsOf({ fabric }: World): Cards {
  const byOwner = new Map<string, Eni[]>();
  for (const eni of fabric.enis) byOwner.set(eni.owner, [...(byOwner.get(eni.owner) ?? []), eni]);
  const of = (node: string): readonly Eni[] => byOwner.get(`node/${node}`) ?? [];
  return { all: fabric.enis, of, primaryOf: (node) => of(node).find(({ deviceIndex }) => deviceIndex === 0) };
}

/** Its device and subnet, and what of its node's primary ENI decides where a packet leaves the VPC. */
interface ClassOfOne {
  readonly base: string;
  readonly leaves: string;
}

const hostClass = (kind: string, primary: Eni | undefined): ClassOfOne => ({
  base: `${kind}, ${primary?.subnet ?? 'unknown subnet'}`,
  leaves: addressed(primary),
});

const addressed = (primary: Eni | undefined): string =>
  (primary?.publicAddresses.size ?? 0) > 0 ? 'public address' : 'no public address';

function podClass(cards: Cards, pod: PodEntry, address: Ip): ClassOfOne {
  const primary = cards.primaryOf(pod.node);
  if (pod.hostNetwork) return hostClass('hostNetwork pods', primary);
  const has = (eni: Eni): boolean => eniOwns(eni, address);
  const eni = cards.of(pod.node).find(has) ?? cards.all.find(has);
  const index = eni?.deviceIndex ?? 0;
  const subnet = eni?.subnet ?? 'unknown subnet';
  // A branch interface has groups of its own beside the node's.
  const groups = eni?.trunking?.as === 'branch' ? eni.securityGroups.join(', ') : undefined;
  // An interface whose own address is its pod's: a micro-VM's.
  const kind =
    groups !== undefined
      ? `pods with security groups of their own (${groups})`
      : eni?.addresses[0] === address && index === 0
        ? 'pods on Fargate'
        : `pods on ${index === 0 ? 'the primary ENI' : 'secondary ENIs'}`;
  const node = primary === undefined || primary.subnet === subnet ? '' : `node in ${primary.subnet}, `;
  return { base: `${kind}, ${subnet}`, leaves: `${node}${addressed(primary)}` };
}

function destinationClasses(world: World): Column[] {
  const { fabric, directory } = world;
  const clusterVpcs = new Set(
    fabric.enis.filter((eni) => eni.owner.startsWith('node/')).map((eni) => vpcOf(world, eni.subnet)),
  );
  const servers = directory.hosts.filter((host) => host.kind === 'server');
  const at = (inCluster: boolean): string[] =>
    servers
      .filter(({ name }) => {
        const eni = fabric.enis.find((card) => card.owner === `host/${name}`);
        return eni !== undefined && clusterVpcs.has(vpcOf(world, eni.subnet)) === inCluster;
      })
      .map(({ name }) => `host/${name}`);
  const running = directory.pods.filter((each) => !each.hostNetwork && each.addresses.length > 0);
  const listens = (pod: PodEntry): boolean => pod.ports.some((port) => port.protocol === 'tcp');
  const pods = [...running.filter(listens), ...running.filter((pod) => !listens(pod))];
  const elsewhere = fabric.peerings.length + fabric.transitGateways.length === 0 ? [] : at(false);
  return [
    { title: 'same VPC', to: [...at(true), ...pods.map((pod) => `pod/${pod.namespace}/${pod.name}`)].slice(0, 2) },
    { title: 'peered VPC', to: fabric.peerings.length === 0 ? [] : elsewhere.filter(isPeered(world)).slice(0, 2) },
    {
      title: 'transit VPC',
      to: fabric.transitGateways.length === 0 ? [] : elsewhere.filter((host) => !isPeered(world)(host)).slice(0, 2),
    },
    {
      title: 'on premises',
      to: directory.hosts
        .filter(({ kind }) => kind === 'on-premises')
        .map(({ name }) => `host/${name}`)
        .slice(0, 2),
    },
    { title: 'internet', to: ['internet'] },
  ];
}

/** Whether a server's VPC is a peer of the cluster's; else what leads to it is a transit gateway. */
const isPeered =
  ({ fabric }: World) =>
  (host: string): boolean => {
    const vpcs = new Map(fabric.subnets.map(({ id, vpc }) => [id, vpc]));
    const of = (owner: (name: string) => boolean): ReadonlySet<string | undefined> =>
      new Set(fabric.enis.filter((eni) => owner(eni.owner)).map((eni) => vpcs.get(eni.subnet)));
    const [home, away] = [of((owner) => owner.startsWith('node/')), of((owner) => owner === host)];
    return fabric.peerings.some(
      ({ requester, accepter }) =>
        (home.has(requester) && away.has(accepter)) || (home.has(accepter) && away.has(requester)),
    );
  };

const vpcOf = (world: World, subnet: string): string | undefined =>
  world.fabric.subnets.find((each) => each.id === subnet)?.vpc;

/** What the first destination that is not the sender itself sees; null where there is none. */
async function cellOf(world: World, from: string, destinations: readonly string[]): Promise<Cell | null> {
  const to = destinations.find((each) => each !== from);
  if (to === undefined) return null;
  const { roundTrips, query } = await answerOn(world, { from, to, choice: { kind: 'first' }, dns: false });
  const [trip] = roundTrips;
  return trip === undefined ? null : { to: query.to.name, sees: seen(trip), identity: trip.farEnd.sees.identity.kind };
}

function seen(trip: RoundTrip): string {
  const { sees, reached } = trip.farEnd;
  if (!reached) return `nobody: ${trip.disposition}`;
  const shared = sees.sharedBy > 1 ? ` (shared by ${sees.sharedBy})` : '';
  return `${named(sees.identity)} ${endpoint(sees.ip, null)}${shared}`;
}

function named({ kind, name }: RoundTrip['farEnd']['sees']['identity']): string {
  switch (kind) {
    case 'pod':
      return 'the pod';
    case 'node':
      return shortName({ kind, name });
    case 'nat-gateway':
      return name;
    case 'unowned':
      return 'nobody';
    default:
      return name === 'loopback' ? 'the same machine' : kind.replace('-', ' ');
  }
}

/** What each column asked: its destination, and the one that stands in for it where it is the sender. */
function legend(columns: readonly Column[], rows: readonly Row[]): string {
  const width = Math.max(...columns.map(({ title }) => title.length));
  const lines = columns.map(({ title }, i) => {
    const [first = '', ...others] = new Set(rows.map((row) => row.cells[i]?.to).filter((to) => to !== undefined));
    const asked = others.length === 0 ? first : `${first}, where that is the sender ${others.join(', ')}`;
    return `${title.toUpperCase().padEnd(width)}  asks ${asked}`;
  });
  return `${lines.join('\n')}\n\n`;
}

function table(columns: readonly Column[], rows: readonly Row[]): string {
  const lines = [['FROM', 'FOR EXAMPLE', ...columns.map((column) => column.title.toUpperCase())]];
  for (const row of rows) lines.push([row.class, row.example, ...row.cells.map((cell) => cell?.sees ?? '-')]);
  const widths = (lines[0] ?? []).map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return `${lines
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n`;
}

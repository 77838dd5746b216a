import { isLastHop, renderCurl, renderPing, renderTraceroute, type TracerouteHop } from '../../render/index.ts';
import { CLOSED_PORT, exitCodeOf, type RoundTrip } from '../../trace/index.ts';
import type { DataPlane, World } from '../../world/index.ts';
import { answerOn, questionOf } from '../answer.ts';
import { EXIT, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import type { WalkFlags } from '../options.ts';
import { withPlane } from '../planes.ts';

type ToolFlags = Omit<WalkFlags, 'proto' | 'choice'>;
type TracerouteFlags = ToolFlags & Pick<WalkFlags, 'proto'> & { readonly maxHops: number };

/** Bytes of a probe, header and all (traceroute(8), packet_len). */
const PACKET = { 4: 60, 6: 80 } as const;

/** `ping FROM TO`: the walk as ping prints it from inside the sender. */
export async function ping(
  from: string,
  to: string,
  flags: ToolFlags & { readonly ttl?: number },
  io: Io,
): Promise<number> {
  const world = openWorld(flags, io);
  const extra = {
    choice: { kind: 'first' },
    ...(flags.ttl === undefined ? {} : { ttl: flags.ttl }),
  } as const;
  const result = await withPlane(flags.plane, world, io, (plane) =>
    answerOn(world, questionOf(from, to, { ...flags, proto: 'icmp' }, extra), plane),
  );
  io.stdout(renderPing(result, addressee(to)));
  return exitCodeOf(result.verdict);
}

/** `traceroute FROM TO`: one probe a TTL, until the target answers or the limit is reached. */
export async function traceroute(from: string, to: string, flags: TracerouteFlags, io: Io): Promise<number> {
  const world = openWorld(flags, io);
  const hops = await withPlane(flags.plane, world, io, (plane) => probeHops(from, to, flags, world, plane));
  io.stdout(renderTraceroute(addressee(to), hops, flags.maxHops));
  const last = hops.at(-1)?.result;
  if (last === undefined) return EXIT.failed;
  // A closed port answers for its host: traceroute has got there.
  return last.blockers.some(({ cause }) => CLOSED_PORT.has(cause.kind)) ? EXIT.ok : exitCodeOf(last.verdict);
}

async function probeHops(
  from: string,
  to: string,
  flags: TracerouteFlags,
  world: World,
  plane: DataPlane,
): Promise<readonly TracerouteHop[]> {
  const hops: TracerouteHop[] = [];
  const first = await answerOn(world, questionOf(from, to, flags, { choice: { kind: 'first' } }), plane);
  const size = flags.size ?? (first.query.to.address?.includes(':') === true ? PACKET[6] : PACKET[4]);
  let silent = 0;
  for (let ttl = 1; ttl <= flags.maxHops && silent < 3; ttl++) {
    const result = await answerOn(world, questionOf(from, to, flags, { choice: { kind: 'first' }, ttl, size }), plane);
    hops.push({ ttl, result });
    if (isLastHop(result)) break;
    const [trip] = result.roundTrips;
    silent = trip !== undefined && trip.disposition !== 'ttl-exceeded' ? silent + 1 : 0;
  }
  return hops;
}

/** `curl FROM URL|TO`: the answer's body as the far end's program writes it. */
export async function curl(
  from: string,
  to: string,
  flags: ToolFlags & Pick<WalkFlags, 'choice'>,
  io: Io,
): Promise<number> {
  const world = openWorld(flags, io);
  const result = await withPlane(flags.plane, world, io, (plane) =>
    answerOn(world, questionOf(from, to, { ...flags, proto: 'tcp' }), plane),
  );
  const url = /^https?:/.test(to) ? to : `http://${addressee(to)}`;
  io.stdout(renderCurl(result, url, (trip) => processAt(world, trip)));
  return exitCodeOf(result.verdict);
}

/** The name a tool would be given: the last part of `svc/NS/NAME`, the address or name itself otherwise. */
const addressee = (to: string): string =>
  /^(?:pod|svc|deploy|node|host|internet)\//.test(to) ? (to.split('/').at(-1) ?? to) : to;

/** Which process answered: the socket the packet was delivered to. */
export function processAt(world: World, trip: RoundTrip): string {
  const place = trip.forward.hops.at(-1)?.where;
  if (place === undefined) return '';
  const port = Number(/:(\d+)$/.exec(trip.farEnd.address)?.[1] ?? Number.NaN);
  const netns = [...world.netns.keys()].find((id) => id === `${place.kind}/${place.name}`);
  const sockets = netns === undefined ? [] : (world.netns.get(netns)?.sockets ?? []);
  return sockets.find((socket) => socket.port === port)?.process ?? '';
}

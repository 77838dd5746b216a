import type { Netns } from '../../../linux/index.ts';
import { familyOf, type Ip } from '../../../net/index.ts';
import {
  type Disposition,
  fatalStep,
  type Headers,
  type Hop,
  isSuccess,
  judge,
  type Place,
  type Probe,
  type RoundTrip,
  type Step,
  type Trace,
} from '../../../trace/index.ts';
import { farEndOf, folderOf, type World } from '../../../world/index.ts';
import type { KernelConn } from '../netlink/conntrack-events.ts';
import type { KernelWalk } from '../traces.ts';
import { refusesAsIfAbsent } from './drop-cause.ts';
import type { LabView } from './lab-view.ts';
import { notHeld, unheldRoutes } from './not-held.ts';
import type { ObservedFlow } from './observe-flow.ts';
import { tellFabric } from './tell-fabric.ts';
import { tellWorlds } from './tell-worlds.ts';

/** What was observed of a flow, as a round trip: the very type the model gives, with the kernel's evidence. */
export function kernelRoundTrip(world: World, view: LabView, probe: Probe, flow: ObservedFlow): RoundTrip {
  const { legs, sender, observation, lost } = flow;
  if (legs === undefined) return neverSent(world, view, probe, flow);
  const told = (walk: KernelWalk): Told => tellWalk(world, view, walk, observation.connections);
  const forward = told(legs.forward);
  const reply = legs.reply === undefined ? undefined : told(legs.reply);
  const silent = reply === undefined && isSuccess(forward.disposition);
  const judged =
    silent && ALWAYS_ANSWERED.has(probe.protocol)
      ? ({ disposition: 'reply-lost', leg: undefined } as const)
      : judge(
          forward.disposition,
          reply === undefined
            ? undefined
            : {
                disposition: reply.disposition,
                home: legs.reply?.stays.at(-1)?.at === sender,
                accepted: flow.heard === 'answer' || isError(reply.last),
              },
        );
  const next = legs.followUp === undefined || judged.disposition !== 'delivered' ? undefined : told(legs.followUp);
  const died = next !== undefined && next.disposition !== 'delivered' ? next : undefined;
  const walked = [legs.forward, legs.reply, legs.followUp].filter((walk) => walk !== undefined);
  const unknowns = [...(lost ? [LOST] : []), ...notHeld(world, view, walked)];
  const disposition = unknowns.length > 0 ? 'unknown' : (died?.disposition ?? judged.disposition);
  const leg = judged.leg === 'forward' ? forward : reply;
  const replied = judged.leg === 'reply' ? judged.disposition : reply?.disposition;
  return {
    probability: 1,
    disposition,
    diedAt:
      died !== undefined
        ? fatalStep('followUp', died)
        : judged.leg === undefined || leg === undefined
          ? null
          : fatalStep(judged.leg, leg),
    farEnd: farEnd(world, forward),
    clientSees: judged.leg === undefined && reply !== undefined && !isError(reply.last) ? sourceOf(reply.last) : null,
    http: null,
    forward: traceOf(forward, died === undefined ? disposition : forward.disposition),
    reply: reply === undefined ? null : traceOf(reply, replied ?? reply.disposition),
    ...(next === undefined ? {} : { followUp: traceOf(next, next.disposition) }),
    assumptions: reservations(
      world,
      view,
      silent,
      legs.forward,
      [forward, reply, next].flatMap((each) => each?.hops ?? []),
    ),
    unknowns,
  };
}

/** What is answered by the kernel that takes it: an answer nobody sees was lost before a hook saw it. */
const ALWAYS_ANSWERED: ReadonlySet<Probe['protocol']> = new Set(['tcp', 'icmp', 'ipv6-icmp']);

const LOST = 'the kernel lost events of this walk: it tells more than this machine reads in time';

/** What one observed walk does not say. */
function reservations(
  world: World,
  view: LabView,
  silent: boolean,
  { stays }: KernelWalk,
  hops: readonly Hop[],
): string[] {
  const drew = hops.some(({ steps }) => steps.some(({ evidence }) => /-m statistic /.test(evidence.text)));
  const visited = new Set(stays.map(({ at }) => at.name));
  const legacy = [...world.netns.keys()].filter((id) => visited.has(folderOf(id)) && runsLegacy(world.netns.get(id)));
  const balancers = new Set(
    stays.filter(({ at }) => at.place.kind === 'load-balancer').map(({ at }) => view.planned(at)?.label),
  );
  return [
    ...view.gaps.flatMap(({ where, what, because }) => (balancers.has(where) ? [`${where}: ${what}: ${because}`] : [])),
    ...(silent ? ['no answer came while this was watched'] : []),
    ...(drew ? ["chance was the kernel's: one of several ways was taken, the next flow may take another"] : []),
    ...legacy.map((id) => `${id} runs iptables-legacy: which of its rules matched the kernel does not tell`),
  ];
}

function runsLegacy(netns: Netns | undefined): boolean {
  if (netns?.iptables.variant !== 'legacy') return false;
  return [...netns.iptables.ip.values()].some(({ chains }) =>
    [...chains.values()].some(({ rules }) => rules.length > 0),
  );
}

/** A walk in the words of a trace. */
interface Told {
  readonly hops: readonly Hop[];
  readonly disposition: Disposition;
  /** The packet as it was last seen. */
  readonly last: Headers;
  readonly where: Place;
}

function tellWalk(world: World, view: LabView, walk: KernelWalk, conns: readonly KernelConn[]): Told {
  const hops = walk.stays.flatMap((stay, i): Hop[] => {
    const steps = walk.trace.hops[i]?.steps ?? [];
    const where = placed(stay.at.place, stay.entered === undefined ? stay.first.src : stay.first.dst);
    const id = view.planned(stay.at)?.id;
    const netns = id === undefined ? undefined : world.netns.get(id);
    if (netns !== undefined) return [{ where, steps: tellWorlds(stay, steps, netns, conns) }];
    const isLast = i === walk.stays.length - 1;
    // What lies between gateways and hosts of the internet has no name.
    if (where.kind === 'internet' && stay.at.place.name === '' && !isLast) return [];
    return [{ where, steps: tellFabric(stay, steps, world, view) }];
  });
  const last = walk.stays.at(-1);
  const final = hops.at(-1);
  if (last === undefined || final === undefined) throw new Error('A walk has a stay');
  const drop = final.steps.find((step) => step.kind === 'drop');
  const fate = drop?.kind === 'drop' ? drop.disposition : walk.trace.disposition;
  const disposition = walk.end.kind === 'sent' ? 'dropped' : fate;
  const shown = walk.end.kind === 'sent' ? undefined : final.steps.at(-1)?.after;
  return { hops, disposition, last: shown ?? last.headers, where: final.where };
}

/**
 * One namespace stands for every undeclared host of the internet, and one lies between all: where a packet ends there, it is
 * called by the address it was asked by.
 */
const placed = (place: Place, address: Ip): Place =>
  place.kind === 'internet' && (place.name === '*' || place.name === '') ? { kind: 'internet', name: address } : place;

const traceOf = ({ hops }: Told, disposition: Disposition): Trace => ({ probability: 1, disposition, hops });

const isError = ({ icmp }: Headers): boolean => icmp !== undefined && icmp.id === undefined;

const sourceOf = ({ src, sport }: Headers): { readonly ip: Ip; readonly port: number | null } => ({
  ip: src,
  port: sport ?? null,
});

function farEnd(world: World, { last, disposition, where }: Told): RoundTrip['farEnd'] {
  return farEndOf(world, {
    src: last.src,
    sport: last.sport ?? null,
    dst: last.dst,
    dport: last.dport ?? null,
    ttl: last.ttl,
    reached: isSuccess(disposition),
    place: endName(where),
  });
}

/** As the model calls what takes a packet in the fabric. */
const endName = ({ kind, name }: Place): string =>
  kind === 'vpc' ? 'vpc-resolver' : kind === 'load-balancer' ? `lb/${name}` : `${kind}/${name}`;

/** The socket call failed: no packet was made. */
function neverSent(world: World, view: LabView, probe: Probe, { sender, refused, lost }: ObservedFlow): RoundTrip {
  const { code, own } = refused ?? {};
  const id = view.planned(sender)?.id;
  const netns = id === undefined ? undefined : world.netns.get(id);
  const family = familyOf(probe.dst);
  const hides = refused?.cause?.kind === 'no-route' && netns !== undefined && refusesAsIfAbsent(netns, family);
  const cause = hides ? undefined : refused?.cause;
  const unheld = netns === undefined ? [] : unheldRoutes(netns, family, new Set([probe.dst]));
  const why = lost ? LOST : unheld[0];
  const disposition = why === undefined ? (refused?.disposition ?? 'dropped') : 'unknown';
  const src = own ?? probe.src ?? probe.dst;
  const headers: Headers = {
    family,
    src,
    dst: probe.dst,
    protocol: probe.protocol,
    ...(probe.dport === undefined ? {} : { dport: probe.dport }),
    ttl: 0,
    length: 0,
    df: false,
    mark: 0,
  };
  const evidence = {
    plane: 'kernel',
    artefact: { file: `${sender.name}/ip-route.json` },
    text: 'connect(2)',
  } as const;
  const about = { evidence, before: headers, after: headers };
  const step: Step =
    why !== undefined
      ? { kind: 'unknown', action: why, because: '', ...about }
      : {
          kind: 'drop',
          disposition,
          ...(cause === undefined ? {} : { cause }),
          action: 'not sent',
          because: `the kernel refuses to send it${code === undefined ? '' : ` (${code})`}`,
          ...about,
        };
  return {
    probability: 1,
    disposition,
    diedAt: { leg: 'forward', hop: 0, step: 0 },
    farEnd: farEndOf(world, {
      src,
      sport: null,
      dst: probe.dst,
      dport: probe.dport ?? null,
      ttl: 0,
      reached: false,
      place: undefined,
    }),
    clientSees: null,
    http: null,
    forward: { probability: 1, disposition, hops: [{ where: sender.place, steps: [step] }] },
    reply: null,
    assumptions: [],
    unknowns: why === undefined ? [] : [why],
  };
}

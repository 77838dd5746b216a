import type { NetnsId } from '../linux/index.ts';
import { cidr, cidrContains, type Ip } from '../net/index.ts';
import type { Disposition, Hop, Place, Step } from '../trace/index.ts';
import { cross, type Start } from './cross.ts';
import { indexFabric } from './fabric/fabric-index.ts';
import type { Crossing, FabricWalk } from './fabric/fabric-walk.ts';
import { receive, send } from './host/index.ts';
import { type Packet, packetHeaders, type Skb } from './packet.ts';
import type { SessionState } from './session-state.ts';
import type { Outcome, Walk } from './types.ts';

export type { Start } from './cross.ts';

/** A packet visits at most this many places; a TTL runs out long before in any fabric that decrements it. */
export const MAX_PLACES = 300;

/** Where and how one packet ended. */
export interface WalkEnd {
  readonly disposition: Disposition;
  readonly hops: readonly Hop[];
  /** The packet as it was at its end. */
  readonly packet: Packet;
  readonly where: Place;
  /** The namespace it ended in; absent in the fabric. */
  readonly netns: NetnsId | undefined;
  readonly socket: string | undefined;
  /** What took the packet in the fabric, where no namespace did: `control-plane/NAME`, `vpc-resolver`. */
  readonly device: string | undefined;
  /** What goes back because of it: an answer, an ICMP error, a RST. */
  readonly answer: Start | undefined;
  readonly because: string;
}

export interface WalkInput {
  readonly state: SessionState;
  readonly start: Start;
  readonly walk: Omit<Walk, 'record'>;
  readonly detail: 'full' | 'verdict-only';
}

/** One packet from where it is made to where it ends. The one loop of the simulation: hosts and fabric take turns. */
export function walkPacket({ state, start, walk: chance, detail }: WalkInput): WalkEnd {
  const recorder = new HopRecorder(detail === 'full');
  const walk: Walk = { ...chance, record: recorder.record };
  const fabric: FabricWalk = {
    index: indexFabric(state.world.fabric),
    nat: state.natTable,
    walk,
    enter: recorder.enter,
    isPublic,
  };
  // Its sequence number, which it keeps: out of the window here is out of the window everywhere.
  const forcedInvalid = start.kind === 'host' && start.forcedInvalid === true;
  let crossing = begin(state, start, walk, recorder, fabric);
  for (let places = 0; places < MAX_PLACES; places++) {
    if (crossing.kind === 'end') return { ...crossing.end, hops: recorder.hops };
    crossing = step({ state, walk, recorder, fabric, forcedInvalid }, crossing.crossing);
  }
  const round = ended('loop', start.packet, recorder.last, 'the packet goes round in a circle');
  return { ...round, hops: recorder.hops };
}

type Turn =
  | { readonly kind: 'end'; readonly end: Omit<WalkEnd, 'hops'> }
  | { readonly kind: 'cross'; readonly crossing: Crossing };

function begin(state: SessionState, start: Start, walk: Walk, recorder: HopRecorder, fabric: FabricWalk): Turn {
  if (start.kind === 'fabric') return { kind: 'cross', crossing: cross.fromFabric(fabric, start.from) };
  const host = state.host(start.netns);
  if (host === undefined)
    return { kind: 'end', end: ended('not-sent', start.packet, placeOf(start.netns), `${start.netns} does not exist`) };
  recorder.enter(placeOf(start.netns));
  const outcome = send(host, start.packet, walk, {
    ...(start.ct === undefined ? {} : { ct: start.ct }),
    ...(start.forcedInvalid === undefined ? {} : { forcedInvalid: start.forcedInvalid }),
  });
  return settle(start.netns, outcome, fabric);
}

interface Walking {
  readonly state: SessionState;
  readonly walk: Walk;
  readonly recorder: HopRecorder;
  readonly fabric: FabricWalk;
  readonly forcedInvalid: boolean;
}

function step({ state, walk, recorder, fabric, forcedInvalid }: Walking, crossing: Crossing): Turn {
  const { packet } = crossing;
  switch (crossing.kind) {
    case 'arrive': {
      const netns = crossing.netns as NetnsId; // fabric ends are named by namespace ids
      const host = state.host(netns);
      recorder.enter(placeOf(netns));
      if (host === undefined) return unknown(packet, recorder, `the input has no state for ${netns}`);
      return settle(netns, receive(host, arriving(packet, crossing.dev, forcedInvalid), walk), fabric);
    }
    case 'delivered': {
      const answer: Start | undefined =
        crossing.answer === undefined
          ? undefined
          : { kind: 'fabric', from: crossing.answer, packet: crossing.answer.packet };
      return {
        kind: 'end',
        end: {
          ...ended('delivered', packet, recorder.last, ''),
          socket: crossing.socket,
          device: crossing.name,
          answer,
        },
      };
    }
    case 'died': {
      const answer: Start | undefined =
        crossing.error === undefined
          ? undefined
          : { kind: 'fabric', from: crossing.error, packet: crossing.error.packet };
      return { kind: 'end', end: { ...ended(crossing.disposition, packet, recorder.last, crossing.because), answer } };
    }
    case 'unknown':
      return unknown(packet, recorder, crossing.what);
  }
}

function unknown(packet: Packet, recorder: HopRecorder, what: string): Turn {
  recorder.unknown(packet, what);
  return { kind: 'end', end: ended('unknown', packet, recorder.last, what) };
}

/** A packet's stay in a namespace, turned into what comes next. */
function settle(netns: NetnsId, outcome: Outcome, fabric: FabricWalk): Turn {
  const where = placeOf(netns);
  switch (outcome.kind) {
    case 'transmit':
      return { kind: 'cross', crossing: cross.fromHost(fabric, netns, outcome) };
    case 'delivered': {
      const answer: Start | undefined =
        outcome.answer === undefined ? undefined : { kind: 'host', netns, packet: outcome.answer };
      const end = ended('delivered', outcome.skb.packet, where, '');
      return { kind: 'end', end: { ...end, netns, socket: outcome.socket, answer } };
    }
    case 'died': {
      const ct = outcome.errorCt;
      const answer: Start | undefined =
        outcome.error === undefined
          ? undefined
          : { kind: 'host', netns, packet: outcome.error, ...(ct === undefined ? {} : { ct }) };
      return {
        kind: 'end',
        end: { ...ended(outcome.disposition, outcome.packet, where, outcome.because), netns, answer },
      };
    }
    case 'unknown':
      return { kind: 'end', end: { ...ended('unknown', outcome.packet, where, outcome.what), netns } };
  }
}

const ended = (disposition: Disposition, packet: Packet, where: Place, because: string): Omit<WalkEnd, 'hops'> => ({
  disposition,
  packet,
  where,
  netns: undefined,
  socket: undefined,
  device: undefined,
  answer: undefined,
  because,
});

/** What a veth or the fabric hands over: nothing of the sender's kernel travels along (skb_scrub_packet). */
const arriving = (packet: Packet, dev: string, forcedInvalid: boolean): Skb => ({
  packet,
  mark: 0,
  iif: dev,
  oif: undefined,
  ct: { kind: 'none' },
  forcedInvalid,
  pkttype: 'unicast',
});

export function placeOf(netns: NetnsId): Place {
  const slash = netns.indexOf('/');
  const kind = netns.slice(0, slash);
  const known = kind === 'pod' || kind === 'node' || kind === 'internet' ? kind : 'host';
  return { kind: known, name: netns.slice(slash + 1) };
}

/** RFC 6890 and relatives: addresses the internet does not route. */
const PRIVATE = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/3',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
  '::/127',
].map(cidr);

const isPublic = (address: Ip): boolean => !PRIVATE.some((block) => cidrContains(block, address));

/** Collects hops. A verdict-only walk keeps the places and no steps. */
class HopRecorder {
  readonly hops: { readonly where: Place; readonly steps: Step[] }[] = [];
  readonly record: ((step: Step) => void) | undefined;

  constructor(full: boolean) {
    this.record = full ? (step) => void this.hops.at(-1)?.steps.push(step) : undefined;
  }

  readonly enter = (place: Place): void => {
    const last = this.hops.at(-1);
    if (last?.where.kind === place.kind && last.where.name === place.name && place.kind === 'vpc') return;
    this.hops.push({ where: place, steps: [] });
  };

  get last(): Place {
    return this.hops.at(-1)?.where ?? { kind: 'vpc', name: '' };
  }

  unknown(packet: Packet, what: string): void {
    const { record } = this;
    if (record === undefined) return;
    const headers = packetHeaders(packet);
    record({
      kind: 'unknown',
      action: what,
      because: '',
      evidence: { plane: 'sim', artefact: { file: 'fabric.json' }, text: what },
      before: headers,
      after: headers,
    });
  }
}

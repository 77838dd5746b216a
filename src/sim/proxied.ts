import { invariant } from '../base/index.ts';
import { forwardedFor } from '../fabric/index.ts';
import { familyOf } from '../net/index.ts';
import type { Disposition, FarEnd, Hop, HttpRequest, RoundTrip, Step, StepRef } from '../trace/index.ts';
import { addSteps, joinHops, proxyLine, type Served, serve } from '../world/index.ts';
import { tellDraw } from './draw-port.ts';
import {
  type Asker,
  diedAt,
  type Exchange,
  exchange,
  replyDisposition,
  traceOf,
  unknownsOf,
  type Walking,
} from './exchange.ts';
import { FABRIC_TTL } from './fabric/fabric-answers.ts';
import { inService } from './fabric/load-balancer/application/in-service.ts';
import type { ProxyEnd } from './fabric/load-balancer/application/proxy-end.ts';
import { healthChecks } from './fabric/load-balancer/check-target.ts';
import { fromNode } from './fabric/load-balancer/from-node.ts';
import { type Packet, packetHeaders } from './packet.ts';
import { type WalkEnd, walkPacket } from './walk-packet.ts';

/** A connection to a proxy, open, and what is asked over it. */
export interface Asked {
  readonly first: Exchange;
  readonly proxy: ProxyEnd;
  /** Undefined: the proxy passes octets on and reads none. */
  readonly request: HttpRequest | undefined;
  /** The far end, in a round trip's words, of a packet that ended somewhere. */
  readonly farEnd: (end: WalkEnd) => FarEnd;
}

/** The proxy's own connection. */
interface Second {
  readonly exchange: Exchange;
  readonly syn: Packet;
  /** The draw of its port, where that decides. */
  readonly drawn: readonly Step[];
  /** A RST or an ICMP error told the proxy that there will be none. */
  readonly told: boolean;
}

/**
 * A request to a proxy as one round trip: there over the client's connection and the proxy's own, back over both. The two
 * have no address, port or TTL in common (RFC 9110 3.7, an intermediary); how the second goes decides, since the first is open.
 */
export function proxied(on: Walking, asked: Asked): Omit<RoundTrip, 'clientSees'> {
  const { first, proxy, request } = asked;
  const decided = decide(on, asked);
  const decidedAt = addSteps(first.forward.hops, decided.steps);
  const second =
    decided.served.kind === 'forward' ? connect(on, proxy, decided.served.target, first.forward.packet) : undefined;
  const near = second === undefined ? decidedAt : addSteps(decidedAt, second.drawn);
  const outcome = outcomeOf(decided.served, second, request !== undefined);
  const end = second?.exchange.forward;
  const there = end === undefined ? near : joinHops(near, end.hops);
  const back = first.reply?.hops ?? [];
  const far = asked.farEnd(end ?? first.forward);
  return {
    probability: 1,
    disposition: outcome.disposition,
    diedAt:
      second === undefined
        ? diedNear(decided.served, near)
        : diedBehind(second.exchange, near, first.followUp?.hops ?? []),
    farEnd: second === undefined ? far : { ...far, ...toldOf(on, proxy, request, first.forward) },
    http:
      outcome.status === undefined
        ? null
        : { status: outcome.status, answeredBy: `lb/${proxy.node.loadBalancer.id}`, rule: outcome.rule },
    forward: traceOf(
      { hops: there },
      second?.exchange.lost === true ? second.exchange.forward.disposition : outcome.disposition,
    ),
    reply: replyOf(first, second, back),
    ...followUpOf(first, second),
    assumptions: [...on.assumptions],
    unknowns: [
      ...(decided.served.kind === 'unknown' ? [decided.served.what] : []),
      ...(second === undefined ? [] : unknownsOf(second.exchange)),
    ],
  };
}

/**
 * What the target is told of the client beside the connection's own ends: in HTTP a header, else at most the line of the
 * PROXY protocol before the data.
 */
function toldOf(
  { state }: Walking,
  { node, listener }: ProxyEnd,
  request: HttpRequest | undefined,
  { packet }: WalkEnd,
): Partial<FarEnd> {
  const opened = packetHeaders(packet);
  const peer = { ip: opened.src, port: opened.sport ?? 0 };
  if (request !== undefined) return { forwardedFor: forwardedFor(node.loadBalancer, request, peer) };
  const line = proxyLine(listener, (id) => state.index.targetGroup(id), opened);
  return line === undefined ? {} : { proxyProtocol: line };
}

function decide(
  on: Walking,
  { first, proxy, request }: Asked,
): { readonly served: Served; readonly steps: readonly Step[] } {
  const { state, dice, assumptions, detail, tell } = on;
  const steps: Step[] = [];
  const record = (step: Step): void => {
    steps.push(step);
    tell?.(step);
  };
  const served = serve(
    {
      plane: 'sim',
      dice,
      assumptions,
      record: detail === 'full' ? record : undefined,
      targetGroup: (id) => state.index.targetGroup(id),
      standIn: state.index.standIn,
      inService: (group) => inService(proxy.node, group, healthChecks(state.world, walkPacket), assumptions),
      families: new Set(proxy.node.eni.addresses.map(familyOf)),
    },
    { loadBalancer: proxy.node.loadBalancer, listener: proxy.listener },
    packetHeaders(first.forward.packet),
    request,
  );
  return { served, steps };
}

const PORTS = { first: 1024, last: 65_535 } as const;

/** The proxy connects to a target from the node the client's connection is at. */
function connect(
  on: Walking,
  { node }: ProxyEnd,
  { ip, port }: Extract<Served, { kind: 'forward' }>['target'],
  client: Packet,
): Second {
  const { eni } = node;
  const { id } = node.loadBalancer;
  const family = familyOf(ip);
  const src = eni.addresses.find((address) => familyOf(address) === family);
  invariant(src !== undefined, `${id} sends to ${ip}, and its node has no such address`);
  const drawn: Step[] = [];
  const sport = on.dice.port(
    PORTS.first,
    PORTS.last,
    tellDraw(on.detail === 'full' ? (step) => void drawn.push(step) : undefined, 'source port', () => ({
      evidence: { plane: 'sim', artefact: { file: 'fabric.json' }, text: id },
      headers: packetHeaders(client),
    })),
  );
  on.assumptions.add(`load balancer ${id} picks source ports at random`);
  const syn: Packet = {
    family,
    src,
    dst: ip,
    protocol: 'tcp',
    ttl: FABRIC_TTL,
    tos: 0,
    length: family === 4 ? 60 : 80,
    df: true,
    l4: { kind: 'tcp', sport, dport: port, flags: ['SYN'] },
  };
  on.state.connectionsOf(id).open(syn, client);
  const asker: Asker = {
    start: (packet) => ({ kind: 'fabric', from: fromNode(node, packet), packet }),
    isHome: ({ device, packet }) => device === `lb/${id}` && eni.addresses.includes(packet.dst),
  };
  const made = exchange(on, asker, syn, false);
  return {
    exchange: made,
    syn,
    drawn,
    told: made.judged.leg === 'forward' && made.reply !== undefined && asker.isHome(made.reply),
  };
}

interface Outcome {
  readonly disposition: Disposition;
  /** Of what the proxy itself answers. */
  readonly status: number | undefined;
  readonly rule: number;
}

/** Without HTTP a proxy can but close the client's connection. ALB guide, troubleshooting: 502 where a target, or an ICMP error, refuses the connection; 504 where it does not come to be in time. */
function outcomeOf(served: Served, second: Second | undefined, speaksHttp: boolean): Outcome {
  switch (served.kind) {
    case 'unknown':
      return { disposition: 'unknown', status: undefined, rule: 0 };
    case 'response':
      return {
        disposition: served.error ? 'lb-error' : 'answered',
        status: speaksHttp ? served.status : undefined,
        rule: served.rule,
      };
    case 'forward': {
      const { rule } = served;
      const disposition = second?.exchange.disposition ?? 'unknown';
      if (disposition === 'delivered' || disposition === 'unknown') return { disposition, status: undefined, rule };
      const status = second?.told === true ? 502 : 504;
      return { disposition: 'lb-error', status: speaksHttp ? status : undefined, rule };
    }
  }
}

/** The way back: the second connection's, where a packet came, then the first's. */
function replyOf(first: Exchange, second: Second | undefined, back: readonly Hop[]): RoundTrip['reply'] {
  const reply = second?.exchange.reply;
  if (second === undefined || reply === undefined)
    return first.reply === undefined ? null : traceOf({ hops: back }, first.reply.disposition);
  const failed = second.exchange.judged.leg === 'reply';
  const disposition = failed
    ? replyDisposition(second.exchange, reply)
    : (first.reply?.disposition ?? reply.disposition);
  return traceOf({ hops: failed ? reply.hops : joinHops(reply.hops, back) }, disposition);
}

/** The packets after the first of both connections; none where the second did not come to be. */
function followUpOf(first: Exchange, second: Second | undefined): Pick<RoundTrip, 'followUp'> {
  if (first.followUp === undefined) return {};
  if (second === undefined) return { followUp: traceOf(first.followUp, first.followUp.disposition) };
  const { followUp: later } = second.exchange;
  if (later === undefined) return {};
  return { followUp: traceOf({ hops: joinHops(first.followUp.hops, later.hops) }, later.disposition) };
}

/** The proxy's own last step ended it, unless it answered as it was told to. */
function diedNear(served: Served, near: readonly Hop[]): StepRef | null {
  if (served.kind === 'response' && !served.error) return null;
  return { leg: 'forward', hop: Math.max(0, near.length - 1), step: Math.max(0, (near.at(-1)?.steps.length ?? 1) - 1) };
}

/** Where the second connection died, counted in the hops of both. */
function diedBehind(second: Exchange, near: readonly Hop[], nearLater: readonly Hop[]): StepRef | null {
  const at = diedAt(second);
  if (at === null || at.leg === 'reply') return at;
  const before = at.leg === 'followUp' ? nearLater : near;
  const steps = before.at(-1)?.steps.length ?? 0;
  return { leg: at.leg, hop: at.hop + before.length - 1, step: at.hop === 0 ? at.step + steps : at.step };
}

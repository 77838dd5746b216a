import type { Netns, Route } from '../../../src/linux/index.ts';
import { familyOf, type Ip, ip, isHostCidr, parseProtocol } from '../../../src/net/index.ts';
import { firstDice } from '../../../src/sim/dice.ts';
import { sourceForRoute } from '../../../src/sim/fib/index.ts';
import { createHost, receive } from '../../../src/sim/host/index.ts';
import { outputRoute } from '../../../src/sim/host/output-route.ts';
import type { Packet, Skb } from '../../../src/sim/packet.ts';
import type { FlowQuery, Host, Outcome, Walk } from '../../../src/sim/types.ts';
import type { Step } from '../../../src/trace/index.ts';
import { type Ask, readAsk } from './namespace.ts';

/** The model's answer to a question of `ip route get`, in the words of the cases. */
export function askModel(netns: Netns, text: string): string {
  const ask = readAsk(text);
  const host = createHost(netns, 'nodes/fib');
  return ask.words.has('iif') ? arriving(host, ask) : sending(host, ask);
}

function sending(host: Host, { dst, words }: Ask): string {
  const [from, oif, ipproto] = ['from', 'oif', 'ipproto'].map((word) => words.get(word));
  const query: FlowQuery = {
    dst: ip(dst),
    src: from === undefined ? undefined : ip(from),
    iif: undefined,
    oif,
    anyDevice: false,
    mark: Number(words.get('mark') ?? 0),
    tos: Number(words.get('tos') ?? 0),
    ipproto: ipproto === undefined ? undefined : parseProtocol(ipproto),
    sport: ipproto === undefined ? undefined : Number(words.get('sport')),
    dport: ipproto === undefined ? undefined : Number(words.get('dport')),
  };
  const out = outputRoute(host, query);
  if (out.kind === 'unknown') return `unknown: ${out.what}`;
  if (out.kind === 'error') return /\((E[A-Z]+)\)/.exec(out.because)?.[1] ?? out.because;
  const { lookup, dev } = out;
  return answerOf(
    lookup.route,
    dev,
    lookup.gateway,
    from === undefined ? sourceForRoute(host, lookup, ip(dst)) : undefined,
  );
}

/** A packet is received for real: what the steps of the walk name is what the lookup found. */
function arriving(host: Host, ask: Ask): string {
  const steps: Step[] = [];
  const walk: Walk = { dice: firstDice(), now: 0, record: (step) => steps.push(step), assumptions: new Set() };
  const out = receive(host, skbOf(ask), walk);
  const found = steps.find((step) => step.kind === 'route');
  const route = found === undefined ? undefined : host.netns.routes[(found.evidence.artefact.line ?? 0) - 2];
  if (found?.kind === 'route' && route !== undefined && !isRefusal(out))
    return answerOf(route, route.type === 'unicast' ? (found.dev ?? '') : 'lo', found.via, undefined);
  if (out.kind === 'unknown') return `unknown: ${out.what}`;
  return out.kind === 'died' ? errnoOf(out) : `no route in the steps of ${ask.dst}`;
}

const isRefusal = (out: Outcome): boolean => out.kind === 'died' && errnoOf(out) !== '';

/** What `ip_route_input` returns for a packet that died so; '' for a death after routing. */
function errnoOf({ disposition, because }: Extract<Outcome, { kind: 'died' }>): string {
  if (/does not forward/.test(because)) return 'EHOSTUNREACH';
  if (disposition === 'no-route') return 'ENETUNREACH';
  const [, type, by] = /^an? (\w+) (route|rule) takes/.exec(because) ?? [];
  if (type === 'blackhole') return 'EINVAL';
  if (type === 'prohibit') return 'EACCES';
  if (type === 'unreachable') return by === 'rule' ? 'ENETUNREACH' : 'EHOSTUNREACH';
  return /^(?:source|destination) |arrived on|rp_filter/.test(because) ? 'EINVAL' : '';
}

function skbOf({ dst, words }: Ask): Skb {
  const family = familyOf(ip(dst));
  const packet: Packet = {
    family,
    src: ip(words.get('from') ?? '0.0.0.0'),
    dst: ip(dst),
    protocol: words.get('ipproto') === 'tcp' ? 'tcp' : 'udp',
    ttl: 64,
    tos: Number(words.get('tos') ?? 0),
    length: 60,
    df: false,
    l4: { kind: 'ports', sport: Number(words.get('sport') ?? 0), dport: Number(words.get('dport') ?? 0) },
  };
  return {
    packet,
    mark: Number(words.get('mark') ?? 0),
    iif: words.get('iif') ?? '',
    oif: undefined,
    ct: { kind: 'none' },
    forcedInvalid: false,
    pkttype: 'unicast',
  };
}

export function answerOf(route: Route, dev: string, via: Ip | undefined, src: Ip | undefined): string {
  const { dst, table, type } = route;
  const block = dst.prefix === 0 ? 'default' : isHostCidr(dst) ? dst.text.replace(/\/\d+$/, '') : dst.text;
  return showAnswer({ type, dev, via, src, block, table: table === 254 || table === 255 ? '' : String(table) });
}

/** The one spelling of an answer. */
export function showAnswer(of: {
  readonly type: string;
  readonly dev: string;
  readonly via: string | undefined;
  readonly src: string | undefined;
  readonly block: string;
  readonly table: string;
}): string {
  const words = [
    ...(of.type === 'unicast' ? [] : [of.type]),
    ...(of.via === undefined ? [] : [`via ${of.via}`]),
    `dev ${of.dev}`,
    ...(of.src === undefined ? [] : [`src ${of.src}`]),
    `[${of.block}${of.table === '' ? '' : ` table ${of.table}`}]`,
  ];
  return words.join(' ');
}

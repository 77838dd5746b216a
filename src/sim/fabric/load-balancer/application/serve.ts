import { assertNever, showSource } from '../../../../base/index.ts';
import type { ListenerAction, ListenerRule, Target, TargetGroup } from '../../../../fabric/index.ts';
import type { HttpRequest, Step } from '../../../../trace/index.ts';
import type { Dice } from '../../../../world/index.ts';
import { type Packet, packetHeaders } from '../../../packet.ts';
import type { InService } from './in-service.ts';
import { matchRule } from './match-rule.ts';
import type { ProxyEnd } from './proxy-end.ts';
import { locationOf } from './request-parts.ts';
import { showMatch, showRule } from './show-rule.ts';

/** What serving a request takes: where chance is settled, steps go, and which targets are in service. */
export interface Serving {
  readonly dice: Dice;
  readonly record: ((step: Step) => void) | undefined;
  readonly assumptions: Set<string>;
  readonly targetGroup: (id: string) => TargetGroup | undefined;
  /** The targets of a group that get requests, as this node of the load balancer sees it. */
  readonly inService: (group: TargetGroup) => InService;
}

export type Served =
  /** The load balancer answers by itself. `rule` counts from 1; 0: none was read. */
  | { readonly kind: 'response'; readonly status: number; readonly rule: number; readonly error: boolean }
  | { readonly kind: 'forward'; readonly target: Target; readonly rule: number }
  | { readonly kind: 'unknown'; readonly what: string };

/** What a load balancer does about a request that came over `packet`'s connection: a rule decides, then chance among equals. */
export function serve(on: Serving, end: ProxyEnd, packet: Packet, request: HttpRequest): Served {
  const {
    node: { loadBalancer },
    listener,
  } = end;
  const say = sayer(on, packet, loadBalancer.id);
  if (listener.protocol !== request.scheme.toUpperCase()) return wrongScheme(say, end, request);
  const found = matchRule(listener, request, packet.src);
  if (found === undefined) return unknown(say, `listener ${listener.port} of ${loadBalancer.id} has no default rule`);
  const text = showRule(listener, found.rule);
  const by = writerOf(found.rule);
  if (found.kind === 'undecided') return unknown(say, `${found.what} (${text})`, by);
  const rule = listener.rules.indexOf(found.rule) + 1;
  const asked = `${request.method} ${request.host}${request.path}`;
  const { action } = found.rule;
  say.step({ kind: 'fabric', what: 'load-balancer' }, `${asked} meets ${showMatch(found.rule)}`, by ?? '', text, by);
  return act(on, say, end, { action, rule, text, request });
}

interface Decided {
  readonly action: ListenerAction;
  readonly rule: number;
  readonly text: string;
  readonly request: HttpRequest;
}

function act(on: Serving, say: Sayer, end: ProxyEnd, { action, rule, text, request }: Decided): Served {
  switch (action.kind) {
    case 'forward':
      return forward(on, say, end, action, rule, text);
    case 'redirect': {
      const location = locationOf(action, request, end.listener);
      say.step(
        { kind: 'answer' },
        `${action.statusCode} Location: ${location}`,
        'a redirect, from the load balancer',
        text,
      );
      return { kind: 'response', status: action.statusCode, rule, error: false };
    }
    case 'fixed-response': {
      const body = action.body === '' ? '' : `: ${action.body}`;
      say.step({ kind: 'answer' }, `${action.statusCode}${body}`, 'a fixed response, from the load balancer', text);
      return { kind: 'response', status: action.statusCode, rule, error: false };
    }
    case 'unmodelled':
      return unknown(say, `${action.what} (${text})`);
    default:
      return assertNever(action);
  }
}

/**
 * A group by its weight, then one of its targets in service, each as likely: round robin has no order a caller knows. No
 * other group steps in for one without targets (ALB guide, target group weights).
 */
function forward(
  on: Serving,
  say: Sayer,
  { node: { loadBalancer } }: ProxyEnd,
  { targetGroups }: Extract<ListenerAction, { kind: 'forward' }>,
  rule: number,
  text: string,
): Served {
  const sum = targetGroups.reduce((total, { weight }) => total + weight, 0);
  const weighed = targetGroups.map(({ id, weight }) => ({ p: sum === 0 ? 0 : weight / sum, label: id }));
  const chosen = sum === 0 ? undefined : targetGroups[choose(on, say, weighed, text)];
  const group = chosen && on.targetGroup(chosen.id);
  const service = group === undefined ? NOBODY : on.inService(group);
  if (service.kind === 'unknown') return unknown(say, service.what);
  const { targets, out, failsOpen } = service;
  if (group === undefined || targets.length === 0) {
    const id = chosen?.id ?? targetGroups[0]?.id ?? '';
    const cause = { kind: 'no-target', loadBalancer: loadBalancer.id, targetGroup: id, ...service.missing } as const;
    const why = service.missing.unregistered === undefined ? '' : `: ${service.missing.unregistered}`;
    say.step({ kind: 'drop', disposition: 'lb-error', cause }, '503', `${id} has no target to send to${why}`, text);
    return { kind: 'response', status: 503, rule, error: true };
  }
  const equal = targets.map(({ ip, port }) => ({ p: 1 / targets.length, label: showTarget(ip, port) }));
  const target = targets[choose(on, say, equal, group.id)];
  if (target === undefined) return unknown(say, `${group.id} has no such target`);
  if (group.stickiness !== 'none')
    on.assumptions.add(
      `${group.id} is sticky by cookie: a client that brings one stays with its target, the others are spread`,
    );
  const among = targets.length === 1 ? '' : `1 of ${targets.length} targets of `;
  const of = group.origin?.by ?? group.id;
  const action = `to ${showTarget(target.ip, target.port)}, ${among}${of}`;
  const why = `a connection of its own, from this node of ${loadBalancer.id}`;
  const unfit = out.length === 0 ? {} : { unhealthy: out, failsOpen };
  say.step({ kind: 'fabric', what: 'load-balancer', ...unfit }, action, why, group.id, of);
  return { kind: 'forward', target, rule };
}

const NOBODY: InService = { kind: 'known', targets: [], out: [], failsOpen: false, missing: {} };

const showTarget = (ip: string, port: number): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);

function choose(
  on: Serving,
  say: Sayer,
  of: readonly { readonly p: number; readonly label: string }[],
  text: string,
): number {
  if (of.length === 1) return 0;
  const taken = on.dice.choose(of);
  say.step({ kind: 'choice', taken, of }, `${of[taken]?.label ?? ''}`, '', text);
  return taken;
}

/** Plain HTTP at an HTTPS listener is answered 400; at an HTTP listener a TLS handshake is no request, answered alike. */
function wrongScheme(say: Sayer, { listener }: ProxyEnd, { scheme }: HttpRequest): Served {
  const protocol = listener.protocol === 'HTTPS' ? 'HTTPS' : 'HTTP';
  const why = `${scheme} was spoken to the ${protocol} listener on port ${listener.port}`;
  const cause = { kind: 'wrong-scheme', listener: protocol } as const;
  say.step({ kind: 'drop', disposition: 'lb-error', cause }, '400', why, `${protocol}:${listener.port}`);
  return { kind: 'response', status: 400, rule: 0, error: true };
}

function unknown(say: Sayer, what: string, by?: string): Served {
  say.step({ kind: 'unknown' }, what, '', what, by);
  return { kind: 'unknown', what };
}

/** Who wrote a rule, and where. */
const writerOf = ({ origin }: ListenerRule): string | undefined =>
  origin === undefined ? undefined : origin.at === undefined ? origin.by : `${origin.by}, ${showSource(origin.at)}`;

type Own =
  | Pick<Extract<Step, { kind: 'fabric' }>, 'kind' | 'what' | 'unhealthy' | 'failsOpen'>
  | { readonly kind: 'answer' | 'unknown' }
  | Pick<Extract<Step, { kind: 'drop' }>, 'kind' | 'disposition' | 'cause'>
  | Pick<Extract<Step, { kind: 'choice' }>, 'kind' | 'taken' | 'of'>;

interface Sayer {
  step(own: Own, action: string, because: string, text: string, by?: string): void;
}

function sayer({ record }: Serving, packet: Packet, id: string): Sayer {
  return {
    step(own, action, because, text, by) {
      if (record === undefined) return;
      const headers = packetHeaders(packet);
      const artefact = { file: 'fabric.json' };
      const evidence = { plane: 'sim' as const, artefact, text: `${id}: ${text}`, ...(by === undefined ? {} : { by }) };
      record({ ...own, action, because, evidence, before: headers, after: headers });
    },
  };
}

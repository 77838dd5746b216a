import { assertNever, showSource } from '../../base/index.ts';
import {
  type KnownStandIn,
  type Listener,
  type ListenerAction,
  type ListenerRule,
  type LoadBalancer,
  locationOf,
  matchRule,
  showListenerRule,
  showRuleMet,
  type Target,
  type TargetGroup,
} from '../../fabric/index.ts';
import { type Family, familyOf, type Ip } from '../../net/index.ts';
import type { DropCause, Evidence, Headers, HttpRequest, Step } from '../../trace/index.ts';
import type { Dice } from '../types.ts';
import { broughtBack, stickinessOf } from './stickiness.ts';

/** The targets of a group that get requests, and those that do not. */
export type InService =
  | {
      readonly kind: 'known';
      readonly targets: readonly Target[];
      readonly out: readonly { readonly target: string; readonly because: string }[];
      /** None is healthy, so all are used (ALB guide, target group health). */
      readonly failsOpen: boolean;
      /** Where a group with targets has none for this node; why a group has none at all. */
      readonly missing: { readonly zone?: string; readonly unregistered?: string };
    }
  | { readonly kind: 'unknown'; readonly what: string };

/** A listener, and whose. */
export interface ListenerEnd {
  readonly loadBalancer: LoadBalancer;
  readonly listener: Listener;
}

/** What serving a request takes: where chance is settled, steps go, and which targets are in service. */
export interface Serving {
  readonly plane: Evidence['plane'];
  readonly dice: Pick<Dice, 'choose'>;
  readonly record: ((step: Step) => void) | undefined;
  readonly assumptions: Set<string>;
  readonly targetGroup: (id: string) => TargetGroup | undefined;
  /** Whose made-up address it is; undefined: the input gives it. */
  readonly standIn: (address: Ip) => KnownStandIn | undefined;
  /** The targets of a group that get requests, as this node of the load balancer sees it. */
  readonly inService: (group: TargetGroup) => InService;
  /** Those of this node's own addresses, from which it connects. */
  readonly families: ReadonlySet<Family>;
}

export type Served =
  /** The load balancer answers by itself. `rule` counts from 1; 0: none was read. */
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly rule: number;
      readonly error: boolean;
      /** Of a fixed response; where a redirect leads. */
      readonly body?: { readonly contentType: string; readonly text: string };
      readonly location?: string;
    }
  | { readonly kind: 'forward'; readonly target: Target; readonly rule: number }
  | { readonly kind: 'unknown'; readonly what: string };

/**
 * What a load balancer does about a request that came over the connection `opened` opened: a rule decides, then chance among
 * equals. One that passes octets on and reads none (`request` undefined) has no rule but the last. Both planes ask this.
 */
export function serve(on: Serving, end: ListenerEnd, opened: Headers, request: HttpRequest | undefined): Served {
  const { loadBalancer, listener } = end;
  const say = sayer(on, opened, loadBalancer.id);
  if (request === undefined) return passOn(on, say, end);
  if (listener.protocol !== request.scheme.toUpperCase()) return wrongScheme(say, end, request);
  const found = matchRule(listener, request, { ip: opened.src, standIn: on.standIn(opened.src) });
  if (found === undefined) return unknown(say, `listener ${listener.port} of ${loadBalancer.id} has no default rule`);
  const text = showListenerRule(listener, found.rule);
  const by = writerOf(found.rule);
  if (found.kind === 'undecided') return unknown(say, `${found.what} (${text})`, by);
  if (found.unless !== undefined) on.assumptions.add(`${found.unless}, and ${showRuleMet(found.rule)} does the same`);
  const rule = listener.rules.indexOf(found.rule) + 1;
  const asked = `${request.method} ${request.host}${request.path}`;
  const { action } = found.rule;
  say.step({ kind: 'fabric', what: 'load-balancer' }, `${asked} meets ${showRuleMet(found.rule)}`, by ?? '', text, by);
  return act(on, say, end, { action, rule, text, request });
}

function passOn(on: Serving, say: Sayer, end: ListenerEnd): Served {
  const { loadBalancer } = end;
  const { port, rules } = end.listener;
  const action = rules.at(-1)?.action;
  if (action?.kind === 'forward')
    return forward(on, say, end, { action, rule: rules.length, text: `listener ${port}`, request: undefined });
  return unknown(
    say,
    action?.kind === 'unmodelled' ? action.what : `listener ${port} of ${loadBalancer.id} forwards to nobody`,
  );
}

interface Decided<Action = ListenerAction, Request = HttpRequest> {
  readonly action: Action;
  readonly rule: number;
  readonly text: string;
  readonly request: Request;
}

function act(on: Serving, say: Sayer, end: ListenerEnd, { action, rule, text, request }: Decided): Served {
  switch (action.kind) {
    case 'forward':
      return forward(on, say, end, { action, rule, text, request });
    case 'redirect': {
      const location = locationOf(action, request, end.listener);
      say.step(
        { kind: 'answer' },
        `${action.statusCode} Location: ${location}`,
        'a redirect, from the load balancer',
        text,
      );
      return { kind: 'response', status: action.statusCode, rule, error: false, location };
    }
    case 'fixed-response': {
      if (action.missing !== undefined) return noBackend(say, end, { ...action, missing: action.missing, rule, text });
      const body = action.body === '' ? '' : `: ${action.body}`;
      say.step({ kind: 'answer' }, `${action.statusCode}${body}`, 'a fixed response, from the load balancer', text);
      const said = { contentType: action.contentType, text: action.body };
      return { kind: 'response', status: action.statusCode, rule, error: false, body: said };
    }
    case 'unmodelled':
      return unknown(say, `${action.what} (${text})`);
    default:
      return assertNever(action);
  }
}

function noBackend(
  say: Sayer,
  { loadBalancer }: ListenerEnd,
  of: { readonly statusCode: number; readonly body: string; readonly missing: string } & Pick<Decided, 'rule' | 'text'>,
): Served {
  const { statusCode, body, missing, rule, text } = of;
  const cause = { kind: 'no-backend', loadBalancer: loadBalancer.id, missing } as const;
  const why = `${missing} does not exist, so its controller made the rule answer this`;
  say.step({ kind: 'drop', disposition: 'lb-error', cause }, `${statusCode}: ${body}`, why, text);
  return { kind: 'response', status: statusCode, rule, error: true };
}

/**
 * A group by its weight, then one of its targets in service, each as likely: round robin has no order a caller knows. No
 * other group steps in for one without targets (ALB guide, target group weights).
 */
function forward(
  on: Serving,
  say: Sayer,
  { loadBalancer, listener }: ListenerEnd,
  { action, rule, text, request }: Decided<Extract<ListenerAction, { kind: 'forward' }>, HttpRequest | undefined>,
): Served {
  const { targetGroups } = action;
  const sum = targetGroups.reduce((total, { weight }) => total + weight, 0);
  const weighed = targetGroups.map(({ id, weight }) => ({ p: sum === 0 ? 0 : weight / sum, label: id }));
  const chosen = sum === 0 ? undefined : targetGroups[choose(on, say, weighed, text)];
  const group = chosen && on.targetGroup(chosen.id);
  if (chosen !== undefined && group === undefined)
    return unknown(say, `target group ${chosen.id} is not described in the input`);
  const mute = group?.targets.find(({ ip }) => !on.families.has(familyOf(ip)));
  if (mute !== undefined) return unknown(say, noAddressFor(loadBalancer.id, mute));
  const service = group === undefined ? NOBODY : on.inService(group);
  if (service.kind === 'unknown') return unknown(say, service.what);
  const { targets, out, failsOpen } = service;
  if (group === undefined || targets.length === 0) {
    const id = chosen?.id ?? targetGroups[0]?.id ?? '';
    const nobody = whyNobody(id, sum === 0, service);
    const cause = { kind: 'no-target', loadBalancer: loadBalancer.id, targetGroup: id, ...nobody.cause } as const;
    const answer = speaksHttp(listener) ? '503' : 'the connection is closed';
    say.step({ kind: 'drop', disposition: 'lb-error', cause }, answer, nobody.because, text);
    return { kind: 'response', status: 503, rule, error: true };
  }
  const equal = targets.map(({ ip, port }) => ({ p: 1 / targets.length, label: showTarget(ip, port) }));
  const target = targets[choose(on, say, equal, group.id)];
  if (target === undefined) return unknown(say, `${group.id} has no such target`);
  const kept = request === undefined ? [] : stickinessOf(action, group, targets.length);
  for (const { keeps, cookie } of request === undefined ? [] : broughtBack(kept, request))
    on.assumptions.add(
      `the request brings ${cookie}, which only ${loadBalancer.id} can read: each ${keeps === 'target' ? 'target' : 'target group'} is taken to be as likely as without it`,
    );
  const among = targets.length === 1 ? '' : `1 of ${targets.length} targets of `;
  const of = group.origin?.by ?? group.id;
  const told = `to ${showTarget(target.ip, target.port)}, ${among}${of}`;
  const why = `a connection of its own, from this node of ${loadBalancer.id}`;
  const unfit = out.length === 0 ? {} : { unhealthy: out, failsOpen };
  const sticky = kept.length === 0 ? {} : { sticky: kept };
  say.step({ kind: 'fabric', what: 'load-balancer', ...unfit, ...sticky }, told, why, group.id, of);
  return { kind: 'forward', target, rule };
}

/** AWS has no such group: its targets are of a family that the load balancer has (ELBv2 API, CreateTargetGroup, IpAddressType). */
const noAddressFor = (id: string, { ip, port }: Target): string =>
  `this node of ${id} has no IPv${familyOf(ip)} address from which to call target ${showTarget(ip, port)}`;

/** Why a group has nobody to send to. */
function whyNobody(
  id: string,
  weightless: boolean,
  { missing, out }: Extract<InService, { kind: 'known' }>,
): { readonly cause: Partial<Extract<DropCause, { kind: 'no-target' }>>; readonly because: string } {
  if (weightless) return { cause: { weightless }, because: 'no target group of the rule has a weight above 0' };
  if (out.length > 0) {
    const [first] = out;
    const more = out.length === 1 ? '' : ` and ${out.length - 1} more`;
    const because = `no target of ${id} is healthy: ${first?.target} (${first?.because})${more}`;
    return { cause: { unhealthy: true }, because };
  }
  const why = missing.unregistered === undefined ? '' : `: ${missing.unregistered}`;
  return { cause: missing, because: `${id} has no target to send to${why}` };
}

/** The first line a target reads of a client's connection, where its group wants one (haproxy, proxy-protocol.txt, 2.1). */
export function proxyLine(
  { rules }: Listener,
  targetGroup: Serving['targetGroup'],
  { family, src, dst, sport, dport }: Headers,
): string | undefined {
  const action = rules.at(-1)?.action;
  const group = action?.kind === 'forward' ? targetGroup(action.targetGroups[0]?.id ?? '') : undefined;
  return group?.proxyProtocolV1 === true ? `PROXY TCP${family} ${src} ${dst} ${sport} ${dport}` : undefined;
}

/** It reads what is asked; the others pass octets on. */
export const speaksHttp = ({ protocol }: Pick<Listener, 'protocol'>): boolean =>
  protocol === 'HTTP' || protocol === 'HTTPS';

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
function wrongScheme(say: Sayer, { listener }: ListenerEnd, { scheme }: HttpRequest): Served {
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
  | Pick<Extract<Step, { kind: 'fabric' }>, 'kind' | 'what' | 'unhealthy' | 'failsOpen' | 'sticky'>
  | { readonly kind: 'answer' | 'unknown' }
  | Pick<Extract<Step, { kind: 'drop' }>, 'kind' | 'disposition' | 'cause'>
  | Pick<Extract<Step, { kind: 'choice' }>, 'kind' | 'taken' | 'of'>;

interface Sayer {
  step(own: Own, action: string, because: string, text: string, by?: string): void;
}

function sayer({ record, plane }: Serving, headers: Headers, id: string): Sayer {
  return {
    step(own, action, because, text, by) {
      if (record === undefined) return;
      const artefact = { file: 'fabric.json' };
      const evidence = { plane, artefact, text: `${id}: ${text}`, ...(by === undefined ? {} : { by }) };
      record({ ...own, action, because, evidence, before: headers, after: headers });
    },
  };
}

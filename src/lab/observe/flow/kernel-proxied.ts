import { forwardedFor, matchRule, standInLookup, type Target } from '../../../fabric/index.ts';
import { familyOf } from '../../../net/index.ts';
import type { Headers, Hop, HttpRequest, Probe, RoundTrip, Step, Trace } from '../../../trace/index.ts';
import {
  addSteps,
  joinHops,
  type ListenerEnd,
  proxyLine,
  type Served,
  serve,
  speaksHttp,
  type World,
} from '../../../world/index.ts';
import { type BalancerNode, balancerAt, servingAt } from '../../plan/index.ts';
import type { Watched } from '../observer.ts';
import type { HealthChecks, Observe } from './check-targets.ts';
import { kernelRoundTrip } from './kernel-round-trip.ts';
import type { LabView } from './lab-view.ts';
import type { ObservedFlow } from './observe-flow.ts';

/** What a request to a proxy is observed with. */
export interface ProxyObserver {
  readonly world: World;
  readonly view: LabView;
  readonly health: HealthChecks;
  readonly observe: Observe;
  /** The same for a health check, whose answer is not waited for as long. */
  readonly check: Observe;
  /** Chance is this process's: from 0 to 1. */
  readonly random: () => number;
}

interface AtProxy {
  readonly at: Watched;
  readonly node: BalancerNode;
  readonly end: ListenerEnd;
  /** The packet that opened the client's connection, as the proxy has it. */
  readonly opened: Headers;
}

/**
 * A request to a proxy, or a connection to one that reads none, as two connections, each a flow of its own on the kernel: the client's, and the one the proxy makes to the
 * target it chooses, told as one round trip as the model tells it. `first` is the client's, open.
 */
export async function kernelProxied(
  on: ProxyObserver,
  request: HttpRequest | undefined,
  first: RoundTrip,
  flow: ObservedFlow,
): Promise<RoundTrip> {
  const proxy = proxyBehind(on, flow);
  if (proxy === undefined || first.disposition !== 'delivered') return first;
  if (request === undefined && speaksHttp(proxy.end.listener)) return first;
  const steps: Step[] = [];
  const served = await decide(on, proxy, request, steps);
  const second = served.kind === 'forward' ? await connect(on, proxy, served.target) : undefined;
  return joined(proxy, request, { first, second, served, steps });
}

function proxyBehind({ world, view }: ProxyObserver, { legs }: ObservedFlow): AtProxy | undefined {
  const last = legs?.forward.stays.at(-1);
  const node = last === undefined ? undefined : balancerAt(world.fabric, view.planned(last.at)?.label ?? '');
  const listener = node?.loadBalancer.listeners.find(({ port }) => port === last?.headers.dport);
  if (last === undefined || node === undefined || node.loadBalancer.type === 'network' || listener === undefined)
    return undefined;
  return { at: last.at, node, end: { loadBalancer: node.loadBalancer, listener }, opened: last.headers };
}

async function decide(
  on: ProxyObserver,
  proxy: AtProxy,
  request: HttpRequest | undefined,
  steps: Step[],
): Promise<Served> {
  const { node, end, opened, at } = proxy;
  const standIn = standInLookup(on.world.fabric);
  const rule =
    request === undefined
      ? end.listener.rules.at(-1)
      : matchRule(end.listener, request, { ip: opened.src, standIn: standIn(opened.src) })?.rule;
  const met = rule?.action;
  const asked = met?.kind === 'forward' ? met.targetGroups.map(({ id }) => id) : [];
  const healthy = await on.health.inService(at, node, asked, on.check);
  const inUse = (g: number, t: number): boolean => {
    const target = node.groups[g]?.targets[t];
    return target !== undefined && healthy.has(target);
  };
  const record = (step: Step): void => void steps.push(step);
  return serve({ ...servingAt(node, inUse, on.random), standIn, record }, end, opened, request);
}

async function connect(
  { world, view, observe }: ProxyObserver,
  { at, node }: AtProxy,
  { ip, port }: Target,
): Promise<RoundTrip> {
  const src = node.eni.addresses.find((address) => familyOf(address) === familyOf(ip));
  const own = src === undefined ? {} : { src };
  const probe: Probe = { from: node.label, ...own, dst: ip, dport: port, protocol: 'tcp' };
  return kernelRoundTrip(world, view, probe, await observe(at, probe));
}

interface Parts {
  readonly first: RoundTrip;
  readonly second: RoundTrip | undefined;
  readonly served: Served;
  readonly steps: readonly Step[];
}

function joined(proxy: AtProxy, request: HttpRequest | undefined, { first, second, served, steps }: Parts): RoundTrip {
  const { loadBalancer } = proxy.end;
  const near = addSteps(first.forward.hops, steps);
  const outcome = outcomeOf(served, second);
  const told = toldOf(proxy, request);
  const { disposition, status, rule } = outcome;
  const passed = second?.diedAt?.leg === 'followUp' ? second.forward.disposition : disposition;
  const forward = { probability: 1, disposition: passed, hops: joinHops(near, second?.forward.hops ?? []) };
  return {
    ...withoutFollowUp(first),
    disposition,
    diedAt: diedAt(served, second, near, first.followUp?.hops ?? []),
    farEnd: second === undefined ? first.farEnd : { ...second.farEnd, ...told },
    http: status === undefined || request === undefined ? null : { status, answeredBy: `lb/${loadBalancer.id}`, rule },
    forward,
    reply: replyOf(first, second),
    ...followUpOf(first, second),
    assumptions: [...new Set([...first.assumptions, ...(second?.assumptions ?? [])])],
    unknowns: [...first.unknowns, ...(second?.unknowns ?? []), ...(served.kind === 'unknown' ? [served.what] : [])],
  };
}

/** Of the client: in HTTP a header, else at most the line of the PROXY protocol. */
function toldOf({ node, end, opened }: AtProxy, request: HttpRequest | undefined): Partial<RoundTrip['farEnd']> {
  const { loadBalancer, listener } = end;
  const peer = { ip: opened.src, port: opened.sport ?? 0 };
  if (request !== undefined) return { forwardedFor: forwardedFor(loadBalancer, request, peer) };
  const line = proxyLine(listener, (id) => node.groups.find(({ group }) => group.id === id)?.group, opened);
  return line === undefined ? {} : { proxyProtocol: line };
}

const withoutFollowUp = ({ followUp: _, ...rest }: RoundTrip): RoundTrip => rest;

/** ALB guide, troubleshooting: 502 where a target, or an ICMP error, refuses the connection; 504 where it does not come to be. */
function outcomeOf(
  served: Served,
  second: RoundTrip | undefined,
): Pick<RoundTrip, 'disposition'> & { readonly status: number | undefined; readonly rule: number } {
  if (served.kind === 'unknown') return { disposition: 'unknown', status: undefined, rule: 0 };
  const { rule } = served;
  if (served.kind === 'response')
    return { disposition: served.error ? 'lb-error' : 'answered', status: served.status, rule };
  const disposition = second?.disposition ?? 'unknown';
  if (disposition === 'delivered' || disposition === 'unknown') return { disposition, status: undefined, rule };
  const told = second?.diedAt?.leg === 'forward' && second.reply !== null;
  return { disposition: 'lb-error', status: told ? 502 : 504, rule };
}

function replyOf(first: RoundTrip, second: RoundTrip | undefined): Trace | null {
  if (second?.reply == null) return first.reply;
  if (second.diedAt?.leg === 'reply') return second.reply;
  const disposition = first.reply?.disposition ?? second.reply.disposition;
  return { ...second.reply, disposition, hops: joinHops(second.reply.hops, first.reply?.hops ?? []) };
}

/** The packets after the first of both connections; none where the second did not come to be. */
function followUpOf({ followUp }: RoundTrip, second: RoundTrip | undefined): Pick<RoundTrip, 'followUp'> {
  if (followUp === undefined) return {};
  if (second === undefined) return { followUp };
  if (second.followUp === undefined) return {};
  return { followUp: { ...second.followUp, hops: joinHops(followUp.hops, second.followUp.hops) } };
}

function diedAt(
  served: Served,
  second: RoundTrip | undefined,
  near: readonly Hop[],
  nearLater: readonly Hop[],
): RoundTrip['diedAt'] {
  const last = near.at(-1)?.steps.length ?? 0;
  if (second === undefined) {
    if (served.kind === 'response' && !served.error) return null;
    return { leg: 'forward', hop: Math.max(0, near.length - 1), step: Math.max(0, last - 1) };
  }
  const at = second.diedAt;
  if (at === null || at.leg === 'reply') return at;
  const before = at.leg === 'followUp' ? nearLater : near;
  const steps = before.at(-1)?.steps.length ?? 0;
  return { leg: at.leg, hop: at.hop + before.length - 1, step: at.hop === 0 ? at.step + steps : at.step };
}

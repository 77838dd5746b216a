import { fraction } from '../../../base/index.ts';
import { type HealthCheck, statusMatches, type Target, type TargetGroup } from '../../../fabric/index.ts';
import type { NetnsId } from '../../../linux/index.ts';
import { familyOf } from '../../../net/index.ts';
import type { Disposition, Place } from '../../../trace/index.ts';
import { type Dice, httpStatusAt, type World } from '../../../world/index.ts';
import type { Start } from '../../cross.ts';
import { type Branch, enumerate } from '../../dice.ts';
import type { Packet } from '../../packet.ts';
import { createSessionState, type SessionState } from '../../session-state.ts';
import type { Walk } from '../../types.ts';
import { fromNode } from './from-node.ts';
import type { CheckTarget, LoadBalancerNode, TargetHealth } from './health-types.ts';

/** One packet walked to its end; what a check needs of it. */
export type WalkOne = (input: {
  readonly state: SessionState;
  readonly start: Start;
  readonly walk: Omit<Walk, 'record' | 'resolves'>;
  readonly detail: 'verdict-only';
}) => {
  readonly disposition: Disposition;
  readonly because: string;
  readonly where: Place;
  readonly netns: NetnsId | undefined;
  readonly device: string | undefined;
  readonly answer: Start | undefined;
  /** As it ended. */
  readonly packet: Packet;
  readonly unknowns?: readonly string[];
};

const known = new WeakMap<World, Map<string, TargetHealth>>();

/**
 * Health checks of a World, each made when its outcome is first asked for. A check is a connection from the node's own
 * address to the target's health port and back, through state nobody else has touched; of HTTP the status decides where it
 * is known. A node goes by its own checks: where zones differ, AWS's nodes may agree on either (NLB user guide, health checks).
 */
export function healthChecks(world: World, walk: WalkOne): CheckTarget {
  const results = known.get(world) ?? new Map<string, TargetHealth>();
  known.set(world, results);
  return (node, group, target) => {
    const key = `${node.eni.id} ${group.id} ${target.ip} ${target.port}`;
    const had = results.get(key);
    if (had !== undefined) return had;
    const { branches, untried } = enumerate(
      (dice) => check({ world, walk, dice }, node, group, target),
      mostWays(group),
    );
    const health = settle(branches, untried);
    results.set(key, health);
    return health;
  };
}

/** Ways of one check that are walked, and of those of all targets of a group: a node of a Cluster policy has one for each endpoint. */
const MAX_WAYS = 256;
const MIN_WAYS = 16;
const WAYS_OF_GROUP = 25_600;

const mostWays = ({ targets }: TargetGroup): number =>
  Math.min(MAX_WAYS, Math.max(MIN_WAYS, Math.floor(WAYS_OF_GROUP / Math.max(1, targets.length))));

/** Checks follow each other: where chance decides how one goes, the target is now in and now out, and no single one says which. */
function settle(branches: readonly Branch<TargetHealth>[], untried: number): TargetHealth {
  const unknown = branches.find(({ result }) => result.kind === 'unknown');
  if (unknown !== undefined) return unknown.result;
  const failing = branches.filter(({ result }) => result.kind === 'unhealthy');
  const [first] = branches;
  const [failed] = failing;
  if (first === undefined) throw new RangeError('A health check was walked in no way at all');
  if (failed?.result.kind === 'unhealthy' && failing.length < branches.length) {
    const odds = failing.reduce((sum, { probability }) => sum + probability, 0);
    return { kind: 'unknown', what: `it flaps, ${fraction(odds)} of its checks fail: ${failed.result.because}` };
  }
  const { result } = first;
  if (untried === 0 || result.kind !== 'healthy') return result;
  const rest = `of the ways health checks of a target can go, ${branches.length} were walked, and those of weight ${untried.toPrecision(3)} in all taken to go alike`;
  return { kind: 'healthy', assumed: result.assumed === undefined ? rest : `${result.assumed}; ${rest}` };
}

/** What a node's own ports are drawn from; any will do as long as nobody decides by it. */
const CHECK_PORTS = { first: 1024, last: 65_535, prefer: 40_000 } as const;
const CHECK_TTL = 64;
const SYN_LENGTH = { 4: 60, 6: 80 } as const;

interface Checking {
  readonly world: World;
  readonly walk: WalkOne;
  readonly dice: Dice;
}

function check(
  { world, walk, dice }: Checking,
  node: LoadBalancerNode,
  group: TargetGroup,
  target: Target,
): TargetHealth {
  if (group.targetType === 'alb')
    return { kind: 'healthy', assumed: `load balancer ${target.id} is taken to pass its health check` };
  const sport = dice.port(CHECK_PORTS.first, CHECK_PORTS.last, { prefer: CHECK_PORTS.prefer });
  const syn = synTo(node, group.healthCheck, target, sport);
  if (syn === undefined) return { kind: 'unhealthy', because: `the node has no address of the family of ${target.ip}` };
  const state = createSessionState(world);
  state.flows.expect(syn);
  const { loadBalancer } = node;
  const from = fromNode(node, syn);
  const chance = { dice, now: 0, assumptions: new Set<string>() };
  const one = (start: Start): ReturnType<WalkOne> => walk({ state, start, walk: chance, detail: 'verdict-only' });
  const there = one({ kind: 'fabric', from, packet: syn });
  const port = group.healthCheck.port === 'traffic-port' ? target.port : group.healthCheck.port;
  const what = `${group.healthCheck.protocol} check of port ${port}`;
  if (there.disposition === 'unknown') return { kind: 'unknown', what: `${what}: ${there.because}` };
  if (there.disposition !== 'delivered') return { kind: 'unhealthy', because: `${what}: ${told(there)}` };
  const back = there.answer === undefined ? undefined : one(there.answer);
  if (back?.disposition === 'unknown') return { kind: 'unknown', what: `${what}: ${back.because}` };
  if (back === undefined || back.device !== `lb/${loadBalancer.id}`)
    return {
      kind: 'unhealthy',
      because: `${what}: its answer does not come back${back === undefined ? '' : `: ${told(back)}`}`,
    };
  return group.healthCheck.protocol === 'TCP' ? HEALTHY : byStatus(world, group, what, there);
}

const HEALTHY: TargetHealth = { kind: 'healthy' };

const told = ({ disposition, because, where }: ReturnType<WalkOne>): string =>
  `${disposition} at ${where.kind}/${where.name}${because === '' ? '' : `: ${because}`}`;

function byStatus(
  world: World,
  { healthCheck, proxyProtocolV2 }: TargetGroup,
  what: string,
  { netns, packet: { l4 } }: ReturnType<WalkOne>,
): TargetHealth {
  // A node port is translated on the way: what answers is a program behind it, on a port of its own.
  const port = l4.kind === 'tcp' ? l4.dport : 0;
  const status = netns === undefined ? undefined : httpStatusAt(world, netns, port);
  if (status === undefined) {
    const assumed = `what listens on port ${port} of ${netns ?? 'a target'} is taken to answer GET ${healthCheck.path} with a healthy status`;
    return { kind: 'healthy', assumed };
  }
  // The check begins with the header too (NLB user guide, proxy protocol), and this server reads it as a bad request.
  if (proxyProtocolV2)
    return {
      kind: 'unhealthy',
      because: `${what}: the server there does not speak the PROXY protocol and answers 400`,
    };
  return statusMatches(healthCheck.matcher, status)
    ? HEALTHY
    : { kind: 'unhealthy', because: `${what}: ${healthCheck.path} answers ${status}, not ${healthCheck.matcher}` };
}

function synTo({ eni }: LoadBalancerNode, { port }: HealthCheck, target: Target, sport: number): Packet | undefined {
  const family = familyOf(target.ip);
  const src = eni.addresses.find((address) => familyOf(address) === family);
  if (src === undefined) return undefined;
  const dport = port === 'traffic-port' ? target.port : port;
  return {
    family,
    src,
    dst: target.ip,
    protocol: 'tcp',
    ttl: CHECK_TTL,
    tos: 0,
    length: SYN_LENGTH[family],
    df: true,
    l4: { kind: 'tcp', sport, dport, flags: ['SYN'] },
  };
}

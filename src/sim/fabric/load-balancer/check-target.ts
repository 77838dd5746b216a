import { type HealthCheck, statusMatches, type Target, type TargetGroup } from '../../../fabric/index.ts';
import type { NetnsId } from '../../../linux/index.ts';
import { familyOf } from '../../../net/index.ts';
import type { Disposition, Place } from '../../../trace/index.ts';
import { httpStatusAt, type World } from '../../../world/index.ts';
import type { Start } from '../../cross.ts';
import { firstDice } from '../../dice.ts';
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
    const health = check(world, walk, node, group, target);
    results.set(key, health);
    return health;
  };
}

/** Any port of the node's own will do. */
const CHECK_PORT = 40_000;
const CHECK_TTL = 64;
const SYN_LENGTH = { 4: 60, 6: 80 } as const;

function check(world: World, walk: WalkOne, node: LoadBalancerNode, group: TargetGroup, target: Target): TargetHealth {
  if (group.targetType === 'alb')
    return { kind: 'healthy', assumed: `load balancer ${target.id} is taken to pass its health check` };
  const syn = synTo(node, group.healthCheck, target);
  if (syn === undefined) return { kind: 'unhealthy', because: `the node has no address of the family of ${target.ip}` };
  const state = createSessionState(world);
  state.flows.expect(syn);
  const { loadBalancer } = node;
  const from = fromNode(node, syn);
  const chance = { dice: firstDice(), now: 0, assumptions: new Set<string>() };
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

function synTo({ eni }: LoadBalancerNode, { port }: HealthCheck, target: Target): Packet | undefined {
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
    l4: { kind: 'tcp', sport: CHECK_PORT, dport, flags: ['SYN'] },
  };
}

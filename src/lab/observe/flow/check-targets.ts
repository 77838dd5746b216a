import { statusMatches, type Target, type TargetGroup } from '../../../fabric/index.ts';
import { familyOf } from '../../../net/index.ts';
import type { Probe } from '../../../trace/index.ts';
import { httpStatusAt, type World } from '../../../world/index.ts';
import { withNetns } from '../../exec/ffi/index.ts';
import { runTool } from '../../exec/run-tool.ts';
import { type BalancerNode, balancerAt, useTargets } from '../../plan/index.ts';
import type { Watched } from '../observer.ts';
import { readRuleBook, readWhenAsked } from '../rule-book.ts';
import type { LabView } from './lab-view.ts';
import type { ObservedFlow } from './observe-flow.ts';

/** Sends a probe and reads what became of it. */
export type Observe = (sender: Watched, probe: Probe) => Promise<ObservedFlow>;

/** A node of a load balancer, in a lab under observation. */
interface Checked {
  readonly at: Watched;
  readonly node: BalancerNode;
}

/**
 * Health checks where no program serves the lab: each is a connection of the node's own, and the kernel tells whether it came
 * to be; the status a program would answer with is known of those the model knows. Made when a flow first meets a node.
 */
export class HealthChecks {
  readonly #world: World;
  readonly #view: LabView;
  readonly #checked = new Set<Watched>();
  readonly #proxied = new Map<string, boolean>();

  constructor(world: World, view: LabView) {
    this.#world = world;
    this.#view = view;
  }

  /** True when a flow met nodes nobody had checked the targets of: it is to be sent again. */
  async settle({ legs }: ObservedFlow, observe: Observe): Promise<boolean> {
    const met = this.#met(legs);
    for (const { at, node } of met) await this.#check(at, node, observe);
    return met.length > 0;
  }

  #met(legs: ObservedFlow['legs']): readonly Checked[] {
    const met = new Set((legs?.forward.stays ?? []).map(({ at }) => at));
    return [...met].flatMap((at) => {
      const label = this.#view.planned(at)?.label ?? '';
      const node = this.#checked.has(at) ? undefined : balancerAt(this.#world.fabric, label);
      return node?.loadBalancer.type === 'network' ? [{ at, node }] : [];
    });
  }

  async #check(at: Watched, node: BalancerNode, observe: Observe): Promise<void> {
    this.#checked.add(at);
    const out = new Set<Target>();
    for (const { group, targets } of node.groups) {
      // One alone is used, healthy or not; that a load balancer passes its check is taken for granted.
      if (targets.length < 2 || group.targetType === 'alb') continue;
      for (const target of targets) if (!(await this.#isHealthy(at, node, group, target, observe))) out.add(target);
    }
    if (out.size === 0) return;
    const input = useTargets(node, (g, t) => !out.has(node.groups[g]?.targets[t] as Target)); // both are places in the list
    const run = withNetns(at.fd, () => runTool(['nft', '-f', '-'], input));
    if (run.status !== 0) throw new Error(`Cannot tell ${node.label} which targets to use: ${run.stderr}`);
    at.rules = readWhenAsked(() => readRuleBook(at.fd));
  }

  /** The targets of some groups that a proxy sends requests to, as its own checks find them. */
  async inService(
    at: Watched,
    node: BalancerNode,
    groups: readonly string[],
    observe: Observe,
  ): Promise<ReadonlySet<Target>> {
    const healthy = new Set<Target>();
    for (const { group, targets } of node.groups) {
      if (!groups.includes(group.id)) continue;
      for (const target of targets) {
        const key = `${node.label} ${group.id} ${target.ip} ${target.port}`;
        const known = this.#proxied.get(key) ?? (await this.#isHealthy(at, node, group, target, observe));
        this.#proxied.set(key, known);
        if (known) healthy.add(target);
      }
    }
    return healthy;
  }

  async #isHealthy(
    at: Watched,
    { eni, label }: BalancerNode,
    { healthCheck, proxyProtocolV2 }: TargetGroup,
    target: Target,
    observe: Observe,
  ): Promise<boolean> {
    const dport = healthCheck.port === 'traffic-port' ? target.port : healthCheck.port;
    const src = eni.addresses.find((address) => familyOf(address) === familyOf(target.ip));
    if (src === undefined) return false;
    const { heard, legs } = await observe(at, { from: label, src, dst: target.ip, dport, protocol: 'tcp' });
    if (heard !== 'answer') return false;
    const last = legs?.forward.stays.at(-1);
    const netns = last === undefined ? undefined : this.#view.planned(last.at)?.id;
    const status =
      healthCheck.protocol === 'TCP' || netns === undefined ? undefined : httpStatusAt(this.#world, netns, dport);
    return status === undefined || (!proxyProtocolV2 && statusMatches(healthCheck.matcher, status));
  }
}

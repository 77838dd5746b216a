import { showTarget, type Target } from '../../../fabric/index.ts';
import { familyOf } from '../../../net/index.ts';
import type { World } from '../../../world/index.ts';
import { type NetnsHandle, withNetns } from '../../exec/ffi/index.ts';
import { runTool } from '../../exec/run-tool.ts';
import { type BalancerNode, balancerNodes, useTargets } from '../../plan/index.ts';
import { type CheckResult, checkTarget } from './check-target.ts';

/** A target as a node finds it. */
export interface TargetReport extends CheckResult {
  /** `lb/NAME@ZONE` */
  readonly node: string;
  readonly group: string;
  readonly target: string;
}

/** What the nodes of a lab's load balancers know of their targets. */
export interface TargetWatch {
  readonly reports: readonly TargetReport[];
  /** Whether a node sends new flows to a target. */
  inUse(node: BalancerNode, group: number, target: number): boolean;
  /** Checks every target once, and makes the nodes use those that pass. */
  round(): Promise<void>;
  close(): void;
}

const PAUSE = 5000;
const AT_ONCE = 128;

interface Check {
  readonly node: BalancerNode;
  readonly netns: NetnsHandle;
  readonly group: number;
  readonly target: number;
  readonly key: string;
}

/**
 * Health checks from the nodes' own namespaces, every few seconds. One that fails takes a target out and one that passes brings it
 * back: no threshold is waited for. `told` hears of every round.
 */
export function watchTargets(
  { fabric }: Pick<World, 'fabric'>,
  openNetns: (label: string) => NetnsHandle | undefined,
  told: (reports: readonly TargetReport[]) => void,
): TargetWatch {
  const nodes = balancerNodes(fabric);
  const checks = nodes.flatMap((node) => checksOf(node, openNetns(node.label)));
  const results = new Map<string, CheckResult>();
  const inUse = (node: BalancerNode, group: number, target: number): boolean =>
    results.get(keyOf(node, group, target))?.healthy !== false;
  const check = async (each: Check): Promise<void> => void results.set(each.key, await run(each));
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const watch = {
    get reports(): readonly TargetReport[] {
      return checks.map(({ node, group, target, key }) => reportOf(node, group, target, results.get(key) ?? UNCHECKED));
    },
    inUse,
    async round(): Promise<void> {
      const before = new Map(results);
      try {
        for (let from = 0; from < checks.length; from += AT_ONCE)
          await Promise.all(checks.slice(from, from + AT_ONCE).map(check));
        if (closed) return;
        for (const node of changed(checks, before, results)) use(node, openNetns(node.label), inUse);
        told(watch.reports);
      } finally {
        // A round that fails is made up for by the next one.
        if (!closed && checks.length > 0)
          timer = setTimeout(() => void watch.round().catch(() => undefined), PAUSE).unref();
      }
    },
    close(): void {
      closed = true;
      clearTimeout(timer);
    },
  };
  return watch;
}

const UNCHECKED: CheckResult = { healthy: true, because: '' };

const keyOf = ({ label }: BalancerNode, group: number, target: number): string => `${label} ${group} ${target}`;

function checksOf(node: BalancerNode, netns: NetnsHandle | undefined): readonly Check[] {
  if (netns === undefined) return [];
  return node.groups.flatMap(({ targets }, group) =>
    targets.map((_, target) => ({ node, netns, group, target, key: keyOf(node, group, target) })),
  );
}

async function run({ node, netns, group: g, target: t }: Check): Promise<CheckResult> {
  const { group, targets } = node.groups[g] ?? {};
  const target: Target | undefined = targets?.[t];
  if (group === undefined || target === undefined || group.targetType === 'alb') return UNCHECKED;
  const from = node.eni.addresses.find((address) => familyOf(address) === familyOf(target.ip));
  if (from === undefined) return { healthy: false, because: `the node has no address of the family of ${target.ip}` };
  return checkTarget(netns, from, group, target);
}

function reportOf(node: BalancerNode, g: number, t: number, result: CheckResult): TargetReport {
  const { group, targets } = node.groups[g] ?? {};
  const target = targets?.[t];
  return {
    node: node.label,
    group: group?.id ?? '',
    target: target === undefined ? '' : showTarget(target),
    ...result,
  };
}

/** Nodes that are to use other targets than before. */
const changed = (
  checks: readonly Check[],
  before: ReadonlyMap<string, CheckResult>,
  now: ReadonlyMap<string, CheckResult>,
): ReadonlySet<BalancerNode> =>
  new Set(
    checks
      .filter(({ key }) => (before.get(key)?.healthy ?? true) !== (now.get(key)?.healthy ?? true))
      .map(({ node }) => node),
  );

function use(node: BalancerNode, netns: NetnsHandle | undefined, inUse: TargetWatch['inUse']): void {
  if (netns === undefined || node.loadBalancer.type !== 'network') return;
  const input = useTargets(node, (group, target) => inUse(node, group, target));
  const run = withNetns(netns, () => runTool(['nft', '-f', '-'], input));
  if (run.status !== 0) throw new Error(`Cannot tell ${node.label} which targets to use: ${run.stderr}`);
}

import type { LabPlan, PlanStep } from '../types.ts';

/**
 * A plan for namespaces that are new, without the settings that stand in each of them from the start: most of what a World
 * says of one, and to write one is a file of its own. `untouched` is what a namespace nobody touched has.
 */
export function withoutUntouched(plan: LabPlan, untouched: ReadonlyMap<string, string>): LabPlan {
  const written = new Map<string, Set<string>>();
  const stepsOf = (step: PlanStep): readonly PlanStep[] => {
    if (step.kind !== 'sysctl') return [step];
    const names = written.get(step.netns) ?? new Set();
    written.set(step.netns, names);
    const values = step.values.filter(([name, value]) => {
      if (untouched.get(name) === value && !isOverwritten(name, names)) return false;
      names.add(name);
      return true;
    });
    return values.length === 0 ? [] : [{ ...step, values }];
  };
  return { ...plan, phases: plan.phases.map(({ title, steps }) => ({ title, steps: steps.flatMap(stepsOf) })) };
}

export const settingsOf = (plan: LabPlan): readonly string[] => [
  ...new Set(
    plan.phases.flatMap(({ steps }) =>
      steps.flatMap((step) => (step.kind === 'sysctl' ? step.values.map(([name]) => name) : [])),
    ),
  ),
];

/**
 * Whether one of the settings written before has overwritten it: `all` and `default` may overwrite those of devices that
 * have none of their own (net/ipv4/devinet.c devinet_copy_dflt_conf, net/ipv6/addrconf.c), and to turn forwarding on turns
 * redirects off (inet_forward_change).
 */
function isOverwritten(name: string, written: ReadonlySet<string>): boolean {
  const [, family, dev, key] = /^net\.(ipv[46])\.conf\.([^.]+)\.(.+)$/.exec(name) ?? [];
  if (dev === undefined) return false;
  const wrote = (of: string, what = key): boolean => written.has(`net.${family}.conf.${of}.${what}`);
  const forwards = (): boolean => wrote('all', 'forwarding') || written.has('net.ipv4.ip_forward');
  if (dev === 'all') return (key === 'accept_redirects' || key === 'forwarding') && forwards();
  return wrote('all') || (dev !== 'default' && wrote('default')) || (key === 'forwarding' && forwards());
}

import type { ListenerAction, ListenerCondition, ListenerRule } from '../../fabric/index.ts';
import { SAME } from './actions.ts';
import type { ListenProtocol } from './listen-ports.ts';

export type Rule = Omit<ListenerRule, 'priority'>;
type Redirect = Extract<ListenerAction, { kind: 'redirect' }>;

/**
 * What the controller leaves out of a listener (rule_optimizer.go): redirects that lead back to themselves, then every
 * rule that an earlier redirect covers. No other action is taken to cover anything.
 */
export function optimizeRules(port: number, protocol: ListenProtocol, rules: readonly Rule[]): readonly Rule[] {
  const kept: Rule[] = [];
  for (const rule of rules) {
    if (rule.action.kind === 'redirect' && leadsBack(rule.action, rule.conditions, port, protocol)) continue;
    const shadowed = kept.some(
      (earlier) => earlier.action.kind === 'redirect' && covers(earlier.conditions, rule.conditions),
    );
    if (!shadowed) kept.push(rule);
  }
  return kept;
}

/** isInfiniteRedirectRule: every part is kept, or is what the rule matched by. */
function leadsBack(to: Redirect, conditions: readonly ListenerCondition[], port: number, protocol: string): boolean {
  return (
    (to.host === SAME.host || valuesOf(conditions, 'host-header').has(to.host)) &&
    (to.path === SAME.path || valuesOf(conditions, 'path-pattern').has(to.path)) &&
    (to.port === SAME.port || to.port === String(port)) &&
    (to.protocol === SAME.protocol || to.protocol === protocol) &&
    to.query === SAME.query
  );
}

/** isSupersetConditions: by the sets of hosts and paths alone. */
function covers(wide: readonly ListenerCondition[], narrow: readonly ListenerCondition[]): boolean {
  if (wide.some(({ field }) => field !== 'host-header' && field !== 'path-pattern')) return false;
  const hosts = valuesOf(wide, 'host-header');
  const paths = valuesOf(wide, 'path-pattern');
  return (
    (hosts.size === 0 || isPart(valuesOf(narrow, 'host-header'), hosts)) &&
    (paths.size === 0 || paths.has('/*') || isPart(valuesOf(narrow, 'path-pattern'), paths))
  );
}

const isPart = (part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean =>
  part.size > 0 && [...part].every((value) => whole.has(value));

const valuesOf = (
  conditions: readonly ListenerCondition[],
  field: 'host-header' | 'path-pattern',
): ReadonlySet<string> => new Set(conditions.flatMap((each) => (each.field === field ? each.values : [])));

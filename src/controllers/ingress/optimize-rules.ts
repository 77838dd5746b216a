import type { ListenerAction, ListenerCondition, ListenerRule } from '../../fabric/index.ts';
import { type BackendActions, SAME } from './actions.ts';
import type { ListenProtocol } from './listen-ports.ts';

export interface Rule extends Omit<ListenerRule, 'priority' | 'action'> {
  readonly actions: BackendActions;
}
type Redirect = Extract<ListenerAction, { kind: 'redirect' }>;

/**
 * What the controller leaves out of a listener (rule_optimizer.go): redirects that lead back to themselves, then every
 * rule that an earlier redirect covers. No other action is taken to cover anything; a redirect is one behind an identity
 * provider too (findRedirectActionConfig).
 */
export function optimizeRules(port: number, protocol: ListenProtocol, rules: readonly Rule[]): readonly Rule[] {
  const kept: Rule[] = [];
  for (const rule of rules) {
    const { last } = rule.actions;
    if (last.kind === 'redirect' && leadsBack(last, rule.conditions, port, protocol)) continue;
    const shadowed = kept.some(
      (earlier) => earlier.actions.last.kind === 'redirect' && covers(earlier.conditions, rule.conditions),
    );
    if (!shadowed) kept.push(rule);
  }
  return kept;
}

/** isInfiniteRedirectRule: every part is kept, or is what the rule matched by. It looks at no rule that has a regex path. */
function leadsBack(to: Redirect, conditions: readonly ListenerCondition[], port: number, protocol: string): boolean {
  return (
    conditions.every(({ field }) => field !== 'path-regex') &&
    (to.host === SAME.host || hostsOf(conditions).has(to.host)) &&
    (to.path === SAME.path || pathsOf(conditions).has(to.path)) &&
    (to.port === SAME.port || to.port === String(port)) &&
    (to.protocol === SAME.protocol || to.protocol === protocol) &&
    to.query === SAME.query
  );
}

/**
 * isSupersetConditions: by the sets of hosts and paths alone. A path is in the set as its text, a regex too; a regex of a
 * host is not, so a rule that has no other host is taken for one of every host.
 */
function covers(wide: readonly ListenerCondition[], narrow: readonly ListenerCondition[]): boolean {
  if (wide.some(({ field }) => !COMPARED.has(field))) return false;
  const hosts = hostsOf(wide);
  const paths = pathsOf(wide);
  return (
    (hosts.size === 0 || isPart(hostsOf(narrow), hosts)) &&
    (paths.size === 0 || paths.has('/*') || isPart(pathsOf(narrow), paths))
  );
}

const COMPARED: ReadonlySet<ListenerCondition['field']> = new Set([
  'host-header',
  'host-regex',
  'path-pattern',
  'path-regex',
]);

const isPart = (part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean =>
  part.size > 0 && [...part].every((value) => whole.has(value));

const hostsOf = (conditions: readonly ListenerCondition[]): ReadonlySet<string> =>
  new Set(conditions.flatMap((each) => (each.field === 'host-header' ? each.values : [])));

const pathsOf = (conditions: readonly ListenerCondition[]): ReadonlySet<string> =>
  new Set(
    conditions.flatMap((each) => (each.field === 'path-pattern' || each.field === 'path-regex' ? each.values : [])),
  );

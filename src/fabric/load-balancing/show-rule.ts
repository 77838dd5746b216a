import { assertNever } from '../../base/index.ts';
import type { Listener, ListenerAction, ListenerCondition, ListenerRule } from '../load-balancers.ts';

/** `HTTP:80 rule 2: host-header portal.example.com, path-pattern /order or /order/* → forward NAME` */
export function showListenerRule(listener: Listener, { priority, conditions, action }: ListenerRule): string {
  const name = priority === 'default' ? 'default rule' : `rule ${priority}`;
  const when = conditions.map(showCondition).join(', ');
  return `${listener.protocol}:${listener.port} ${name}${when === '' ? '' : `: ${when}`} → ${showAction(action)}`;
}

/** `rule 2, path-pattern /order or /order/*` */
export function showRuleMet({ priority, conditions }: ListenerRule): string {
  if (priority === 'default') return 'the default rule';
  return [`rule ${priority}`, ...conditions.map(showCondition)].join(', ');
}

function showCondition(condition: ListenerCondition): string {
  switch (condition.field) {
    case 'http-header':
    case 'http-header-regex':
      return `${condition.field} ${condition.name}: ${condition.values.join(' or ')}`;
    case 'query-string':
      return `query-string ${condition.values.map(({ key, value }) => (key === undefined ? value : `${key}=${value}`)).join(' or ')}`;
    case 'source-ip':
      return `source-ip ${condition.values.map(({ text }) => text).join(' or ')}`;
    case 'host-header':
    case 'path-pattern':
    case 'host-regex':
    case 'path-regex':
    case 'http-request-method':
      return `${condition.field} ${condition.values.join(' or ')}`;
    default:
      return assertNever(condition);
  }
}

function showAction(action: ListenerAction): string {
  switch (action.kind) {
    case 'forward':
      return `forward ${action.targetGroups.map(({ id, weight }) => (action.targetGroups.length === 1 ? id : `${id} (${weight})`)).join(', ')}`;
    case 'redirect':
      return `redirect ${action.statusCode}`;
    case 'fixed-response':
      return `fixed-response ${action.statusCode}`;
    case 'unmodelled':
      return action.what;
    default:
      return assertNever(action);
  }
}

import { dsfieldText, type IpRule, kernelRules, type Netns } from '../../../linux/index.ts';
import type { Family } from '../../../net/index.ts';
import type { Lines } from '../lines.ts';

/** Lines that make the list of rules the World's: what a new namespace has and the World lacks is deleted (fib_rules.c). */
export function planRules(netns: Netns, family: Family, lines: Lines): void {
  const wanted = netns.rules.filter((rule) => rule.family === family);
  const asked = new Set(wanted.map(keyOf));
  const made = kernelRules(family);
  for (const rule of made) if (!asked.has(keyOf(rule))) lines.add('rule', 'del', ...ruleWords(rule));
  const left = new Set(made.map(keyOf));
  for (const rule of wanted) {
    if (rule.unsupported !== undefined) {
      lines.gap(`rule ${rule.priority}: ${rule.unsupported}`, 'the selector is not modelled');
      continue;
    }
    if (!left.delete(keyOf(rule))) lines.add('rule', 'add', ...ruleWords(rule));
  }
}

const keyOf = (rule: IpRule): string => ruleWords(rule).join(' ');

/** A rule as `ip rule add` takes it (ip-rule(8)). */
export function ruleWords(rule: IpRule): readonly (string | number)[] {
  return [
    ...(rule.not ? ['not'] : []),
    'from',
    rule.src?.text ?? 'all',
    ...(rule.dst === undefined ? [] : ['to', rule.dst.text]),
    ...(rule.tos === undefined ? [] : ['tos', dsfieldText(rule.tos)]),
    ...(rule.fwmark === undefined ? [] : ['fwmark', `${hex(rule.fwmark)}/${hex(rule.fwmask ?? 0xffffffff)}`]),
    ...(rule.iif === undefined ? [] : ['iif', rule.iif]),
    ...(rule.oif === undefined ? [] : ['oif', rule.oif]),
    ...(rule.ipproto === undefined ? [] : ['ipproto', rule.ipproto]),
    ...(rule.sport === undefined ? [] : ['sport', rangeText(rule.sport)]),
    ...(rule.dport === undefined ? [] : ['dport', rangeText(rule.dport)]),
    'priority',
    rule.priority,
    ...(rule.protocol === undefined ? [] : ['protocol', rule.protocol]),
    ...actionWords(rule),
  ];
}

function actionWords({ action }: IpRule): readonly (string | number)[] {
  if (action.kind === 'goto') return ['goto', action.target];
  if (action.kind !== 'lookup') return [action.kind];
  const { suppressPrefixlength: length } = action;
  return ['lookup', action.table, ...(length === undefined ? [] : ['suppress_prefixlength', length])];
}

const rangeText = ({ from, to }: { readonly from: number; readonly to: number }): string =>
  from === to ? `${from}` : `${from}-${to}`;
const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;

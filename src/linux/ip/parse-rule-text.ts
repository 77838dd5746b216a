import { didYouMean, type Parsed } from '../../base/index.ts';
import { type Cidr, type Family, parseCidr } from '../../net/index.ts';
import { parseDsfield } from './dsfield.ts';
import { isTableName, parseTable } from './tables.ts';
import { eachLine, type Said, type TextForm, type Words } from './text-lines.ts';
import type { IpRule, RuleAction } from './types.ts';

/** `ip rule` (ip-rule(8)). The family follows from an address, else it is `family`. */
export function parseIpRuleText(
  text: string,
  file: string,
  family: Family = 4,
  form: TextForm = 'typed',
): Parsed<IpRule[]> {
  const unread = form === 'typed' ? undefined : (line: string) => unreadRule(line, family);
  return eachLine(text, file, 'rule', (words, fail) => readRule(words, family, fail), unread);
}

/** A rule that is asked in its turn, and whose selectors nobody can decide. */
function unreadRule(line: string, family: Family): IpRule | undefined {
  const [, priority, unsupported] = /^\s*(\d{1,10}):\s*(\S.*?)\s*$/.exec(line) ?? [];
  if (priority === undefined || unsupported === undefined) return undefined;
  return { priority: Number(priority), family, not: false, action: { kind: 'nop' }, unsupported };
}

/** A label no lookup reads: `realms 4/5`. */
const LABEL = 'realms';

interface DraftRule {
  not: boolean;
  src?: Cidr;
  dst?: Cidr;
  iif?: string;
  oif?: string;
  fwmark?: number;
  fwmask?: number;
  tos?: number;
  ipproto?: string;
  sport?: { from: number; to: number };
  dport?: { from: number; to: number };
  protocol?: string;
}

const NUMBER = /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i;
const RULE_WORDS = [
  'not',
  'from',
  'to',
  'fwmark',
  'iif',
  'oif',
  'tos',
  'ipproto',
  'sport',
  'dport',
  'lookup',
  'table',
  'goto',
  'pref',
  'priority',
  'proto',
];

function readRule(words: Words, given: Family, fail: Said): IpRule | undefined {
  const draft: DraftRule = { not: false };
  const unsupported: string[] = [];
  let priority: number | undefined;
  let action: RuleAction | undefined;
  let suppress: number | undefined;
  const prefix = /^(\d+):$/.exec(words.peek() ?? '');
  if (prefix !== null) {
    priority = Number(prefix[1]);
    words.next();
  }
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === 'not') draft.not = true;
    else if (word === '[unresolved]' || word === '[detached]') continue;
    else if (word === 'nop' || word === 'unreachable' || word === 'blackhole' || word === 'prohibit')
      action = { kind: word };
    else if (word === 'l3mdev') unsupported.push(word);
    else {
      const value = words.next();
      if (value === undefined) return fail(`Nothing follows "${word}"`);
      if (word === 'pref' || word === 'priority' || word === 'goto' || word === 'suppress_prefixlength') {
        if (!NUMBER.test(value)) return fail(`"${word} ${value}" is not a number`);
        if (word === 'goto') action = { kind: 'goto', target: Number(value) };
        else if (word === 'suppress_prefixlength') suppress = Number(value);
        else priority = Number(value);
      } else if (word === 'lookup' || word === 'table') {
        const table = parseTable(value);
        if (table !== undefined) action = { kind: 'lookup', table };
        else if (value === '[l3mdev-table]') unsupported.push('l3mdev');
        else if (isTableName(value)) unsupported.push(`lookup ${value}`);
        else return fail(`Unknown table "${value}"`);
      } else if (word === LABEL) continue;
      else if (word === 'uidrange' || word === 'tun_id' || word === 'suppress_ifgroup') {
        unsupported.push(`${word} ${value}`);
      } else if (!ruleWord(word, value, draft, fail)) return undefined;
    }
  }
  if (priority === undefined) return fail('Rule has no priority');
  if (action === undefined && unsupported.length === 0) return fail('Rule has no action');
  if (action?.kind === 'lookup' && suppress !== undefined) action = { ...action, suppressPrefixlength: suppress };
  return {
    priority,
    family: draft.src?.family ?? draft.dst?.family ?? given,
    ...draft,
    action: action ?? { kind: 'nop' },
    ...(unsupported.length === 0 ? {} : { unsupported: unsupported.join(' ') }),
  };
}

function ruleWord(word: string, value: string, draft: DraftRule, fail: Said): boolean {
  const wrong = (): false => {
    fail(`Cannot read "${word} ${value}"`);
    return false;
  };
  if (word === 'from' || word === 'to') {
    if (value === 'all') return true;
    const block = parseCidr(value);
    if (block === undefined) return wrong();
    if (word === 'from') draft.src = block;
    else draft.dst = block;
  } else if (word === 'fwmark') {
    const [mark = '', mask] = value.split('/');
    if (!NUMBER.test(mark) || (mask !== undefined && !NUMBER.test(mask))) return wrong();
    draft.fwmark = Number(mark);
    if (mask !== undefined) draft.fwmask = Number(mask);
  } else if (word === 'sport' || word === 'dport') {
    const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value);
    if (range === null) return wrong();
    draft[word] = { from: Number(range[1]), to: Number(range[2] ?? range[1]) };
  } else if (word === 'tos' || word === 'dsfield') {
    const tos = parseDsfield(value);
    if (tos === undefined) return wrong();
    draft.tos = tos;
  } else if (word === 'iif' || word === 'dev') draft.iif = value;
  else if (word === 'oif') draft.oif = value;
  else if (word === 'ipproto') draft.ipproto = value;
  else if (word === 'proto' || word === 'protocol') draft.protocol = value;
  else {
    const near = didYouMean(word, RULE_WORDS).hint;
    fail(`Unknown word "${word}"${near === undefined ? '' : `, ${near}`}`);
    return false;
  }
  return true;
}

import type { Issue, Parsed } from '../../base/index.ts';
import { type Cidr, type Family, isHostCidr } from '../../net/index.ts';
import { withPlaces } from '../written.ts';
import { dsfieldText } from './dsfield.ts';
import { JsonFields } from './json-fields.ts';
import { type JsonEntry, printJsonLines, readJsonEntries } from './json-lines.ts';
import { hostText } from './route.ts';
import { isTableName, tableName } from './tables.ts';
import type { IpRule, RuleAction } from './types.ts';

/** A device that is not there never matches its name; whether a goto's target exists, the list itself says. */
const IGNORED = ['iif_detached', 'oif_detached', 'unresolved', 'flow_from', 'flow_to'];

/**
 * `ip -j rule`, with `ip -6 -j rule` behind it or as `family` (iproute2 6.1, ip/iprule.c print_rule). The tool does not
 * print the family: an address tells, else a later array, or a second rule 0, is IPv6.
 */
export function parseIpJsonRule(text: string, file: string, family?: Family): Parsed<IpRule[]> {
  const entries = readJsonEntries(text, file);
  const issues: Issue[] = [...entries.issues];
  const families = new Map<number, Family>();
  for (const { fields, document } of entries.value) {
    const words = [fields.src, fields.dst].filter((word) => typeof word === 'string');
    if (words.some((word) => word.includes(':'))) families.set(document, 6);
    else if (words.some((word) => word.includes('.'))) families.set(document, 4);
  }
  let zeros = 0;
  const read = entries.value.flatMap((entry) => {
    if (entry.fields.priority === 0 && entry.fields.table === 'local') zeros++;
    const guess = family ?? families.get(entry.document) ?? (entry.document > 0 || zeros > 1 ? 6 : 4);
    const item = readRule(entry, guess, issues);
    return item === undefined ? [] : [{ item, line: entry.line }];
  });
  return { value: withPlaces(read, file, 'ip-rule.json'), issues };
}

function readRule(entry: JsonEntry, guess: Family, issues: Issue[]): IpRule | undefined {
  const fields = new JsonFields(entry, issues);
  const priority = fields.number('priority') ?? 0;
  const not = fields.has('not');
  fields.raw('not');
  const src = selector(fields, 'src', 'srclen');
  const dst = selector(fields, 'dst', 'dstlen');
  const said = fields.choice('family', ['inet', 'inet6']);
  const family = src?.family ?? dst?.family ?? (said === undefined ? guess : said === 'inet6' ? 6 : 4);
  const iif = fields.text('iif');
  const oif = fields.text('oif');
  const fwmark = fields.number('fwmark');
  const fwmask = fields.number('fwmask');
  const tos = fields.dsfield('tos');
  const ipproto = fields.text('ipproto');
  const sport = ports(fields, 'sport');
  const dport = ports(fields, 'dport');
  const protocol = fields.text('protocol');
  const named = namedTable(fields);
  const action = readAction(fields, named);
  const unsupported = unknownSelectors(fields, named);
  if (fields.failed) return undefined;
  if (action === undefined && unsupported === undefined) {
    fields.fail('Rule has no action', '"table", "goto", "nop" or "action"');
    return undefined;
  }
  if (unsupported !== undefined) fields.warn(`Rule ${priority} has what is not modelled: ${unsupported}`);
  return {
    priority,
    family,
    not,
    ...(src === undefined ? {} : { src }),
    ...(dst === undefined ? {} : { dst }),
    ...(iif === undefined ? {} : { iif }),
    ...(oif === undefined ? {} : { oif }),
    ...(fwmark === undefined ? {} : { fwmark }),
    ...(fwmask === undefined ? {} : { fwmask }),
    ...(tos === undefined ? {} : { tos }),
    ...(ipproto === undefined ? {} : { ipproto }),
    ...(sport === undefined ? {} : { sport }),
    ...(dport === undefined ? {} : { dport }),
    action: action ?? { kind: 'nop' },
    // RTPROT_UNSPEC: `ip -d rule` says of a rule that nobody signed what plain `ip rule` leaves out.
    ...(protocol === undefined || protocol === 'unspec' ? {} : { protocol }),
    ...(unsupported === undefined ? {} : { unsupported }),
  };
}

function selector(fields: JsonFields, key: string, lengthKey: string): Cidr | undefined {
  if (fields.raw(key) === 'all') return undefined;
  return fields.splitCidr(key, lengthKey);
}

function ports(fields: JsonFields, key: string): { from: number; to: number } | undefined {
  const one = fields.number(key);
  const from = fields.number(`${key}_start`) ?? one;
  const to = fields.number(`${key}_end`) ?? from;
  return from === undefined || to === undefined ? undefined : { from, to };
}

function readAction(fields: JsonFields, unread: readonly string[]): RuleAction | undefined {
  const table = unread.length > 0 ? undefined : fields.table('table');
  const suppress = fields.number('suppress_prefixlen');
  const target = fields.number('goto');
  const named = fields.choice('action', ['unreachable', 'blackhole', 'prohibit']);
  fields.raw('nop');
  if (table !== undefined) {
    return { kind: 'lookup', table, ...(suppress === undefined ? {} : { suppressPrefixlength: suppress }) };
  }
  if (target !== undefined) return { kind: 'goto', target };
  if (named !== undefined) return { kind: named };
  return fields.has('nop') ? { kind: 'nop' } : undefined;
}

/** `lookup NAME`, of a name of rt_tables, whose number is not collected. */
function namedTable(fields: JsonFields): readonly string[] {
  const table = fields.raw('table');
  return typeof table === 'string' && isTableName(table) ? [`lookup ${table}`] : [];
}

function unknownSelectors(fields: JsonFields, named: readonly string[]): string | undefined {
  const from = fields.number('uid_start');
  const to = fields.number('uid_end');
  const uids = from === undefined ? [] : [`uidrange ${from}-${to ?? from}`];
  const words = [...named, ...uids, ...fields.unread(IGNORED)];
  return words.length === 0 ? undefined : words.join(' ');
}

/** One rule a line, with the keys of `ip -j rule`, and the `family` it leaves out. */
export const printIpJsonRule = (rules: readonly IpRule[]): string => printJsonLines(rules.map(ruleJson));

export const ruleJson = (rule: IpRule): unknown => ({
  family: rule.family === 6 ? 'inet6' : 'inet',
  priority: rule.priority,
  ...(rule.not ? { not: null } : {}),
  ...(rule.src === undefined ? { src: 'all' } : selectorJson('src', rule.src)),
  ...(rule.dst === undefined ? {} : selectorJson('dst', rule.dst)),
  ...(rule.tos === undefined ? {} : { tos: dsfieldText(rule.tos) }),
  ...(rule.fwmark === undefined ? {} : { fwmark: hex(rule.fwmark) }),
  ...(rule.fwmask === undefined ? {} : { fwmask: hex(rule.fwmask) }),
  ...(rule.iif === undefined ? {} : { iif: rule.iif }),
  ...(rule.oif === undefined ? {} : { oif: rule.oif }),
  ...(rule.ipproto === undefined ? {} : { ipproto: rule.ipproto }),
  ...portsJson('sport', rule.sport),
  ...portsJson('dport', rule.dport),
  ...actionJson(rule.action),
  ...(rule.protocol === undefined ? {} : { protocol: rule.protocol }),
  ...(rule.unsupported === undefined ? {} : { unsupported: rule.unsupported }),
});

function selectorJson(key: 'src' | 'dst', block: Cidr): object {
  const slash = block.text.indexOf('/');
  return { [key]: block.text.slice(0, slash), ...(isHostCidr(block) ? {} : { [`${key}len`]: block.prefix }) };
}

function portsJson(key: string, range: { from: number; to: number } | undefined): object {
  if (range === undefined) return {};
  return range.from === range.to ? { [key]: range.from } : { [`${key}_start`]: range.from, [`${key}_end`]: range.to };
}

function actionJson(action: RuleAction): object {
  if (action.kind === 'lookup') {
    const { suppressPrefixlength: length } = action;
    return { table: tableName(action.table), ...(length === undefined ? {} : { suppress_prefixlen: length }) };
  }
  if (action.kind === 'goto') return { goto: action.target };
  return action.kind === 'nop' ? { nop: null } : { action: action.kind };
}

/** One rule as `ip rule` prints it: `1024:\tfrom all fwmark 0x80/0x80 lookup main`. */
export function showRule(rule: IpRule): string {
  const words = [...(rule.not ? ['not'] : []), 'from', rule.src === undefined ? 'all' : hostText(rule.src)];
  if (rule.dst !== undefined) words.push('to', hostText(rule.dst));
  if (rule.tos !== undefined) words.push('tos', dsfieldText(rule.tos));
  if (rule.fwmark !== undefined) {
    const full = rule.fwmask === undefined || rule.fwmask >>> 0 === 0xffffffff;
    words.push('fwmark', full ? hex(rule.fwmark) : `${hex(rule.fwmark)}/${hex(rule.fwmask ?? 0)}`);
  }
  if (rule.iif !== undefined) words.push('iif', rule.iif);
  if (rule.oif !== undefined) words.push('oif', rule.oif);
  if (rule.unsupported !== undefined) words.push(rule.unsupported);
  if (rule.ipproto !== undefined) words.push('ipproto', rule.ipproto);
  if (rule.sport !== undefined) words.push('sport', rangeText(rule.sport));
  if (rule.dport !== undefined) words.push('dport', rangeText(rule.dport));
  words.push(...actionWords(rule.action));
  if (rule.protocol !== undefined && rule.protocol !== 'kernel') words.push('proto', rule.protocol);
  return `${rule.priority}:\t${words.join(' ')}`;
}

function actionWords(action: RuleAction): readonly string[] {
  if (action.kind === 'goto') return ['goto', `${action.target}`];
  if (action.kind !== 'lookup') return [action.kind];
  const { suppressPrefixlength: length } = action;
  return ['lookup', tableName(action.table), ...(length === undefined ? [] : ['suppress_prefixlength', `${length}`])];
}

const rangeText = (range: { from: number; to: number }): string =>
  range.from === range.to ? `${range.from}` : `${range.from}-${range.to}`;
const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;

/** `ip rule` (or `ip -6 rule`), with `[unresolved]` behind a goto whose target is not there. */
export function showRules(rules: readonly IpRule[], family: Family = 4): string {
  const shown = rules.filter((rule) => rule.family === family);
  const priorities = new Set(shown.map((rule) => rule.priority));
  return shown
    .map((rule) => {
      const lost = rule.action.kind === 'goto' && !priorities.has(rule.action.target);
      return `${showRule(rule)}${lost ? ' [unresolved]' : ''}\n`;
    })
    .join('');
}

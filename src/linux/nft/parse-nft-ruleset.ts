import type { Issue, Parsed } from '../../base/index.ts';
import type { Family } from '../../net/index.ts';
import type { TableName } from '../iptables/types.ts';
import { type Entry, readEntries } from './blocks.ts';
import { type ChainHead, commentOf, readChain } from './chain.ts';
import { iptablesNamed, isIptablesOwn, reachable } from './iptables-own.ts';
import { parseStatements } from './parse-statement.ts';
import { printNftTables } from './print-nft.ts';
import type { TableContext } from './reader.ts';
import { parseSet } from './set.ts';
import type { NftChain, NftFamily, NftMeets, NftObject, NftRule, NftSet, NftTable, NftUnread } from './types.ts';

/** Which tables of iptables-nft the caller has from iptables-save: their chains are left out here. */
export type CoveredByIptables = (family: Family, table: TableName) => boolean;

type Report = (severity: 'error' | 'warning', line: number, message: string, about?: Partial<Issue>) => void;

const REACHED = { hint: 'a walk that reaches this rule ends "unknown"' };
const NAMED = { hint: 'a walk that reaches a rule naming it ends "unknown"' };
const MET = { hint: 'a walk that meets it ends "unknown"' };

/**
 * Reads `nft list ruleset`, `nft list table` (nft(8)), or a file of such tables. Of a table that iptables-nft keeps, what
 * iptables-save has is left out where `covered` says that it was read: everything but base chains of others. Without
 * `covered` no table is of iptables-nft, whatever its name.
 */
export function parseNftRuleset(text: string, file: string, covered?: CoveredByIptables): Parsed<NftTable[]> {
  const issues: Issue[] = [];
  const report: Report = (severity, line, message, about = {}) =>
    issues.push({
      code: severity === 'error' ? 'nft-syntax' : 'nft-unsupported',
      severity,
      at: { file, line },
      message,
      ...about,
    });
  const complain = (line: number, message: string, expected: string): void =>
    report('error', line, message, { expected: `expected ${expected}` });
  const entries = readEntries(text, complain);
  const value = tablesOf(entries, complain).flatMap((open) => parseTable(open, covered, report) ?? []);
  return { value: printNftTables(value) === text ? value.map(asPrinted) : value, issues };
}

/** What is as it would be printed needs no line of its own. */
const asPrinted = (table: NftTable): NftTable => ({
  ...table,
  objects: table.objects.map((each) => (each.kind === 'unsupported' ? withoutLine(each) : each)),
  chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.map(withoutLine) })),
});

function withoutLine<T extends { readonly line?: number }>(of: T): Omit<T, 'line'> {
  const { line: _, ...rest } = of;
  return rest;
}

/** A table with all that is said of it, in however many blocks: nft adds a later one to the earlier. */
interface OpenTable extends Pick<NftTable, 'family' | 'name'> {
  readonly line: number;
  readonly body: Entry[];
}

function tablesOf(
  entries: readonly Entry[],
  complain: (line: number, message: string, expected: string) => void,
): OpenTable[] {
  const tables = new Map<string, OpenTable>();
  for (const { head, line, body } of entries) {
    if (body === undefined) {
      if (head !== 'flush ruleset' || tables.size > 0)
        complain(line, `Unexpected line "${head}"`, 'a block such as "table ip NAME {"');
      continue;
    }
    const [, familyText = 'ip', name] = /^table (?:(\S+) )?(\S+)$/.exec(head) ?? [];
    const family = FAMILIES.find((each) => each === familyText);
    if (name === undefined || family === undefined) {
      complain(line, `Cannot read "${head}"`, 'expected "table FAMILY NAME {"');
      continue;
    }
    const key = `${family} ${name}`;
    const known = tables.get(key);
    if (known === undefined) tables.set(key, { family, name, line, body: [...body] });
    else known.body.push(...body);
  }
  return [...tables.values()];
}

const FAMILIES: readonly NftTable['family'][] = ['ip', 'ip6', 'inet', 'netdev', 'arp', 'bridge'];
const isRead = (family: NftTable['family']): family is NftFamily =>
  family === 'ip' || family === 'ip6' || family === 'inet';

/** undefined: nothing of it is here to be walked. */
function parseTable(
  { family, name, line, body }: OpenTable,
  covered: CoveredByIptables | undefined,
  report: Report,
): NftTable | undefined {
  if (body.some(({ head }) => /^flags .*\bdormant\b/.test(head))) {
    report('warning', line, `Table "${family} ${name}" is dormant, so it is left out`);
    return undefined;
  }
  const all = chainsOf(body).map((entry) => ({ entry, head: readChain(entry, family) }));
  const known = iptablesNamed({ family, name });
  let kept: ReadonlySet<ChainHead> = new Set(all.map(({ head }) => head));
  if (known !== undefined && covered?.(family === 'ip' ? 4 : 6, known)) {
    const others = all
      .map(({ head }) => head)
      .filter((head) => head.hangs !== undefined && !isIptablesOwn(known, head));
    if (others.length === 0) return undefined;
    kept = reachable(others, [...kept]);
  } else if (known !== undefined && covered !== undefined && all.some(({ head }) => isIptablesOwn(known, head))) {
    const hint = 'read it with iptables-save instead';
    report('warning', line, `Table "${family} ${name}" is managed by iptables-nft`, { hint });
  }
  const chains = all.filter(({ head }) => kept.has(head));
  const comment = body.map(({ head }) => commentOf(head)).find((text) => text !== undefined);
  const about = { family, name, ...(comment === undefined ? {} : { comment }) };
  const rest = body.filter((one) => !isChain(one) && commentOf(one.head) === undefined);
  if (!isRead(family)) {
    const objects = rest.map((one) => asText(one, undefined));
    return { ...about, objects: [...objects, ...chains.map((chain) => unread(chain, report))], chains: [] };
  }
  return { ...about, ...parseBody(family, rest, chains, report) };
}

interface OpenChain {
  readonly entry: Entry;
  readonly head: ChainHead;
}

const isChain = ({ head, body }: Entry): boolean => body !== undefined && /^chain \S+$/.test(head);

/** What is said of a chain in several blocks is one chain. */
function chainsOf(body: readonly Entry[]): readonly Entry[] {
  const chains = new Map<string, Entry>();
  for (const each of body) {
    if (!isChain(each)) continue;
    const known = chains.get(each.head);
    if (known === undefined) chains.set(each.head, each);
    else
      chains.set(each.head, {
        ...known,
        body: [...(known.body ?? []), ...(each.body ?? [])],
        raw: () => [...known.raw(), ...each.raw()],
      });
  }
  return [...chains.values()];
}

function parseBody(
  family: NftFamily,
  rest: readonly Entry[],
  open: readonly OpenChain[],
  report: Report,
): Pick<NftTable, 'objects' | 'chains'> {
  const sets = new Map<string, NftSet>();
  const blocks = new Map<string, number>();
  for (const { head } of rest) blocks.set(head, (blocks.get(head) ?? 0) + 1);
  const objects = rest.map((one): NftObject => {
    // What is said of a set in two blocks the kernel adds up.
    const set = blocks.get(one.head) === 1 ? readSet(one) : undefined;
    if (set === undefined) return unreadObject(one, report);
    sets.set(set.name, set);
    return set;
  });
  const table = { family, sets };
  const chains: NftChain[] = [];
  for (const each of open) {
    if (each.head.hangs?.kind === 'unread') objects.push(unread(each, report));
    else chains.push(parseChain(each.head, each.head.hangs?.base, table, report));
  }
  return { objects, chains };
}

function readSet({ head, body }: Entry): NftSet | undefined {
  const [, kind, name] = /^(set|map) (\S+)$/.exec(head) ?? [];
  if (name === undefined || body === undefined) return undefined;
  return parseSet(
    kind === 'map' ? 'map' : 'set',
    name,
    body.map((line) => line.head),
  );
}

/** Objects that do nothing until a rule names them (src/parser_bison.y, table_block). */
const INERT =
  /^(?:set|map|flowtable|counter|quota|limit|secmark|synproxy|tunnel|ct helper|ct timeout|ct expectation) \S+$/;

function unreadObject(one: Entry, report: Report): NftUnread {
  if (one.head.startsWith('flags ')) return asText(one, undefined);
  const inert = one.body !== undefined && INERT.test(one.head);
  report('warning', one.line, `Cannot evaluate "${one.head}"`, inert ? NAMED : MET);
  return asText(one, inert ? undefined : { kind: 'all' });
}

/** A base chain that does nothing, for it has no rules and lets everything go on, is met by nobody. */
function unread({ entry, head }: OpenChain, report: Report): NftUnread {
  const { hangs, rules } = head;
  const meets = hangs === undefined ? undefined : hangs.kind === 'unread' ? hangs.meets : undefined;
  const idle = rules.length === 0 && !(hangs?.kind === 'unread' && hangs.drops);
  if (meets === undefined || (idle && meets.kind !== 'all')) return asText(entry, undefined);
  report('warning', entry.line, `Cannot evaluate "${entry.head}"`, MET);
  return asText(entry, meets);
}

function asText({ head, line, body, raw }: Entry, meets: NftMeets | undefined): NftUnread {
  const text = body === undefined ? head : [`${head} {`, ...raw().map(dedent), '}'].join('\n');
  return { kind: 'unsupported', text, ...(meets === undefined ? {} : { meets }), line };
}

const dedent = (text: string): string => text.replace(/^\t/, '');

function parseChain(
  { name, comment, rules }: ChainHead,
  base: NftChain['base'],
  table: TableContext,
  report: Report,
): NftChain {
  return {
    name,
    ...(comment === undefined ? {} : { comment }),
    ...(base === undefined ? {} : { base }),
    rules: rules.map(({ head, line }) => parseRule(head, line, table, report)),
  };
}

function parseRule(text: string, line: number, table: TableContext, report: Report): NftRule {
  const [, body, comment] = /^(.*?)\s*\bcomment "([^"]*)"$/.exec(text) ?? [undefined, text, undefined];
  const statements = parseStatements(body ?? '', table);
  for (const statement of statements) {
    if (statement.kind === 'unsupported') report('warning', line, `Cannot evaluate "${statement.text}"`, REACHED);
  }
  return comment === undefined ? { statements, line } : { statements, comment, line };
}

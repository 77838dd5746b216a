import { GROUNDS, type Ground, type Issue, nearest } from '../base/index.ts';
import {
  BUILTIN_CHAINS,
  type Chain,
  type Origin,
  parseIptablesSave,
  printRule,
  type Rule,
  type Ruleset,
  SAVE_ORDER,
  type Table,
  type TableName,
} from '../linux/index.ts';
import type { Family } from '../net/index.ts';
import { type LineChange, noMatch } from './patch-list.ts';

interface Line {
  readonly table: TableName | undefined;
  readonly op: 'append' | 'insert' | 'policy' | 'chain';
  readonly chain: string;
  readonly index: number;
  /** What follows the chain. */
  readonly rest: string;
}

const LINE = /^(?:-t\s+(\S+)\s+)?(-A|-D|-I|-P|-N|--append|--delete|--insert|--policy|--new-chain)\s+(\S+)\s*(.*)$/;
const OPS: Readonly<Record<string, Line['op']>> = {
  '-A': 'append',
  '-D': 'append',
  '--append': 'append',
  '--delete': 'append',
  '-I': 'insert',
  '--insert': 'insert',
  '-P': 'policy',
  '--policy': 'policy',
  '-N': 'chain',
  '--new-chain': 'chain',
};

/**
 * Patches a ruleset by lines of iptables(8): `-A CHAIN ...` (also `-I CHAIN [N]`, `-P CHAIN POLICY` and `-N CHAIN` to
 * add), with `-t TABLE` where more than one table has the chain.
 */
export function patchIptables(
  ruleset: Ruleset,
  family: Family,
  change: LineChange,
  origin: Origin,
  issues: Issue[],
): Ruleset {
  let patched = ruleset;
  const failOf =
    (rests: readonly Ground[]): Fail =>
    (message, hint) => {
      const more = hint === undefined ? {} : { hint };
      issues.push({ code: 'bad-patch', severity: 'error', rests, at: change.source, message, ...more });
      return undefined;
    };
  const unread = failOf([]);
  const fail = failOf(GROUNDS);
  for (const text of change.remove) {
    const line = readLine(text, unread);
    if (line !== undefined) patched = removeRule(patched, family, line, change, issues, fail) ?? patched;
  }
  for (const text of change.add) {
    const line = readLine(text, unread);
    if (line !== undefined) patched = addLine(patched, family, line, change, origin, issues, fail) ?? patched;
  }
  return patched;
}

type Fail = (message: string, hint?: string) => undefined;

function readLine(text: string, fail: Fail): Line | undefined {
  const found = LINE.exec(text.trim());
  const op = OPS[found?.[2] ?? ''];
  if (found === null || op === undefined)
    return fail(`Not an iptables line: "${text.slice(0, 120)}"`, 'write it as `-t nat -A CHAIN ...`');
  const table = SAVE_ORDER.find((name) => name === found[1]);
  if (found[1] !== undefined && table === undefined) return fail(`Unknown table "${found[1]}"`);
  const position = op === 'insert' ? /^(\d+)\s+(.*)$/.exec(found[4] ?? '') : null;
  return {
    table,
    op,
    chain: found[3] ?? '',
    index: Math.max(0, Number(position?.[1] ?? 1) - 1),
    rest: position?.[2] ?? found[4] ?? '',
  };
}

function removeRule(
  ruleset: Ruleset,
  family: Family,
  line: Line,
  change: LineChange,
  issues: Issue[],
  fail: Fail,
): Ruleset | undefined {
  if (line.op !== 'append') return fail('Only rules can be removed');
  const tables = candidates(ruleset, line);
  if (tables.length === 0) return noChain(ruleset, line, fail);
  const found = tables.flatMap((table) => {
    const rule = parseRule(table, family, line, change, []);
    const chain = table.chains.get(line.chain);
    if (rule === undefined || chain === undefined) return [];
    const text = printRule(line.chain, rule);
    const index = chain.rules.findIndex((known) => printRule(line.chain, known) === text);
    return [{ table, chain, text, index }];
  });
  const [hit, second] = found.filter(({ index }) => index >= 0);
  if (second !== undefined)
    return fail(`Rule "-A ${line.chain} ${line.rest}" is in more than one table`, 'say which with -t');
  if (hit !== undefined)
    return withChain(ruleset, hit.table, { ...hit.chain, rules: hit.chain.rules.toSpliced(hit.index, 1) });
  const [first] = found;
  if (first === undefined) for (const table of tables.slice(0, 1)) parseRule(table, family, line, change, issues);
  else
    issues.push(
      noMatch(
        first.text,
        found.flatMap(({ chain }) => chain.rules.map((rule) => printRule(line.chain, rule))),
        change.source,
      ),
    );
  return undefined;
}

function addLine(
  before: Ruleset,
  family: Family,
  line: Line,
  change: LineChange,
  origin: Origin,
  issues: Issue[],
  fail: Fail,
): Ruleset | undefined {
  const ruleset = withTable(before, line.op === 'chain' ? (line.table ?? 'filter') : line.table);
  if (line.op === 'chain') {
    const table = ruleset.get(line.table ?? 'filter');
    if (table === undefined) return undefined;
    if (table.chains.has(line.chain)) return fail(`Chain "${line.chain}" exists in table ${table.name}`);
    return withChain(ruleset, table, { name: line.chain, rules: [] });
  }
  const [table, second] = candidates(ruleset, line);
  if (table === undefined) return noChain(ruleset, line, fail);
  if (second !== undefined)
    return fail(`Chain "${line.chain}" is in tables ${table.name} and ${second.name}`, 'say which with -t');
  const chain = table.chains.get(line.chain);
  if (chain === undefined) return noChain(ruleset, line, fail);
  if (line.op === 'policy') {
    if ((line.rest !== 'ACCEPT' && line.rest !== 'DROP') || chain.policy === undefined)
      return fail(`Cannot set the policy of ${line.chain} to "${line.rest}"`);
    return withChain(ruleset, table, { ...chain, policy: line.rest });
  }
  const rule = parseRule(table, family, line, change, issues);
  if (rule === undefined) return undefined;
  const at = line.op === 'insert' ? line.index : chain.rules.length;
  return withChain(ruleset, table, { ...chain, rules: chain.rules.toSpliced(at, 0, { ...rule, origin }) });
}

/** A table that is named and not there is made, with the chains it has of its own (net/netfilter/x_tables.c, xt_find_table_lock). */
function withTable(ruleset: Ruleset, name: TableName | undefined): Ruleset {
  if (name === undefined || ruleset.has(name)) return ruleset;
  const own = BUILTIN_CHAINS[name].map((chain): [string, Chain] => [
    chain,
    { name: chain, policy: 'ACCEPT', rules: [] },
  ]);
  return new Map([...ruleset, [name, { name, chains: new Map(own) }]]);
}

const candidates = (ruleset: Ruleset, line: Line): readonly Table[] =>
  [...ruleset.values()].filter(
    (table) => (line.table === undefined || table.name === line.table) && table.chains.has(line.chain),
  );

function noChain(ruleset: Ruleset, line: Line, fail: Fail): undefined {
  const chains = [...ruleset.values()]
    .filter((table) => line.table === undefined || table.name === line.table)
    .flatMap((table) => [...table.chains.keys()]);
  const near = nearest(line.chain, chains);
  return fail(
    `No chain "${line.chain}"${line.table === undefined ? '' : ` in table ${line.table}`}`,
    near === undefined ? undefined : `did you mean "${near}"?`,
  );
}

/** Read in the table's own surroundings: the chains it may jump to are declared around it. */
function parseRule(table: Table, family: Family, line: Line, change: LineChange, issues: Issue[]): Rule | undefined {
  const declared = [...table.chains.values()].map((chain) => `:${chain.name} ${chain.policy ?? '-'} [0:0]`);
  const text = [`*${table.name}`, ...declared, `-A ${line.chain} ${line.rest}`.trim(), 'COMMIT', ''].join('\n');
  const parsed = parseIptablesSave(text, change.source.file, family);
  for (const issue of parsed.issues) issues.push({ ...issue, rests: GROUNDS, at: change.source });
  return parsed.value.get(table.name)?.chains.get(line.chain)?.rules[0];
}

const withChain = (ruleset: Ruleset, table: Table, chain: Chain): Ruleset =>
  new Map([...ruleset, [table.name, { ...table, chains: new Map([...table.chains, [chain.name, chain]]) }]]);

import type { Issue, Parsed } from '../../base/index.ts';
import type { Family } from '../../net/index.ts';
import { BUILTIN_CHAINS, type Hook, SAVE_ORDER, type TableName } from '../iptables/types.ts';
import { parseStatements } from './parse-statement.ts';
import { printNftTables } from './print-nft.ts';
import { parsePriority } from './priority.ts';
import type { TableContext } from './reader.ts';
import { parseSet } from './set.ts';
import type { NftChain, NftObject, NftRule, NftSet, NftTable } from './types.ts';

/** Which tables of iptables-nft the caller already has from iptables-save; those are left out here. */
export type CoveredByIptables = (family: Family, table: TableName) => boolean;

interface Line {
  readonly text: string;
  readonly number: number;
}
interface Block {
  readonly head: string;
  readonly line: number;
  readonly body: readonly Line[];
}

/**
 * Reads `nft list ruleset` or `nft list table` (nft(8)). Tables that iptables-nft keeps are recognised by the warning
 * nft prints about them, or by their name and chains, and left out where `covered` says iptables-save has them.
 */
export function parseNftRuleset(
  text: string,
  file: string,
  covered: CoveredByIptables = () => true,
): Parsed<NftTable[]> {
  const issues: Issue[] = [];
  const managed = new Set(
    [...text.matchAll(/^# Warning: table (\S+ \S+) is managed by iptables-nft/gm)].map((m) => m[1]),
  );
  const report: Report = (severity, line, message, hint) =>
    issues.push({
      code: severity === 'error' ? 'nft-syntax' : 'nft-unsupported',
      severity,
      at: { file, line },
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  const value: NftTable[] = [];
  const lines = text.split('\n').map((line, index) => ({ text: line.replace(/\r$/, ''), number: index + 1 }));
  for (const block of blocks(lines, report)) {
    const [, family, name] = /^table (?:(\S+) )?(\S+)$/.exec(block.head) ?? [];
    if (name === undefined) {
      report('error', block.line, `Cannot read "${block.head}"`, 'expected "table FAMILY NAME {"');
      continue;
    }
    const of = family ?? 'ip';
    if (of !== 'ip' && of !== 'ip6' && of !== 'inet') {
      report('warning', block.line, `Cannot evaluate tables of family "${of}": table "${name}" is left out`);
      continue;
    }
    if (block.body.some((line) => /^\s*flags dormant\b/.test(line.text))) {
      report('warning', block.line, `Table "${of} ${name}" is dormant, so it is left out`);
      continue;
    }
    const known = SAVE_ORDER.find((table) => table === name);
    if (of !== 'inet' && known !== undefined && (managed.has(`${of} ${name}`) || looksManaged(block, known))) {
      if (covered(of === 'ip' ? 4 : 6, known)) continue;
      report(
        'warning',
        block.line,
        `Table "${of} ${name}" is managed by iptables-nft`,
        'read it with iptables-save instead',
      );
    }
    value.push(parseTable(of, name, block, report));
  }
  return { value: printNftTables(value) === text ? value.map(asPrinted) : value, issues };
}

/** Rules of a text that is as it would be printed need no line of their own. */
const asPrinted = (table: NftTable): NftTable => ({
  ...table,
  chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.map(({ line: _, ...rule }) => rule) })),
});

type Report = (severity: 'error' | 'warning', line: number, message: string, hint?: string) => void;

/** iptables-nft names base chains as its hooks, in capitals; nobody else has to. */
function looksManaged(block: Block, table: TableName): boolean {
  const names = block.body.flatMap((line) => /^\s*chain (\S+) \{/.exec(line.text)?.[1] ?? []);
  return names.some((name) => BUILTIN_CHAINS[table].some((chain) => chain === name));
}

/** Splits lines into `HEAD { BODY }` blocks at brace depth 0. */
function blocks(lines: readonly Line[], report: Report): readonly Block[] {
  const found: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    const text = bare(line?.text ?? '').trim();
    if (line === undefined || text === '') continue;
    if (!text.endsWith('{')) {
      report('error', line.number, `Unexpected line "${text}"`, 'expected a block such as "table ip NAME {"');
      continue;
    }
    let depth = 1;
    const body: Line[] = [];
    while (depth > 0 && ++at < lines.length) {
      const next = lines[at];
      if (next === undefined) break;
      depth += braces(next.text);
      if (depth > 0) body.push(next);
    }
    if (depth > 0) report('error', line.number, `Block "${text}" does not end`, 'expected "}"');
    found.push({ head: text.slice(0, -1).trim(), line: line.number, body });
  }
  return found;
}

/** Without comments: `# handle 5`, `# Warning: ...`. A `#` inside quotes stays. */
const bare = (text: string): string => text.replace(/^((?:[^"#]|"[^"]*")*)#.*$/, '$1').trimEnd();

function braces(text: string): number {
  const plain = bare(text).replace(/"[^"]*"/g, '');
  return plain.split('{').length - plain.split('}').length;
}

function parseTable(family: NftTable['family'], name: string, block: Block, report: Report): NftTable {
  const inner = block.body.filter((line) => bare(line.text).trim() !== '');
  const entries = objects(inner);
  const comment = entries.map((one) => commentOf(one.head)).find((text) => text !== undefined);
  const sets = new Map<string, NftSet>();
  const read = entries.flatMap((one): (NftObject | Block)[] => {
    if (commentOf(one.head) !== undefined) return [];
    const found = parseObject(one, report);
    if (found.kind === 'chain') return [found.block];
    if (found.kind !== 'unsupported') sets.set(found.name, found);
    return [found];
  });
  const found: NftObject[] = [];
  const chains: NftChain[] = [];
  for (const each of read) {
    if ('kind' in each) {
      found.push(each);
      continue;
    }
    const chain = parseChain(each.head.slice('chain '.length), each, { family, sets }, report);
    if (chain === undefined) found.push(unsupported(each, report));
    else chains.push(chain);
  }
  return { family, name, ...(comment === undefined ? {} : { comment }), objects: found, chains };
}

const commentOf = (text: string): string | undefined => /^comment "([^"]*)"$/.exec(text)?.[1];

function parseObject(one: Block, report: Report): NftObject | { readonly kind: 'chain'; readonly block: Block } {
  if (/^chain (\S+)$/.test(one.head)) return { kind: 'chain', block: one };
  const [, kind, name] = /^(set|map) (\S+)$/.exec(one.head) ?? [];
  const lines = one.body.map((line) => bare(line.text));
  const set = name === undefined ? undefined : parseSet(kind === 'map' ? 'map' : 'set', name, lines);
  return set ?? unsupported(one, report);
}

function unsupported(one: Block, report: Report): NftObject {
  if (!/^flags /.test(one.head)) {
    report('warning', one.line, `Cannot evaluate "${one.head}"`, 'a walk that reaches a rule naming it ends "unknown"');
  }
  const text =
    one.body.length === 0 ? one.head : [`${one.head} {`, ...one.body.map((line) => dedent(line.text)), '}'].join('\n');
  return { kind: 'unsupported', text };
}

const dedent = (text: string): string => bare(text).replace(/^\t/, '');

/** Like `blocks`, but a line without a brace is an object of its own. */
function objects(lines: readonly Line[]): readonly Block[] {
  const found: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    if (line === undefined) break;
    const head = bare(line.text).trim();
    const body: Line[] = [];
    let depth = braces(line.text);
    while (depth > 0 && ++at < lines.length) {
      const next = lines[at];
      if (next === undefined) break;
      depth += braces(next.text);
      if (depth > 0) body.push(next);
    }
    found.push({ head: head.endsWith('{') ? head.slice(0, -1).trim() : head, line: line.number, body });
  }
  return found;
}

const HOOKS: Readonly<Record<string, Hook>> = {
  prerouting: 'PREROUTING',
  input: 'INPUT',
  forward: 'FORWARD',
  output: 'OUTPUT',
  postrouting: 'POSTROUTING',
};

/** undefined: a base chain on a hook the model does not have (ingress, egress). */
function parseChain(name: string, block: Block, table: TableContext, report: Report): NftChain | undefined {
  const rules: NftRule[] = [];
  let base: NftChain['base'];
  let comment: string | undefined;
  for (const line of block.body) {
    const text = bare(line.text).trim();
    if (/^type \S+ hook /.test(text)) {
      base = parseBase(text);
      if (base === undefined) return undefined;
    } else if (commentOf(text) !== undefined) comment = commentOf(text);
    else rules.push(parseRule(text, line.number, table, report));
  }
  return {
    name,
    ...(comment === undefined ? {} : { comment }),
    ...(base === undefined ? {} : { base }),
    rules,
  };
}

function parseBase(text: string): NftChain['base'] {
  const found = /^type (filter|nat|route) hook (\w+) priority ([^;]+);(?: policy (accept|drop);)?$/.exec(text);
  const [, type, hookName, priorityName, policy] = found ?? [];
  const hook = Object.hasOwn(HOOKS, hookName ?? '') ? HOOKS[hookName ?? ''] : undefined;
  const priority = parsePriority((priorityName ?? '').trim());
  if (hook === undefined || priority === undefined) return undefined;
  if (type !== 'filter' && type !== 'nat' && type !== 'route') return undefined;
  return { type, hook, priority, policy: policy === 'drop' ? 'drop' : 'accept' };
}

function parseRule(text: string, line: number, table: TableContext, report: Report): NftRule {
  const [, body, comment] = /^(.*?)\s*\bcomment "([^"]*)"$/.exec(text) ?? [undefined, text, undefined];
  const statements = parseStatements(body ?? '', table);
  for (const statement of statements) {
    if (statement.kind !== 'unsupported') continue;
    report('warning', line, `Cannot evaluate "${statement.text}"`, 'a walk that reaches this rule ends "unknown"');
  }
  return comment === undefined ? { statements, line } : { statements, comment, line };
}

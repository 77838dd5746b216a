import { didYouMean, type Issue, type Parsed } from '../../base/index.ts';
import type { Family } from '../../net/index.ts';
import { asSaved, listedTable } from './list-rules.ts';
import { parseRule } from './parse-rule.ts';
import { ruleLine } from './print-iptables-save.ts';
import { tokenize } from './tokens.ts';
import {
  BUILTIN_CHAINS,
  type Chain,
  type Rule,
  type Ruleset,
  SAVE_ORDER,
  type Table,
  type TableName,
} from './types.ts';

interface OpenTable {
  readonly name: TableName;
  readonly line: number;
  readonly policies: Map<string, 'ACCEPT' | 'DROP' | undefined>;
  readonly rules: Map<string, Read>;
  readonly chains: Set<string>;
}

/** The rules of a chain, and the line each stands in. */
interface Read {
  readonly rules: Rule[];
  readonly lines: number[];
}

/**
 * Reads the text of iptables-save or ip6tables-save (iptables-save(8), iptables/iptables-restore.c), or of one table as
 * `iptables -S` prints it. Counters and
 * comment lines are dropped. Built-in chains that iptables-nft has not made yet are filled in with policy ACCEPT: the
 * kernel runs nothing at such a hook, which is the same.
 */
export function parseIptablesSave(text: string, file: string, family: Family): Parsed<Ruleset> {
  const reader = new Reader(file, family);
  const listed = listedTable(text);
  if (listed !== undefined) reader.read(`*${listed}`, 1);
  let line = 0;
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    const content = text.slice(from, text[end - 1] === '\r' ? end - 1 : end);
    reader.read(listed === undefined ? content : asSaved(content), ++line);
    from = end + 1;
  }
  if (listed !== undefined) reader.read('COMMIT', line);
  return reader.finish(line);
}

/** What a text says that it leaves out. */
export interface LeftOut {
  readonly line: number;
  readonly text: string;
  /** Whether `nft list ruleset` has it. */
  readonly native: boolean;
}

const LEFT_OUT = [
  {
    text: /^#\s*Table `.*' (?:is incompatible|contains incompatible base-chains), use 'nft' tool/,
    native: true,
    hint: 'a walk that passes this namespace ends "unknown": collect "nft list ruleset" beside it',
  },
  {
    text: /^#\s*Warning: ip6?tables-legacy tables present/,
    native: false,
    hint: 'a walk that passes this namespace ends "unknown": look with "iptables-legacy-save", and take this line out where those hold no rules',
  },
];

/** What iptables-nft-save says of rules it does not print (iptables/xtables-save.c, iptables/nft.c). */
export function leftOutOf(text: string): readonly LeftOut[] {
  if (!/^#\s*(?:Table `|Warning: ip)/m.test(text)) return [];
  return text.split('\n').flatMap((each, at) => {
    const left = LEFT_OUT.find((one) => one.text.test(each));
    return left === undefined ? [] : [{ line: at + 1, text: saidBy(each), native: left.native }];
  });
}

const saidBy = (line: string): string =>
  line
    .replace(/^[\s#]+/, '')
    .trimEnd()
    .slice(0, 120);

const CHAIN_LINE = /^:(\S+)\s+(\S+)(?:\s+\[(\d+):(\d+)\])?\s*$/;
const RULE_LINE = /^(?:\[\d+:\d+\]\s+)?(?:-A|--append)\s+(\S+)\s*/;

class Reader {
  private readonly issues: Issue[] = [];
  private readonly tables = new Map<TableName, Table>();
  private readonly chains: (Read & { readonly table: TableName; readonly chain: string })[] = [];
  private open: OpenTable | undefined;
  /** Inside a table whose name is unknown: its lines were reported once, with the table. */
  private skipping = false;
  private readonly file: string;
  private readonly family: Family;

  constructor(file: string, family: Family) {
    this.file = file;
    this.family = family;
  }

  read(line: string, number: number): void {
    const first = line.trimStart()[0];
    if (first === '#') this.comment(line, number);
    if (first === undefined || first === '#') return;
    if (first === '*') {
      this.openTable(line.trim().slice(1), number);
      return;
    }
    if (line.trim() === 'COMMIT') {
      this.commit(number);
      return;
    }
    if (this.skipping) return;
    if (this.open === undefined) {
      this.error(number, `Line outside a table: "${line.trim()}"`, 'a line such as "*filter" before it');
      return;
    }
    if (first === ':') {
      this.chain(line.trim(), number, this.open);
      return;
    }
    this.rule(line, number, this.open);
  }

  finish(lastLine: number): Parsed<Ruleset> {
    if (this.open !== undefined) {
      this.error(lastLine, `Table "${this.open.name}" (line ${this.open.line}) does not end`, 'a line "COMMIT"');
      this.close(this.open);
    }
    this.tellLines();
    return { value: this.tables, issues: this.issues };
  }

  /** Rules of a text that is not as it would be printed, for comments in it or another order, know their own lines. */
  private tellLines(): void {
    const asPrinted = this.chains.every(({ table, chain, lines }) => {
      const first = ruleLine(this.tables, table, chain, 0);
      return lines.every((line, index) => line === first + index);
    });
    if (asPrinted) return;
    for (const { rules, lines } of this.chains)
      for (const [index, rule] of rules.entries()) {
        const line = lines[index];
        if (line !== undefined) rules[index] = { ...rule, line };
      }
  }

  private comment(line: string, number: number): void {
    const left = LEFT_OUT.find(({ text }) => text.test(line));
    if (left === undefined) return;
    const message = `This text leaves rules out: "${saidBy(line)}"`;
    const at = { file: this.file, line: number };
    this.issues.push({ code: 'iptables-incomplete', severity: 'warning', at, message, hint: left.hint });
  }

  private openTable(name: string, line: number): void {
    if (this.open !== undefined) {
      this.error(
        line,
        `Table "${this.open.name}" (line ${this.open.line}) does not end`,
        'a line "COMMIT" before this',
      );
      this.close(this.open);
    }
    const known = SAVE_ORDER.find((table) => table === name);
    this.skipping = known === undefined;
    if (known === undefined) {
      this.error(line, `Unknown table "${name}"`, `one of ${SAVE_ORDER.join(', ')}`, didYouMean(name, SAVE_ORDER));
      return;
    }
    const before = this.tables.get(known);
    if (before !== undefined) this.error(line, `Table "${name}" stands here twice`, 'one block a table');
    this.open = { name: known, line, policies: new Map(), rules: new Map(), chains: new Set() };
    for (const chain of BUILTIN_CHAINS[known]) this.open.policies.set(chain, 'ACCEPT');
  }

  private commit(line: number): void {
    if (this.open === undefined && !this.skipping) this.error(line, '"COMMIT" outside a table', 'a table before it');
    if (this.open !== undefined) this.close(this.open);
    this.open = undefined;
    this.skipping = false;
  }

  private chain(line: string, number: number, table: OpenTable): void {
    const found = CHAIN_LINE.exec(line);
    const [, name, policy] = found ?? [];
    if (name === undefined || policy === undefined) {
      this.error(number, `Cannot read chain line "${line}"`, '":NAME - [0:0]" or ":INPUT ACCEPT [0:0]"');
      return;
    }
    const builtin = BUILTIN_CHAINS[table.name].some((chain) => chain === name);
    if (policy !== '-' && policy !== 'ACCEPT' && policy !== 'DROP') {
      this.error(
        number,
        `Unknown policy "${policy}" of chain "${name}"`,
        '"ACCEPT", "DROP" or "-"',
        didYouMean(policy, ['ACCEPT', 'DROP']),
      );
    } else if (builtin && policy === '-') {
      this.error(number, `Built-in chain "${name}" has no policy`, '"ACCEPT" or "DROP"');
    } else if (!builtin && policy !== '-') {
      const chains = BUILTIN_CHAINS[table.name];
      this.error(
        number,
        `Chain "${name}" of table "${table.name}" cannot have a policy`,
        `"-", or one of ${chains.join(', ')}`,
        didYouMean(name, chains),
      );
    }
    if (!builtin) table.chains.add(name);
    table.policies.set(name, builtin ? (policy === 'DROP' ? 'DROP' : 'ACCEPT') : undefined);
  }

  private rule(line: string, number: number, table: OpenTable): void {
    const head = RULE_LINE.exec(line);
    const chain = head?.[1];
    if (head === null || chain === undefined) {
      this.error(number, `Cannot read "${line.trim()}"`, '"-A CHAIN ...", ":CHAIN - [0:0]" or "COMMIT"');
      return;
    }
    if (!table.policies.has(chain)) {
      this.error(
        number,
        `No chain "${chain}" in table "${table.name}"`,
        `a line ":${chain} - [0:0]" before it`,
        didYouMean(chain, table.policies.keys()),
      );
      return;
    }
    const { tokens, unclosed } = tokenize(line, head[0].length);
    if (unclosed !== undefined) {
      this.error(number, 'A quote does not end', 'a closing "', {}, unclosed);
    }
    const rule =
      unclosed === undefined
        ? parseRule(tokens, {
            family: this.family,
            file: this.file,
            line: number,
            chains: table.chains,
            issues: this.issues,
          })
        : { matches: [{ kind: 'unsupported' as const, text: line.slice(head[0].length) }], target: undefined };
    const read = table.rules.get(chain);
    if (read === undefined) table.rules.set(chain, { rules: [rule], lines: [number] });
    else {
      read.rules.push(rule);
      read.lines.push(number);
    }
  }

  private close(table: OpenTable): void {
    const chains = new Map<string, Chain>();
    for (const [name, policy] of table.policies) {
      const read = table.rules.get(name);
      const rules = read?.rules ?? [];
      if (read !== undefined) this.chains.push({ table: table.name, chain: name, ...read });
      chains.set(name, policy === undefined ? { name, rules } : { name, policy, rules });
    }
    this.tables.set(table.name, { name: table.name, chains });
  }

  private error(line: number, message: string, expected: string, hint: { hint?: string } = {}, column?: number): void {
    const at = { file: this.file, line, ...(column === undefined ? {} : { column }) };
    this.issues.push({
      code: 'iptables-syntax',
      severity: 'error',
      at,
      message,
      expected: `expected ${expected}`,
      ...hint,
    });
  }
}

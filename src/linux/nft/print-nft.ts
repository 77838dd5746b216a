import { assertNever } from '../../base/index.ts';
import { type Cidr, familyOf, isHostCidr } from '../../net/index.ts';
import { durationText } from './duration.ts';
import { printElement, printVerdict } from './element.ts';
import { datatypeOf, printKeys } from './key.ts';
import { priorityText } from './priority.ts';
import { DEFAULT_REJECT } from './reject.ts';
import { printSet } from './set.ts';
import type { NftChain, NftKey, NftRule, NftSetRef, NftStatement, NftTable } from './types.ts';

/** The text `nft list table` prints for each (measured with nft 1.0.6), counters at zero. */
export function printNftTables(tables: readonly NftTable[]): string {
  return tables.map(printTable).join('');
}

function printTable(table: NftTable): string {
  const comment = table.comment === undefined ? '' : `\tcomment "${table.comment}"\n`;
  const objects = table.objects.map((each) => (each.kind === 'unsupported' ? indented(each.text) : printSet(each)));
  const chains = table.chains.map((chain) => printChain(chain, table.family));
  return `table ${table.family} ${table.name} {\n${comment}${[...objects, ...chains].join('\n')}}\n`;
}

const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => `\t${line}\n`)
    .join('');

function printChain(chain: NftChain, family: NftTable['family']): string {
  const lines = [`\tchain ${chain.name} {`];
  if (chain.comment !== undefined) lines.push(`\t\tcomment "${chain.comment}"`);
  const base = chain.base;
  if (base !== undefined) {
    const priority = priorityText(base.priority, base.hook);
    lines.push(`\t\ttype ${base.type} hook ${base.hook.toLowerCase()} priority ${priority}; policy ${base.policy};`);
  }
  for (const rule of chain.rules) lines.push(`\t\t${printNftRule(rule, family)}`);
  lines.push('\t}');
  return `${lines.join('\n')}\n`;
}

/** One rule as `nft list` prints it. */
export function printNftRule(rule: NftRule, family: NftTable['family']): string {
  const words = rule.statements.map((statement) => printStatement(statement, family));
  if (rule.comment !== undefined) words.push(`comment "${rule.comment}"`);
  return words.join(' ');
}

const operator = (not: boolean): string => (not ? '!= ' : '');
const list = (members: readonly string[]): string =>
  members.length === 1 ? (members[0] ?? '') : `{ ${members.join(', ')} }`;
const hex = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
const cidrText = (cidr: Cidr): string => (isHostCidr(cidr) ? cidr.text.slice(0, cidr.text.indexOf('/')) : cidr.text);

function printStatement(statement: NftStatement, family: NftTable['family']): string {
  switch (statement.kind) {
    case 'match-address': {
      const version = statement.cidrs[0]?.family === 6 ? 'ip6' : 'ip';
      return `${version} ${statement.field} ${operator(statement.not)}${list(statement.cidrs.map(cidrText))}`;
    }
    case 'match-interface':
      return `${statement.field} ${operator(statement.not)}"${statement.name}"`;
    case 'match-port': {
      const ports = statement.ports.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
      return `${statement.protocol} ${statement.field} ${operator(statement.not)}${list(ports)}`;
    }
    case 'match-l4proto':
      return `meta l4proto ${operator(statement.not)}${list(statement.protocols)}`;
    case 'match-fib-type':
      return `fib ${statement.of} type ${operator(statement.not)}${statement.type}`;
    case 'match-mark':
      return printMarkMatch(statement);
    case 'match-ct-state':
      return `ct state ${operator(statement.not)}${CT_STATES.filter((state) => statement.states.includes(state)).join(',')}`;
    case 'lookup':
      return `${printKeys(statement.keys)} ${operator(statement.not)}${printRef(statement.set, statement.keys)}`;
    case 'vmap':
      return `${printKeys(statement.keys)} vmap ${printRef(statement.map, statement.keys)}`;
    case 'update-set':
      return printUpdate(statement);
    case 'counter':
      return 'counter packets 0 bytes 0';
    case 'set-mark':
      return printMarkSet(statement);
    case 'verdict':
    case 'jump':
    case 'goto':
      return printVerdict(statement);
    case 'reject':
      return statement.with === DEFAULT_REJECT[family] ? 'reject' : `reject with ${statement.with}`;
    case 'dnat':
    case 'snat':
      return printNat(statement, family);
    case 'masquerade':
      return `masquerade${flags(statement)}`;
    case 'unsupported':
      return statement.text;
    default:
      return assertNever(statement, 'statement');
  }
}

/** One plain value is compared and has no braces; a map and a concatenation always have them. */
function printRef(ref: NftSetRef, keys: readonly NftKey[]): string {
  if (ref.kind === 'named') return `@${ref.name}`;
  const types = keys.map(datatypeOf);
  const elements = ref.elements.map((element) => printElement(element, types));
  const [only] = ref.elements;
  return only !== undefined && elements.length === 1 && keys.length === 1 && only.verdict === undefined
    ? elements.join()
    : `{ ${elements.join(', ')} }`;
}

function printUpdate({ op, set, keys, timeout }: Extract<NftStatement, { kind: 'update-set' }>): string {
  const lasting = timeout === undefined ? '' : ` timeout ${durationText(timeout)}`;
  return `${op} @${set} { ${printKeys(keys)}${lasting} }`;
}

/** By the bits of the kernel's state mask, lowest first (src/ct.c, ct_state_tbl). */
const CT_STATES: readonly string[] = ['invalid', 'established', 'related', 'new', 'untracked'];

function printMarkMatch(match: Extract<NftStatement, { kind: 'match-mark' }>): string {
  if (match.mask >>> 0 === 0xffffffff) return `${match.of} mark ${operator(match.not)}${hex(match.value)}`;
  return `${match.of} mark & ${hex(match.mask)} ${match.not ? '!=' : '=='} ${hex(match.value)}`;
}

function printMarkSet(set: Extract<NftStatement, { kind: 'set-mark' }>): string {
  if (set.source === 'immediate') return `${set.of} mark set ${hex(set.xor | set.or)}`;
  let text = `${set.of} mark set ${set.source} mark`;
  if (set.and >>> 0 !== 0xffffffff) text += ` & ${hex(set.and)}`;
  if (set.xor !== 0) text += ` ^ ${hex(set.xor)}`;
  if (set.or !== 0) text += ` | ${hex(set.or)}`;
  return text;
}

function printNat(nat: Extract<NftStatement, { kind: 'dnat' | 'snat' }>, family: NftTable['family']): string {
  const version = familyOf(nat.to);
  const to = nat.port === undefined ? nat.to : `${version === 6 ? `[${nat.to}]` : nat.to}:${nat.port}`;
  return `${nat.kind}${family === 'inet' ? (version === 6 ? ' ip6' : ' ip') : ''} to ${to}${flags(nat)}`;
}

const flags = (of: { readonly random: boolean; readonly fullyRandom: boolean }): string =>
  of.random || of.fullyRandom
    ? ` ${[...(of.random ? ['random'] : []), ...(of.fullyRandom ? ['fully-random'] : [])].join(',')}`
    : '';

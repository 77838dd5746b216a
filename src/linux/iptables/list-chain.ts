import { type Cidr, defaultRoute, type Family, isHostCidr, type Protocol, protocolNumber } from '../../net/index.ts';
import { listMatch } from './matches/registry.ts';
import { canonicalOrder, orderedChains } from './print-iptables-save.ts';
import { protocolDigits } from './protocol-name.ts';
import { listTarget } from './targets/registry.ts';
import type { Chain, Match, Rule, Ruleset, Table, TableName } from './types.ts';

export interface ListOptions {
  /** true: `all`, `tcp` (iptables 1.8.8 and before, 1.8.10 and after); false: `0`, `6` (1.8.9). */
  readonly protocolNames: boolean;
  /** Decides `0.0.0.0/0` or `::/0` where a rule names no address; 4 unless told. */
  readonly family?: Family;
}

/**
 * The text of `iptables -t TABLE -L [CHAIN] -n` (iptables/nft-shared.c, print_rule_details; columns measured with 1.8.9).
 * Like the tool it leaves out interfaces, so two different rules may print alike. Empty when there is no such chain.
 */
export function listChain(ruleset: Ruleset, table: TableName, chain: string | undefined, options: ListOptions): string {
  const found: Table = ruleset.get(table) ?? { name: table, chains: new Map() };
  const references = countReferences(found);
  return orderedChains(found)
    .filter((one) => chain === undefined || one.name === chain)
    .map((one) => listOne(one, references.get(one.name) ?? 0, options))
    .join('\n');
}

function countReferences(table: Table): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const chain of table.chains.values()) {
    for (const { target } of chain.rules) {
      if (target?.kind !== 'jump' && target?.kind !== 'goto') continue;
      counts.set(target.chain, (counts.get(target.chain) ?? 0) + 1);
    }
  }
  return counts;
}

const COLUMNS = 'target     prot opt source               destination         ';

function listOne(chain: Chain, references: number, options: ListOptions): string {
  const note = chain.policy === undefined ? `${references} references` : `policy ${chain.policy}`;
  const rules = chain.rules.map((rule) => `${listRule(rule, options)}\n`);
  return `Chain ${chain.name} (${note})\n${COLUMNS}\n${rules.join('')}`;
}

interface Columns {
  protocol: string;
  options: string;
  source: string;
  destination: string;
}

/** Every column but the last starts with the place of its `!`. */
function listRule(rule: Rule, options: ListOptions): string {
  const any = defaultRoute(options.family ?? 4).text;
  const columns: Columns = {
    protocol: ` ${protocolColumn('all', options)}`,
    options: '--',
    source: ` ${any}`,
    destination: ` ${any}`,
  };
  let rest = '';
  for (const match of canonicalOrder(rule.matches)) {
    if (fillColumn(columns, match, options)) continue;
    rest += ` ${listMatch(match)}`;
  }
  const [name, text] = rule.target === undefined ? ['', ''] : listTarget(rule.target);
  if (text !== '') rest += ` ${text}`;
  const goto = rule.target?.kind === 'goto' ? '[goto] ' : '';
  const { protocol, source, destination } = columns;
  return `${name.padEnd(9)} ${protocol.padEnd(5)} ${columns.options} ${source.padEnd(20)} ${destination.padEnd(20)} ${goto}${rest}`;
}

/** True when the match belongs to a column, or to none (interfaces). */
function fillColumn(columns: Columns, match: Match, options: ListOptions): boolean {
  switch (match.kind) {
    case 'in-interface':
    case 'out-interface':
      return true;
    case 'fragment':
      columns.options = match.not ? '!f' : '-f';
      return true;
    case 'protocol':
      columns.protocol = `${inverted(match.not)}${protocolColumn(match.protocol, options)}`;
      return true;
    case 'source':
    case 'destination':
      columns[match.kind] = `${inverted(match.not)}${block(match.cidr)}`;
      return true;
    case 'unsupported': {
      const [, not, side, text] = /^(! )?-([sd]) (\S+)$/.exec(match.text) ?? [];
      if (text === undefined) return false;
      columns[side === 's' ? 'source' : 'destination'] = `${inverted(not !== undefined)}${text}`;
      return true;
    }
    default:
      return false;
  }
}

const inverted = (not: boolean): string => (not ? '!' : ' ');
const block = (cidr: Cidr): string => (isHostCidr(cidr) ? cidr.text.slice(0, cidr.text.indexOf('/')) : cidr.text);

/** What `-n` leaves named before 1.8.9: libxtables' own short list, not /etc/protocols (libxtables/xtables.c, xtables_chain_protos). */
const LISTED_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [50, 'esp'],
  [51, 'ah'],
  [58, 'icmpv6'],
  [132, 'sctp'],
  [135, 'ipv6-mh'],
  [136, 'udplite'],
]);

function protocolColumn(protocol: Protocol | 'all', options: ListOptions): string {
  if (!options.protocolNames) return protocolDigits(protocol);
  if (protocol === 'all') return 'all';
  return LISTED_NAMES.get(protocolNumber(protocol)) ?? protocolDigits(protocol);
}

import type {
  Chain,
  Match,
  Netns,
  NftChain,
  NftObject,
  NftStatement,
  NftTable,
  Ruleset,
  Target,
} from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';
import { hiddenTable, hidesHook } from '../unsaid.ts';

/**
 * Whether a namespace tracks connections of a family at all. The kernel registers conntrack's hooks when the first rule
 * that needs them is loaded, reachable or not, one family at a time (nf_conntrack_proto.c, nf_ct_netns_get): a ct match,
 * a connection mark, a translation, whether this model can evaluate it or not. A nat chain without such a rule does not, and
 * neither does NOTRACK; one nobody knows is taken to.
 */
export function tracksFamily(netns: Netns, family: Family): boolean {
  let known = answers.get(netns);
  if (known === undefined) {
    known = { 4: compute(netns, 4), 6: compute(netns, 6) };
    answers.set(netns, known);
  }
  return known[family];
}

const answers = new WeakMap<Netns, Readonly<Record<Family, boolean>>>();

const compute = (netns: Netns, family: Family): boolean =>
  rulesetUses(family === 4 ? netns.iptables.ip : netns.iptables.ip6) ||
  netns.nft.some(
    (table) => coversFamily(table, family) && (table.chains.some(nftChainUses) || table.objects.some(objectUses)),
  ) ||
  hiddenTable(netns, family, 'nat') !== undefined ||
  hidesHook(netns, family);

/** Nft tables of family `ip`, `ip6` or, for both, `inet`. */
export const coversFamily = (table: NftTable, family: Family): boolean =>
  table.family === 'inet' || table.family === (family === 4 ? 'ip' : 'ip6');

/** The nat table first: where there are translations, its first few chains already answer. */
function rulesetUses(ruleset: Ruleset): boolean {
  for (const name of ['nat', 'mangle', 'filter', 'raw', 'security'] as const) {
    const table = ruleset.get(name);
    if (table === undefined) continue;
    for (const [, chain] of table.chains) if (chainUses(chain)) return true;
  }
  return false;
}

/** Chains are shared between namespaces, so each is read once. */
const chainAnswers = new WeakMap<Chain, boolean>();

function chainUses(chain: Chain): boolean {
  let uses = chainAnswers.get(chain);
  if (uses === undefined) {
    uses = chain.rules.some((rule) => targetUses(rule.target) || rule.matches.some(matchUses));
    chainAnswers.set(chain, uses);
  }
  return uses;
}

const TRACKING_MATCHES: ReadonlySet<Match['kind']> = new Set(['conntrack', 'state', 'connmark']);
const TRACKING_TARGETS: ReadonlySet<Target['kind']> = new Set([
  'CONNMARK',
  'DNAT',
  'SNAT',
  'MASQUERADE',
  'REDIRECT',
  'NETMAP',
]);

/** Of what is kept as text: every user of nf_ct_netns_get in net/netfilter/xt_*.c and net/ipv4/netfilter/ipt_*.c that is not read. */
const UNREAD_MATCHES =
  /(?:^| )(?:-m|--match) (?:cluster|connbytes|connlabel|connlimit|connmark|conntrack|helper|state) /;
const UNREAD_TARGETS: ReadonlySet<string> = new Set([
  ...TRACKING_TARGETS,
  'CLUSTERIP',
  'CONNSECMARK',
  'CT',
  'SAME',
  'SYNPROXY',
]);

const matchUses = (match: Match): boolean =>
  TRACKING_MATCHES.has(match.kind) || (match.kind === 'unsupported' && UNREAD_MATCHES.test(`${match.text} `));

function targetUses(target: Target | undefined): boolean {
  if (target === undefined) return false;
  if (target.kind === 'unsupported' || target.kind === 'no-effect') return UNREAD_TARGETS.has(target.name);
  return TRACKING_TARGETS.has(target.kind);
}

/** Words of nft statements that are not read, and their kernel's: nft_ct, nft_connlimit, nft_nat, nft_masq, nft_redir, nft_synproxy, nft_flow_offload. */
const UNREAD_STATEMENTS = /(?:^|[\s{])(?:ct|dnat|snat|masquerade|redirect|synproxy|flow)\b/;
/** A rule of iptables-nft that nft cannot tell in its own words. */
const UNREAD_XT = /\bxt (?:match|target) "(\w+)"/g;

const withoutStrings = (text: string): string => text.replace(/"[^"]*"/g, '""');

const textUses = (text: string): boolean =>
  UNREAD_STATEMENTS.test(withoutStrings(text)) ||
  [...text.matchAll(UNREAD_XT)].some(([, name = '']) => UNREAD_MATCHES.test(`-m ${name} `) || UNREAD_TARGETS.has(name));

/** A helper, a timeout or a proxy needs no rule that names it, nor does a set that counts connections; a type of elements uses nothing. */
function objectUses(object: NftObject): boolean {
  if (object.kind !== 'unsupported') return false;
  if (/^(?:ct|synproxy) /.test(object.text)) return true;
  if (/^(?:set|map) /.test(object.text)) return /\bct count\b/.test(withoutStrings(object.text));
  return object.text.startsWith('chain ') && textUses(object.text);
}

const nftChainUses = (chain: NftChain): boolean =>
  chain.rules.some((rule) => rule.statements.some((statement) => statementUses(statement)));

function statementUses(statement: NftStatement): boolean {
  switch (statement.kind) {
    case 'match-ct-state':
    case 'dnat':
    case 'snat':
    case 'masquerade':
      return true;
    case 'match-mark':
      return statement.of === 'ct';
    case 'lookup':
    case 'vmap':
    case 'update-set':
      return statement.keys.some((key) => key.kind === 'ct-state' || (key.kind === 'mark' && key.of === 'ct'));
    case 'set-mark':
      return statement.of === 'ct' || statement.source === 'ct';
    case 'unsupported':
      return textUses(statement.text);
    default:
      return false;
  }
}

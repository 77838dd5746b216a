import type { Hook } from '../../trace/index.ts';
import { withNetns } from '../exec/ffi/index.ts';
import { runTool } from '../exec/run-tool.ts';
import { eachAttribute, textAt } from './netlink/attributes.ts';
import { NETLINK_NETFILTER, netlinkRequest } from './netlink/request.ts';
import { type RuleEvent, TABLE_FAMILIES } from './netlink/rule-events.ts';

/** Where a rule stands and what it says, in the words of the tool that wrote it. */
export interface BookedRule {
  /** `nat`, or `ip aws-cni` for a native table. */
  readonly table: string;
  readonly chain: string;
  /** From 1, as `iptables -L --line-numbers` counts. */
  readonly index: number;
  readonly text: string;
  readonly file: string;
}

/** A table's family as nft writes it, its name, and a chain: two families may each have a table of one name. */
type Place = Pick<RuleEvent, 'tableFamily' | 'table' | 'chain'>;

/** A base chain: its hook, its table as steps name it, what lists it, and how a policy to drop looks there. */
export interface BookedBase {
  readonly hook: Hook;
  readonly table: string;
  readonly file: string;
  readonly policy: string;
}

/** Everything that names the rules of one namespace: read again after each change, for handles only grow. */
export interface RuleBook {
  rule(at: Place, handle: number): BookedRule | undefined;
  base(at: Place): BookedBase | undefined;
  /** What iptables-save printed, the very text the rules were taken from. */
  readonly iptablesSave: string;
}

/** The observer's own table: an nft one, which iptables does not list. */
export const OBSERVER_TABLE = 'zz_trace';

const GET_TABLE = (10 << 8) | 1;
const GET_RULE = (10 << 8) | 7;
const IPTABLES: readonly string[] = ['raw', 'mangle', 'nat', 'filter', 'security'];
const BUILT_IN: readonly Hook[] = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];
const isHook = (chain: string): chain is Hook => (BUILT_IN as readonly string[]).includes(chain);
const NATIVE_FILE = 'nft-list-ruleset';
const SAVE_FILE: Readonly<Record<string, string>> = { ip: 'iptables-save', ip6: 'ip6tables-save' };

interface Native {
  readonly rules: ReadonlyMap<string, BookedRule>;
  readonly bases: ReadonlyMap<string, Hook>;
}

/**
 * Reads a namespace's rules. The kernel lists handles in the order of the rules, iptables-save their texts in the same
 * order: position ties them. (What nft prints of an xtables rule is a rendering, never compared.)
 */
export function readRuleBook(netns: number, families: readonly (4 | 6)[] = [4, 6]): RuleBook {
  const saves = new Map(families.map((family) => [family, save(netns, family)]));
  const texts = new Map(families.map((family) => [family, linesOf(saves.get(family) ?? '')]));
  const native = hasNativeTables(netns) ? readNative(netns) : { rules: new Map(), bases: new Map() };
  const handles = readHandles(netns);
  const book = new Map<string, BookedRule>();
  for (const [key, { family, table, chain, index }] of handles) {
    const file = SAVE_FILE[family];
    const line =
      file === undefined ? undefined : texts.get(family === 'ip' ? 4 : 6)?.get(`${table} ${chain}`)?.[index - 1];
    const own = native.rules.get(key);
    if (own !== undefined && line === undefined) book.set(key, own);
    else if (file !== undefined && line !== undefined) book.set(key, { table, chain, index, text: line, file });
  }
  return {
    iptablesSave: saves.get(4) ?? '',
    rule: (at, handle) => book.get(`${keyOf(at)} ${handle}`),
    base: (at) => {
      const { tableFamily, table, chain } = at;
      const file = SAVE_FILE[tableFamily];
      if (file !== undefined && isHook(chain) && IPTABLES.includes(table))
        return { hook: chain, table, file, policy: `:${chain} DROP` };
      const hook = native.bases.get(keyOf(at));
      if (hook === undefined) return undefined;
      const policy = `chain ${chain} { policy drop; }`;
      return { hook, table: `${tableFamily} ${table}`, file: NATIVE_FILE, policy };
    },
  };
}

const keyOf = ({ tableFamily, table, chain }: Place): string => `${tableFamily} ${table} ${chain}`;

/** A book that is read when the first rule is looked up: of most namespaces no packet asks. */
export function readWhenAsked(read: () => RuleBook): RuleBook {
  let known: RuleBook | undefined;
  const book = (): RuleBook => {
    known ??= read();
    return known;
  };
  return {
    rule: (...about) => book().rule(...about),
    base: (...about) => book().base(...about),
    get iptablesSave() {
      return book().iptablesSave;
    },
  };
}

function save(netns: number, family: 4 | 6): string {
  const command = family === 4 ? 'iptables-nft-save' : 'ip6tables-nft-save';
  return withNetns(netns, () => runTool([command])).stdout;
}

/** `-A` lines by `TABLE CHAIN`. */
function linesOf(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    if (!line.startsWith('-A ')) continue;
    const key = `${table} ${line.split(' ', 2)[1]}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, [line]);
    else known.push(line);
  }
  return found;
}

interface Handle {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly index: number;
}

/** NFT_MSG_GETRULE: every rule of every family, chain by chain, in order. */
function readHandles(netns: number): Map<string, Handle> {
  const found = new Map<string, Handle>();
  const counts = new Map<string, number>();
  for (const message of netlinkRequest(netns, NETLINK_NETFILTER, GET_RULE, Buffer.alloc(4), 'dump')) {
    const family = TABLE_FAMILIES[message.readUInt8(0)] ?? '';
    let table = '';
    let chain = '';
    let handle = 0;
    eachAttribute(message, 4, message.length, (type, at, length) => {
      if (type === 1) table = textAt(message, at, length);
      if (type === 2) chain = textAt(message, at, length);
      if (type === 3) handle = Number(message.readBigUInt64BE(at));
    });
    if (table === OBSERVER_TABLE) continue;
    const place = `${family} ${table} ${chain}`;
    const index = (counts.get(place) ?? 0) + 1;
    counts.set(place, index);
    found.set(`${place} ${handle}`, { family, table, chain, index });
  }
  return found;
}

/** NFT_MSG_GETTABLE: tables that are neither iptables' nor the observer's. iptables has none for both families. */
function hasNativeTables(netns: number): boolean {
  return netlinkRequest(netns, NETLINK_NETFILTER, GET_TABLE, Buffer.alloc(4), 'dump').some((message) => {
    let name = '';
    eachAttribute(message, 4, message.length, (type, at, length) => {
      if (type === 1) name = textAt(message, at, length);
    });
    const isIptables = SAVE_FILE[TABLE_FAMILIES[message.readUInt8(0)] ?? ''] !== undefined && IPTABLES.includes(name);
    return name !== OBSERVER_TABLE && !isIptables;
  });
}

/** `nft -a list ruleset`: native rules with their handles, and the hooks of base chains. */
function readNative(netns: number): Native {
  const rules = new Map<string, BookedRule>();
  const bases = new Map<string, Hook>();
  const { stdout } = withNetns(netns, () => runTool(['nft', '-a', 'list', 'ruleset']));
  let table = '';
  let chain = '';
  let index = 0;
  for (const line of stdout.split('\n')) {
    const text = line.trim();
    const head = /^table (\S+ \S+) \{/.exec(text)?.[1];
    if (head !== undefined) {
      table = head;
      chain = '';
    }
    const named = /^chain (\S+) \{/.exec(text)?.[1];
    if (named !== undefined) {
      chain = named;
      index = 0;
    }
    const hook = /^type \S+ hook (\w+)/.exec(text)?.[1]?.toUpperCase();
    if (hook !== undefined && isHook(hook)) bases.set(`${table} ${chain}`, hook);
    const rule = /^(.*) # handle (\d+)$/.exec(text);
    // Sets and maps have handles as well, and stand before the chains.
    if (rule === null || named !== undefined || chain === '') continue;
    index += 1;
    const key = `${table} ${chain} ${rule[2]}`;
    rules.set(key, { table, chain, index, text: rule[1] ?? '', file: NATIVE_FILE });
  }
  return { rules, bases };
}

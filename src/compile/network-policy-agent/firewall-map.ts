import type { EndpointInfo } from '../../cluster/index.ts';
import { RESERVED_IP_PROTOCOL, type TrieValue } from '../../linux/index.ts';
import {
  type Cidr,
  cidrContains,
  cidrFirst,
  cidrOf,
  type Family,
  type Ip,
  ipFromBits,
  isHostCidr,
} from '../../net/index.ts';
import { EVERYTHING, type Granted, Grants } from './grants.ts';

/** An entry of a PolicyEndpoint, and the NetworkPolicy it is of. */
export interface FirewallRule extends EndpointInfo {
  readonly policy: string;
}

/** Prefixes that the same rules mean, and what those let through. */
export interface FirewallEntries {
  readonly keys: readonly Cidr[];
  readonly values: readonly TrieValue[];
  /** Policies that made them; none for the node's own address. */
  readonly policies: readonly string[];
}

/** Values a map holds for one prefix (MAX_PORT_PROTOCOL), and prefixes it holds (max_entries). */
export const MAX_PORT_PROTOCOL = 24;
export const MAX_ENTRIES = 65_536;

const NOTHING: TrieValue = { protocol: RESERVED_IP_PROTOCOL, start_port: 0, end_port: 0 };

/** What the agent gathers for one prefix before it writes it. */
interface Gathered {
  readonly key: Cidr;
  /** Grants of the rules that mean it. */
  readonly grants: number[];
  readonly except: Cidr[];
}

/**
 * The map one direction of a pod is judged by (aws-network-policy-agent, pkg/fwruleprocessor/fw_rule_processor.go
 * ComputeMapEntriesFromEndpointRules). The longest prefix alone counts when a packet is looked up, so a prefix takes over
 * what wider ones let through, unless it is in their exceptions; an exception no rule names lets nothing through, whatever
 * other rules say of a block around it. The node's own address may always.
 */
export function firewallMap(rules: readonly FirewallRule[], nodeIp: Ip, family: Family): readonly FirewallEntries[] {
  const grants = new Grants();
  const gathered = new Map<string, Gathered>();
  const blocks: Gathered[] = [];
  const exceptions = new Map<string, { readonly block: Cidr; readonly policies: Set<string> }>();
  for (const rule of rules.toSorted((a, b) => a.cidr.prefix - b.cidr.prefix)) {
    for (const block of rule.except) {
      const known = exceptions.get(block.text) ?? { block, policies: new Set() };
      exceptions.set(block.text, known);
      known.policies.add(rule.policy);
    }
    // shouldSkipRule: the node's address has its entry, and the other family's blocks have none.
    if (rule.cidr.family !== family || cidrFirst(rule.cidr) === nodeIp) continue;
    const known = gathered.get(rule.cidr.text);
    const into = known ?? inherited(rule.cidr, blocks);
    into.grants.push(grants.of(rule));
    into.except.push(...rule.except);
    if (known !== undefined) continue;
    gathered.set(rule.cidr.text, into);
    if (!isHostCidr(rule.cidr)) blocks.push(into);
  }
  const own = nodeEntry(nodeIp);
  const entries = new Map<string, readonly [Cidr, Granted]>(own.keys.map((key) => [key.text, [key, own]]));
  for (const [text, { key, grants: numbers }] of gathered) entries.set(text, [key, grants.sum(numbers)]);
  for (const { block, policies } of exceptions.values()) {
    const key = gathered.has(block.text) ? undefined : keyOf(block, family);
    if (key !== undefined) entries.set(key.text, [key, grants.only(NOTHING, [...policies])]);
  }
  return together([...entries.values()]);
}

/** Keys with what they have in common, by the first of each. */
function together(entries: readonly (readonly [Cidr, Granted])[]): readonly FirewallEntries[] {
  const groups = new Map<Granted, Cidr[]>();
  for (const [key, granted] of entries.toSorted(([a], [b]) => byPrefix(a, b))) {
    const keys = groups.get(granted);
    if (keys === undefined) groups.set(granted, [key]);
    else keys.push(key);
  }
  return [...groups].map(([{ values, policies }, keys]) => ({ keys, values, policies }));
}

/** Traffic of the node itself. */
export const nodeEntry = (nodeIp: Ip): FirewallEntries => ({
  keys: [cidrOf(nodeIp)],
  values: [EVERYTHING],
  policies: [],
});

/**
 * pkg/utils/utils.go ComputeTrieKey copies as many bytes as the key has: an exception of the other family becomes a block of
 * this one. Undefined where its prefix is longer than any key (kernel/bpf/lpm_trie.c, EINVAL).
 */
export function keyOf(block: Cidr, family: Family): Cidr | undefined {
  if (block.family === family) return block;
  const { first, prefix } = block;
  if (typeof first === 'number') return cidrOf(ipFromBits(BigInt(first) << 96n, 6), prefix);
  return prefix > 32 ? undefined : cidrOf(ipFromBits(Number(first >> 96n), 4), prefix);
}

/** checkAndDeriveL4InfoFromAnyMatchingCIDRsTrie: what every wider block that does not except it lets through. */
function inherited(key: Cidr, wider: readonly Gathered[]): Gathered {
  const first = cidrFirst(key);
  const around = wider.filter(
    (block) => cidrContains(block.key, first) && !block.except.some((except) => cidrContains(except, first)),
  );
  return { key, grants: around.flatMap(({ grants }) => grants), except: [] };
}

const byPrefix = (a: Cidr, b: Cidr): number =>
  a.prefix - b.prefix || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0);

import type { EndpointInfo, EndpointPort } from '../../cluster/index.ts';
import { ANY_IP_PROTOCOL, RESERVED_IP_PROTOCOL, type TrieValue } from '../../linux/index.ts';
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

/** An entry of a PolicyEndpoint, and the NetworkPolicy it is of. */
export interface FirewallRule extends EndpointInfo {
  readonly policy: string;
}

export interface FirewallEntry {
  readonly key: Cidr;
  readonly values: readonly TrieValue[];
  /** Policies that made it; none for the node's own address. */
  readonly policies: readonly string[];
}

/** Values a map holds for one prefix (MAX_PORT_PROTOCOL), and prefixes it holds (max_entries). */
export const MAX_PORT_PROTOCOL = 24;
export const MAX_ENTRIES = 65_536;

const EVERYTHING: TrieValue = { protocol: ANY_IP_PROTOCOL, start_port: 0, end_port: 0 };
const NOTHING: TrieValue = { protocol: RESERVED_IP_PROTOCOL, start_port: 0, end_port: 0 };
const NUMBERS = { TCP: 6, UDP: 17, SCTP: 132 } as const;

/** What the agent gathers for one prefix before it writes it. */
interface Gathered {
  readonly key: Cidr;
  readonly values: Map<string, TrieValue>;
  readonly except: Cidr[];
  readonly policies: Set<string>;
}

/**
 * The map one direction of a pod is judged by (aws-network-policy-agent, pkg/fwruleprocessor/fw_rule_processor.go
 * ComputeMapEntriesFromEndpointRules). The longest prefix alone counts when a packet is looked up, so a prefix takes over
 * what wider ones let through, unless it is in their exceptions; an exception no rule names lets nothing through, whatever
 * other rules say of a block around it. The node's own address may always.
 */
export function firewallMap(rules: readonly FirewallRule[], nodeIp: Ip, family: Family): readonly FirewallEntry[] {
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
    add(into, rule);
    if (known !== undefined) continue;
    gathered.set(rule.cidr.text, into);
    if (!isHostCidr(rule.cidr)) blocks.push(into);
  }
  const entries = new Map<string, FirewallEntry>();
  const own = cidrOf(nodeIp);
  entries.set(own.text, { key: own, values: [EVERYTHING], policies: [] });
  for (const { key, values, policies } of gathered.values())
    entries.set(key.text, { key, values: [...values.values()], policies: [...policies] });
  for (const { block, policies } of exceptions.values()) {
    const key = gathered.has(block.text) ? undefined : keyOf(block, family);
    if (key !== undefined) entries.set(key.text, { key, values: [NOTHING], policies: [...policies] });
  }
  return [...entries.values()].sort(byPrefix);
}

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
  const into: Gathered = { key, values: new Map(), except: [], policies: new Set() };
  const first = cidrFirst(key);
  for (const block of wider) {
    if (!cidrContains(block.key, first) || block.except.some((except) => cidrContains(except, first))) continue;
    for (const [text, value] of block.values) into.values.set(text, value);
    for (const policy of block.policies) into.policies.add(policy);
  }
  return into;
}

function add(into: Gathered, { ports, except, policy }: FirewallRule): void {
  const values = ports.length === 0 ? [EVERYTHING] : ports.map(rangeOf);
  for (const value of values) into.values.set(`${value.protocol} ${value.start_port} ${value.end_port}`, value);
  into.except.push(...except);
  into.policies.add(policy);
}

/** pkg/utils/utils.go ComputeTrieValue: a protocol it does not know is any. */
const rangeOf = ({ protocol, port, endPort }: EndpointPort): TrieValue => ({
  protocol: protocol === undefined ? ANY_IP_PROTOCOL : NUMBERS[protocol],
  start_port: port ?? 0,
  end_port: endPort ?? 0,
});

const byPrefix = (a: FirewallEntry, b: FirewallEntry): number =>
  a.key.prefix - b.key.prefix || (a.key.first < b.key.first ? -1 : a.key.first > b.key.first ? 1 : 0);

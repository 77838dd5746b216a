import type { PolicyEndpoint } from '../../cluster/index.ts';
import { cidrFirst, cidrOf, defaultRoute, type Family, type Ip, ip, isHostCidr } from '../../net/index.ts';
import {
  type FirewallEntries,
  type FirewallRule,
  firewallMap,
  keyOf,
  MAX_ENTRIES,
  MAX_PORT_PROTOCOL,
  nodeEntry,
} from './firewall-map.ts';

export type Direction = 'ingress' | 'egress';

export const policyOf = ({ spec: { policyRef } }: PolicyEndpoint): string => `${policyRef.namespace}/${policyRef.name}`;

/** Any address that is no node's. */
const NOBODY = { 4: ip('255.255.255.255'), 6: ip('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff') } as const;

/** What some PolicyEndpoints come to together, made once for all pods they are enforced on, and when it is asked for. */
export class RuleSet {
  private readonly endpoints: readonly PolicyEndpoint[];
  private readonly family: Family;
  private readonly sides = new Map<Direction, Side>();

  constructor(endpoints: readonly PolicyEndpoint[], family: Family) {
    this.endpoints = endpoints;
    this.family = family;
  }

  /** What keeps the maps from being sure. */
  get unsure(): string | undefined {
    return this.side('ingress').unsure ?? this.side('egress').unsure;
  }

  /** The map of one direction as the agent of a node writes it. */
  map(direction: Direction, nodeIp: Ip): readonly FirewallEntries[] {
    const { entries, ownKeys } = this.side(direction);
    if (ownKeys.has(nodeIp)) return firewallMap(this.rules(direction), nodeIp, this.family);
    return [...without(entries, nodeIp), nodeEntry(nodeIp)];
  }

  private rules(direction: Direction): readonly FirewallRule[] {
    return rulesOf(this.endpoints, direction, this.family);
  }

  private side(direction: Direction): Side {
    const known = this.sides.get(direction) ?? sideOf(this.rules(direction), this.family);
    this.sides.set(direction, known);
    return known;
  }
}

interface Side {
  /** As on a node that no rule means. */
  readonly entries: readonly FirewallEntries[];
  /** Addresses for which the map of a node that has one is another: a block begins with it, or an exception is it alone. */
  readonly ownKeys: ReadonlySet<Ip>;
  readonly unsure: string | undefined;
}

function sideOf(rules: readonly FirewallRule[], family: Family): Side {
  const entries = without(firewallMap(rules, NOBODY[family], family), NOBODY[family]);
  const ownKeys = new Set<Ip>();
  for (const { cidr, except } of rules) {
    if (!isHostCidr(cidr)) ownKeys.add(cidrFirst(cidr));
    for (const block of except) if (isHostCidr(block)) ownKeys.add(cidrFirst(block));
  }
  return { entries, ownKeys, unsure: unsure(rules, entries, family) };
}

/** Entries but for that of one address. */
function without(entries: readonly FirewallEntries[], address: Ip): readonly FirewallEntries[] {
  const { text } = cidrOf(address);
  return entries.flatMap((each) => {
    if (!each.keys.some((key) => key.text === text)) return [each];
    const keys = each.keys.filter((key) => key.text !== text);
    return keys.length === 0 ? [] : [{ ...each, keys }];
  });
}

/** Where no policy has a rule for a direction and none isolates it, everything may (addCatchAllEntry). */
function rulesOf(endpoints: readonly PolicyEndpoint[], side: Direction, family: Family): readonly FirewallRule[] {
  const rules = endpoints.flatMap((endpoint) => {
    const policy = policyOf(endpoint);
    return endpoint.spec[side].map(({ cidr, except, ports }) => ({ cidr, except, ports, policy }));
  });
  const type = side === 'ingress' ? 'Ingress' : 'Egress';
  if (rules.length > 0 || endpoints.some(({ spec }) => spec.podIsolation.includes(type))) return rules;
  return [{ cidr: defaultRoute(family), except: [], ports: [], policy: '' }];
}

function unsure(
  rules: readonly FirewallRule[],
  entries: readonly FirewallEntries[],
  family: Family,
): string | undefined {
  const full = entries.find(({ values }) => values.length > MAX_PORT_PROTOCOL);
  if (full !== undefined)
    return `${full.policies.join(', ')}: ${full.values.length} ports for ${full.keys[0]?.text ?? ''}, and the policy agent keeps ${MAX_PORT_PROTOCOL} of them, no telling which`;
  const count = entries.reduce((sum, { keys }) => sum + keys.length, 0);
  if (count > MAX_ENTRIES)
    return `the policies list ${count} addresses, and a map of the policy agent holds ${MAX_ENTRIES}`;
  for (const { except } of rules) {
    const foreign = except.find((block) => keyOf(block, family) === undefined);
    if (foreign !== undefined)
      return `exception ${foreign.text} is of the other IP family, and the policy agent's map refuses it`;
  }
  return undefined;
}

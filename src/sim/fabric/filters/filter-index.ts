import {
  type Eni,
  type Fabric,
  isEveryPort,
  type NetworkAcl,
  type NetworkAclEntry,
  type PrefixList,
  type SecurityGroup,
  type SecurityGroupRule,
} from '../../../fabric/index.ts';
import { type Cidr, type Family, protocolNumber } from '../../../net/index.ts';
import type { Packet } from '../../packet.ts';
import { fits } from './match-traffic.ts';
import type { Way } from './tracked-flows.ts';

/** A rule with the group it is of. */
export interface GuardRule {
  readonly group: SecurityGroup;
  readonly rule: SecurityGroupRule;
}

/** What stands before one ENI: the rules of all its groups that are described. */
export interface Guard {
  readonly groups: readonly SecurityGroup[];
  /** Groups it names and nobody describes. */
  readonly unknown: readonly string[];
  readonly rules: Readonly<Record<Way, readonly GuardRule[]>>;
}

/** Entries by rule number, each direction. */
export interface SubnetAcl {
  readonly acl: NetworkAcl;
  readonly entries: Readonly<Record<Way, readonly NetworkAclEntry[]>>;
}

/** The filters of a fabric; there is none where it describes none, and then no walk asks. */
export interface FilterIndex {
  /** Undefined for an ENI without groups. */
  guard(eni: Eni): Guard | undefined;
  acl(subnet: string): SubnetAcl | undefined;
  /** Undefined: not described. */
  prefixList(id: string): readonly Cidr[] | undefined;
}

export function indexFilters({ securityGroups, networkAcls, prefixLists }: Fabric): FilterIndex | undefined {
  if (securityGroups.length === 0 && networkAcls.length === 0) return undefined;
  const groups = new Map(securityGroups.map((group) => [group.id, group]));
  const lists = new Map(prefixLists.map(({ id, cidrs }: PrefixList) => [id, cidrs]));
  const acls = new Map(networkAcls.flatMap((acl) => acl.subnets.map((subnet) => [subnet, inOrder(acl)] as const)));
  const guards = new Map<string, Guard>();
  return {
    guard(eni) {
      if (groups.size === 0 || eni.securityGroups.length === 0) return undefined;
      const key = eni.securityGroups.join(' ');
      const known = guards.get(key) ?? guardOf(eni.securityGroups, groups);
      guards.set(key, known);
      return known;
    },
    acl: (subnet) => acls.get(subnet),
    prefixList: (id) => lists.get(id),
  };
}

function guardOf(ids: readonly string[], described: ReadonlyMap<string, SecurityGroup>): Guard {
  const groups = ids.flatMap((id) => described.get(id) ?? []);
  const rules = (way: Way): readonly GuardRule[] =>
    groups.flatMap((group) => group[way].map((rule) => ({ group, rule })));
  return {
    groups,
    unknown: ids.filter((id) => !described.has(id)),
    rules: { egress: rules('egress'), ingress: rules('ingress') },
  };
}

const inOrder = (acl: NetworkAcl): SubnetAcl => {
  const sorted = (way: Way): readonly NetworkAclEntry[] => [...acl[way]].sort((a, b) => a.ruleNumber - b.ruleNumber);
  return { acl, entries: { egress: sorted('egress'), ingress: sorted('ingress') } };
};

/** For everybody of the family: `0.0.0.0/0`, `::/0`. */
export const isForAll = ({ peer }: SecurityGroupRule, family: Family): boolean =>
  peer.kind === 'cidr' && peer.cidr.prefix === 0 && peer.cidr.family === family;

const reverse = (way: Way): Way => (way === 'egress' ? 'ingress' : 'egress');

/**
 * TCP and UDP that a rule for everybody allows, where the other direction is open to everybody on all ports: such a flow is
 * not tracked, its answers pass by the other rule, and errors about it by rules of their own (EC2 guide, untracked
 * connections). `packet` may be of either direction.
 */
export function isUntracked({ rules }: Guard, way: Way, packet: Packet): boolean {
  const { protocol } = packet;
  if (protocol !== 'tcp' && protocol !== 'udp') return false;
  const back = reverse(way);
  return (
    (isAllowedToAll(rules[way], packet) && isOpen(rules[back], packet)) ||
    (isAllowedToAll(rules[back], turned(packet)) && isOpen(rules[way], packet))
  );
}

const isAllowedToAll = (rules: readonly GuardRule[], packet: Packet): boolean =>
  rules.some(({ rule }) => isForAll(rule, packet.family) && fits(rule, packet));

const isOpen = (rules: readonly GuardRule[], { protocol, family }: Packet): boolean =>
  rules.some(
    ({ rule }) =>
      isForAll(rule, family) &&
      (rule.protocol === 'all' ||
        (protocolNumber(rule.protocol) === protocolNumber(protocol) && isEveryPort(rule.ports))),
  );

function turned(packet: Packet): Packet {
  const { l4, src, dst } = packet;
  if (l4.kind !== 'tcp' && l4.kind !== 'ports') return packet;
  return { ...packet, src: dst, dst: src, l4: { ...l4, sport: l4.dport, dport: l4.sport } };
}

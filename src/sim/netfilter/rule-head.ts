import type { Match } from '../../linux/index.ts';
import { type Cidr, cidrContains, cidrFirst, type Ip, isHostCidr, type Protocol } from '../../net/index.ts';
import type { Skb } from '../packet.ts';
import { nameMatches } from './matches/interfaces.ts';

/** What every rule can ask of a packet without a module: struct ipt_ip. */
export type HeadMatch = Extract<
  Match,
  { kind: 'source' | 'destination' | 'in-interface' | 'out-interface' | 'protocol' | 'fragment' }
>;

export const isHeadMatch = (match: Match): match is HeadMatch => HEAD_KINDS.has(match.kind);

const HEAD_KINDS: ReadonlySet<Match['kind']> = new Set<HeadMatch['kind']>([
  'source',
  'destination',
  'in-interface',
  'out-interface',
  'protocol',
  'fragment',
]);

interface AddressTest {
  /** Set for a block of one address: most rules of a big ruleset name one. */
  readonly only: Ip | undefined;
  readonly block: Cidr;
  readonly not: boolean;
}

interface DeviceTest {
  readonly holds: (dev: string) => boolean;
  readonly not: boolean;
}

interface ProtocolTest {
  readonly protocol: Protocol;
  readonly not: boolean;
}

/**
 * The head of a rule. It is judged before any module, wherever the rule's text has it (net/ipv4/netfilter/ip_tables.c,
 * ipt_do_table and ip_packet_match).
 */
export interface RuleHead {
  readonly src: AddressTest | undefined;
  readonly dst: AddressTest | undefined;
  readonly iif: DeviceTest | undefined;
  readonly oif: DeviceTest | undefined;
  readonly protocol: ProtocolTest | undefined;
  /** It asks for what no packet is: a later fragment, or a protocol other than all. */
  readonly never: boolean;
}

/** Undefined: the rule takes every packet. Of two tests of one kind the later counts; iptables takes one of each. */
export function compileHead(matches: readonly Match[]): RuleHead | undefined {
  const head: { -readonly [K in keyof RuleHead]: RuleHead[K] } = { ...EMPTY };
  let asks = false;
  for (const match of matches) {
    if (!isHeadMatch(match)) continue;
    asks = true;
    const { not } = match;
    switch (match.kind) {
      case 'source':
        head.src = addressTest(match.cidr, not);
        break;
      case 'destination':
        head.dst = addressTest(match.cidr, not);
        break;
      case 'in-interface':
        head.iif = { holds: nameMatches(match.name, match.wildcard), not };
        break;
      case 'out-interface':
        head.oif = { holds: nameMatches(match.name, match.wildcard), not };
        break;
      case 'protocol':
        if (match.protocol === 'all' || match.protocol === 0) head.never ||= not;
        else head.protocol = { protocol: match.protocol, not };
        break;
      case 'fragment':
        // The model sends whole packets.
        head.never ||= !not;
    }
  }
  return asks ? head : undefined;
}

const EMPTY: RuleHead = {
  src: undefined,
  dst: undefined,
  iif: undefined,
  oif: undefined,
  protocol: undefined,
  never: false,
};

const addressTest = (block: Cidr, not: boolean): AddressTest => ({
  only: isHostCidr(block) ? cidrFirst(block) : undefined,
  block,
  not,
});

/** A packet without a device has one of the empty name. */
export function headHolds(head: RuleHead, { packet, iif: from, oif: to }: Skb): boolean {
  const { src, dst, iif, oif, protocol } = head;
  if (dst !== undefined && addressHolds(dst, packet.dst) === dst.not) return false;
  if (src !== undefined && addressHolds(src, packet.src) === src.not) return false;
  if (iif !== undefined && iif.holds(from ?? '') === iif.not) return false;
  if (oif !== undefined && oif.holds(to ?? '') === oif.not) return false;
  if (protocol !== undefined && (packet.protocol === protocol.protocol) === protocol.not) return false;
  return !head.never;
}

const addressHolds = ({ only, block }: AddressTest, address: Ip): boolean =>
  only === undefined ? cidrContains(block, address) : only === address;

import type { Match } from '../../linux/index.ts';
import { type Cidr, cidrContains, cidrFirst, type Ip, isHostCidr, type Protocol } from '../../net/index.ts';
import type { Skb } from '../packet.ts';
import { wildcardStart } from './matches/interfaces.ts';

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

/** What a head inverts (include/uapi/linux/netfilter_ipv4/ip_tables.h, IPT_INV_*). */
const INV_VIA_IN = 0x01;
const INV_VIA_OUT = 0x02;
const INV_SRCIP = 0x08;
const INV_DSTIP = 0x10;
const INV_PROTO = 0x40;

/**
 * The head of a rule. It is judged before any module, wherever the rule's text has it (net/ipv4/netfilter/ip_tables.c,
 * ipt_do_table and ip_packet_match). One flat object, as thousands of rules are each read once in a while.
 */
export interface RuleHead {
  readonly invflags: number;
  /** The one address there is, else the block. */
  readonly src: Ip | undefined;
  readonly dst: Ip | undefined;
  readonly srcBlock: Cidr | undefined;
  readonly dstBlock: Cidr | undefined;
  /** A device's name, or how it begins. */
  readonly iniface: string | undefined;
  readonly inifaceStart: string | undefined;
  readonly outiface: string | undefined;
  readonly outifaceStart: string | undefined;
  readonly proto: Protocol | undefined;
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
        head.src = onlyAddress(match.cidr);
        head.srcBlock = match.cidr;
        head.invflags = inverted(head.invflags, INV_SRCIP, not);
        break;
      case 'destination':
        head.dst = onlyAddress(match.cidr);
        head.dstBlock = match.cidr;
        head.invflags = inverted(head.invflags, INV_DSTIP, not);
        break;
      case 'in-interface':
        head.iniface = match.wildcard ? undefined : match.name;
        head.inifaceStart = match.wildcard ? wildcardStart(match.name) : undefined;
        head.invflags = inverted(head.invflags, INV_VIA_IN, not);
        break;
      case 'out-interface':
        head.outiface = match.wildcard ? undefined : match.name;
        head.outifaceStart = match.wildcard ? wildcardStart(match.name) : undefined;
        head.invflags = inverted(head.invflags, INV_VIA_OUT, not);
        break;
      case 'protocol':
        if (match.protocol === 'all' || match.protocol === 0) head.never ||= not;
        else {
          head.proto = match.protocol;
          head.invflags = inverted(head.invflags, INV_PROTO, not);
        }
        break;
      case 'fragment':
        // The model sends whole packets.
        head.never ||= !not;
    }
  }
  return asks ? head : undefined;
}

const EMPTY: RuleHead = {
  invflags: 0,
  src: undefined,
  dst: undefined,
  srcBlock: undefined,
  dstBlock: undefined,
  iniface: undefined,
  inifaceStart: undefined,
  outiface: undefined,
  outifaceStart: undefined,
  proto: undefined,
  never: false,
};

const onlyAddress = (block: Cidr): Ip | undefined => (isHostCidr(block) ? cidrFirst(block) : undefined);

const inverted = (flags: number, flag: number, not: boolean): number => (not ? flags | flag : flags & ~flag);

/** A packet without a device has one of the empty name. */
export function headHolds(head: RuleHead, { packet, iif, oif }: Skb): boolean {
  const { dst, dstBlock, src, srcBlock, iniface, inifaceStart, outiface, outifaceStart, proto } = head;
  if (dst !== undefined) {
    if ((packet.dst === dst) === inverts(head, INV_DSTIP)) return false;
  } else if (dstBlock !== undefined && cidrContains(dstBlock, packet.dst) === inverts(head, INV_DSTIP)) return false;
  if (src !== undefined) {
    if ((packet.src === src) === inverts(head, INV_SRCIP)) return false;
  } else if (srcBlock !== undefined && cidrContains(srcBlock, packet.src) === inverts(head, INV_SRCIP)) return false;
  if (iniface !== undefined && ((iif ?? '') === iniface) === inverts(head, INV_VIA_IN)) return false;
  if (inifaceStart !== undefined && (iif ?? '').startsWith(inifaceStart) === inverts(head, INV_VIA_IN)) return false;
  if (outiface !== undefined && ((oif ?? '') === outiface) === inverts(head, INV_VIA_OUT)) return false;
  if (outifaceStart !== undefined && (oif ?? '').startsWith(outifaceStart) === inverts(head, INV_VIA_OUT)) return false;
  if (proto !== undefined && (packet.protocol === proto) === inverts(head, INV_PROTO)) return false;
  return !head.never;
}

const inverts = ({ invflags }: RuleHead, flag: number): boolean => (invflags & flag) !== 0;

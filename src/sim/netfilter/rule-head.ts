import { blockHolds, type Held, isMadeFrom, isOfSome, type KnownStandIn } from '../../fabric/index.ts';
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

/** What a head asks. NEVER: for what no packet is, a later fragment or a protocol other than all. */
const SRC = 0x01;
const DST = 0x02;
const IN = 0x04;
const OUT = 0x08;
const PROTO = 0x10;
const NEVER = 0x20;
/** An address is compared with some of the public ones. */
const OF_SOME = 0x40;

/**
 * The head of a rule. It is judged before any module, wherever the rule's text has it (net/ipv4/netfilter/ip_tables.c,
 * ipt_do_table and ip_packet_match). A compiled rule has it among its own fields: thousands of rules are each read once in a while.
 */
export interface RuleHead {
  /** 0: the rule takes every packet. */
  readonly asks: number;
  readonly invflags: number;
  /** The one address there is; undefined for a block of more. */
  readonly dst: Ip | undefined;
  readonly src: Ip | undefined;
  readonly proto: Protocol | undefined;
  readonly dstBlock: Cidr | undefined;
  readonly srcBlock: Cidr | undefined;
  /** A device's name; undefined for any that begins so. */
  readonly iniface: string | undefined;
  readonly outiface: string | undefined;
  readonly inifaceStart: string;
  readonly outifaceStart: string;
}

/** Of two tests of one kind the later counts; iptables takes one of each. */
export function compileHead(matches: readonly Match[]): RuleHead {
  const head: { -readonly [K in keyof RuleHead]: RuleHead[K] } = { ...EMPTY };
  const ask = (what: number, inverse: number, not: boolean): void => {
    head.asks |= what;
    head.invflags = not ? head.invflags | inverse : head.invflags & ~inverse;
  };
  for (const match of matches) {
    if (!isHeadMatch(match)) continue;
    const { not } = match;
    switch (match.kind) {
      case 'source':
        head.src = onlyAddress(match.cidr);
        head.srcBlock = match.cidr;
        ask(SRC | ofSome(match.cidr), INV_SRCIP, not);
        break;
      case 'destination':
        head.dst = onlyAddress(match.cidr);
        head.dstBlock = match.cidr;
        ask(DST | ofSome(match.cidr), INV_DSTIP, not);
        break;
      case 'in-interface':
        head.iniface = match.wildcard ? undefined : match.name;
        head.inifaceStart = wildcardStart(match.name);
        ask(IN, INV_VIA_IN, not);
        break;
      case 'out-interface':
        head.outiface = match.wildcard ? undefined : match.name;
        head.outifaceStart = wildcardStart(match.name);
        ask(OUT, INV_VIA_OUT, not);
        break;
      case 'protocol':
        if (match.protocol === 'all' || match.protocol === 0) head.asks |= not ? NEVER : 0;
        else {
          head.proto = match.protocol;
          ask(PROTO, INV_PROTO, not);
        }
        break;
      case 'fragment':
        // The model sends whole packets.
        head.asks |= not ? 0 : NEVER;
    }
  }
  return head;
}

const EMPTY: RuleHead = {
  asks: 0,
  invflags: 0,
  dst: undefined,
  src: undefined,
  proto: undefined,
  dstBlock: undefined,
  srcBlock: undefined,
  iniface: undefined,
  outiface: undefined,
  inifaceStart: '',
  outifaceStart: '',
};

const ofSome = (block: Cidr): number => (isOfSome(block) ? OF_SOME : 0);

export const asksOfSome = ({ asks }: RuleHead): boolean => (asks & OF_SOME) !== 0;

const onlyAddress = (block: Cidr): Ip | undefined => (isHostCidr(block) ? cidrFirst(block) : undefined);

/** A packet without a device has one of the empty name. */
export function headHolds(head: RuleHead, skb: Skb): boolean {
  const { asks } = head;
  if ((asks & DST) !== 0 && addressHolds(head.dst, head.dstBlock, skb.packet.dst) === inverts(head, INV_DSTIP))
    return false;
  if ((asks & SRC) !== 0 && addressHolds(head.src, head.srcBlock, skb.packet.src) === inverts(head, INV_SRCIP))
    return false;
  return restHolds(head, skb);
}

/** What it asks beside the addresses. */
export function restHolds(head: RuleHead, { packet, iif, oif }: Skb): boolean {
  const { asks } = head;
  if ((asks & IN) !== 0 && deviceHolds(head.iniface, head.inifaceStart, iif) === inverts(head, INV_VIA_IN))
    return false;
  if ((asks & OUT) !== 0 && deviceHolds(head.outiface, head.outifaceStart, oif) === inverts(head, INV_VIA_OUT))
    return false;
  if ((asks & PROTO) !== 0 && (packet.protocol === head.proto) === inverts(head, INV_PROTO)) return false;
  return (asks & NEVER) === 0;
}

/** Of the two addresses a head asks for, as far as is known of a made-up one. */
export const sourceHeld = (head: RuleHead, address: Ip, standIn: KnownStandIn | undefined): Held =>
  (head.asks & SRC) === 0 ? 'yes' : held(head.srcBlock, address, standIn, inverts(head, INV_SRCIP));

/**
 * One that is written alone is known, and the made-up one stands for another: a Service's external IP is nobody else's. Of a
 * made-up block it is one of those made from it.
 */
export function destinationHeld(head: RuleHead, address: Ip, standIn: KnownStandIn | undefined): Held {
  const { asks, dst, dstBlock } = head;
  if ((asks & DST) === 0) return 'yes';
  const isOthers =
    standIn !== undefined && dst !== undefined && dstBlock !== undefined && !isMadeFrom(standIn, dstBlock);
  return held(isOthers ? undefined : dstBlock, address, standIn, inverts(head, INV_DSTIP));
}

function held(block: Cidr | undefined, address: Ip, standIn: KnownStandIn | undefined, not: boolean): Held {
  const is = block === undefined ? 'no' : blockHolds(block, address, standIn);
  return is === 'unsure' ? is : (is === 'yes') === not ? 'no' : 'yes';
}

/** Blocks that an address of the packet has to be in; none where it has to be in none. */
export const blockOfSource = (head: RuleHead): readonly Cidr[] =>
  head.srcBlock === undefined || inverts(head, INV_SRCIP) ? [] : [head.srcBlock];

export const blockOfDestination = (head: RuleHead): readonly Cidr[] =>
  head.dstBlock === undefined || inverts(head, INV_DSTIP) ? [] : [head.dstBlock];

const addressHolds = (only: Ip | undefined, block: Cidr | undefined, address: Ip): boolean =>
  only === undefined ? block !== undefined && cidrContains(block, address) : only === address;

const deviceHolds = (name: string | undefined, start: string, dev = ''): boolean =>
  name === undefined ? dev.startsWith(start) : name === dev;

const inverts = ({ invflags }: RuleHead, flag: number): boolean => (invflags & flag) !== 0;

import {
  type Cidr,
  cidr,
  cidrContains,
  cidrCovers,
  cidrFirst,
  defaultRoute,
  type Family,
  familyOf,
  type Ip,
  isHostCidr,
  NOT_PUBLIC,
} from '../net/index.ts';

/** Public addresses that AWS gives and the input does not: made up, so that packets have some. */
export interface StandIn {
  /** One address, or the block they are taken from. */
  readonly block: Cidr;
  /** Whose they are: `NAT gateway nat-a`. */
  readonly of: string;
  /** What of the input says the true ones: `natGateways.publicIp of a Network does`. */
  readonly give: string;
}

/** One of a World, which knows what else there is. */
export interface KnownStandIn extends StandIn {
  /** Blocks of VPCs that are public: what is routed inside, no true address of others is of. */
  readonly apart: readonly Cidr[];
}

/** Whether an address is in a block; `unsure` of a made-up one, whose true address may be or may not. */
export type Held = 'yes' | 'no' | 'unsure';

/** All that is announced of IPv6 (IANA, IPv6 global unicast address space). */
const GLOBAL6 = cidr('2000::/3');

/**
 * What a filter that compares an address with a block finds. The true address a made-up one stands for is a public one and no
 * more is known of it: it is in a block of everybody's, in none of private addresses. A rule for a part of a made-up block was
 * made from that.
 */
export function blockHolds(block: Cidr, address: Ip, standIn: KnownStandIn | undefined): Held {
  const holds = cidrContains(block, address) ? 'yes' : 'no';
  if (standIn === undefined || block.family !== standIn.block.family) return holds;
  const isDerived = !isHostCidr(standIn.block) && cidrCovers(standIn.block, block);
  const isInside = standIn.apart.some((each) => cidrCovers(each, block));
  return isDerived || isInside || !isOfSome(block) ? holds : 'unsure';
}

/** A block of public addresses, and not of all of them: nobody can tell whether a made-up one is of it. */
export const isOfSome = (block: Cidr): boolean =>
  block.prefix !== 0 && !cidrCovers(block, GLOBAL6) && !NOT_PUBLIC.some((each) => cidrCovers(each, block));

/** Of several blocks any may hold it, and one surely does where they leave no public address out. */
export function anyHolds(blocks: readonly Cidr[], address: Ip, standIn: KnownStandIn | undefined): Held {
  let found: Held = 'no';
  for (const block of blocks) {
    const held = blockHolds(block, address, standIn);
    if (held === 'yes') return held;
    if (held === 'unsure') found = held;
  }
  return found === 'unsure' && coverPublic(blocks, familyOf(address)) ? 'yes' : found;
}

/** Whether every public address is in one of the blocks: `0.0.0.0/1` and `128.0.0.0/1`. */
function coverPublic(blocks: readonly Cidr[], family: Family): boolean {
  const { first, last } = family === 4 ? defaultRoute(4) : GLOBAL6;
  const inOrder = [...blocks, ...NOT_PUBLIC]
    .filter((block) => block.family === family)
    .sort((a, b) => (a.first < b.first ? -1 : 1));
  let reached = BigInt(first);
  for (const block of inOrder) {
    if (reached > last || block.first > reached) break;
    if (block.last >= reached) reached = BigInt(block.last) + 1n;
  }
  return reached > last;
}

/** Whose made-up address it is; undefined: the input gives it, or it is nobody's of the input. */
export function standInLookup({ standIns = [], vpcs }: Known): (address: Ip) => KnownStandIn | undefined {
  if (standIns.length === 0) return () => undefined;
  const apart = vpcs.flatMap(({ cidrs }) => cidrs.filter(isOfSome));
  const known = standIns.map((each) => ({ ...each, apart }));
  const single = new Map(
    known.flatMap((each) => (isHostCidr(each.block) ? [[cidrFirst(each.block), each] as const] : [])),
  );
  const blocks = known.filter(({ block }) => !isHostCidr(block));
  return (address) => single.get(address) ?? blocks.find(({ block }) => cidrContains(block, address));
}

/** What of a fabric tells. */
interface Known {
  readonly standIns?: readonly StandIn[];
  readonly vpcs: readonly { readonly cidrs: readonly Cidr[] }[];
}

/** Of a cause that names such an address: whose it is. In a made-up block the input may give addresses itself. */
export const standsFor = (standIn: StandIn | undefined): { readonly standsFor?: string } =>
  standIn === undefined || !isHostCidr(standIn.block) ? {} : { standsFor: `the public address of ${standIn.of}` };

/** Why a filter has no answer, and what would give it one. */
export const tellStandIn = (address: Ip, { of, give }: StandIn): string =>
  `${address} stands in for a public address of ${of}, which the input does not give: ${give}`;

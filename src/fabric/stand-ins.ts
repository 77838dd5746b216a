import {
  type Cidr,
  cidr,
  cidrContains,
  cidrCovers,
  cidrFirst,
  cidrOf,
  defaultRoute,
  type Family,
  familyOf,
  type Ip,
  isHostCidr,
  NOT_PUBLIC,
  PrefixTrie,
} from '../net/index.ts';
import type { StandIn } from './stand-in.ts';
import type { Fabric } from './types.ts';

/** One of a World, which knows what else there is. */
export interface KnownStandIn extends StandIn {
  /** What the input gives somebody else, the true one is not of: a VPC's own public blocks, other public addresses. */
  readonly apart: PrefixTrie<true>;
}

/** Whether an address is in a block; `unsure` of a made-up one, whose true address may be or may not. */
export type Held = 'yes' | 'no' | 'unsure';

/**
 * Routed nowhere, or by no one alone: no address that AWS gives is of these (IANA, special-purpose address registries, IPv6
 * global unicast). Documentation blocks stand for true ones in what people write.
 */
const NEVER_GIVEN = [
  ...NOT_PUBLIC,
  ...['192.0.0.0/24', '192.88.99.0/24', '198.18.0.0/15'].map(cidr),
  ...['::/3', '4000::/2', '8000::/1', '2001::/23', '2002::/16'].map(cidr),
];

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
  const isInside = standIn.apart.longest(cidrFirst(block), block.prefix + 1) === true;
  if (isMadeFrom(standIn, block) || isInside || !isOfSome(block)) return holds;
  return NEVER_GIVEN.some((each) => cidrCovers(each, block)) ? 'no' : 'unsure';
}

/** A block of a made-up one is as made up: what is in it of the input is in it. */
export const isMadeFrom = (standIn: StandIn, block: Cidr): boolean =>
  !isHostCidr(standIn.block) && cidrCovers(standIn.block, block);

/** Whether who compares the made-up address itself finds something else than is known of the true one. */
export const misleads = (block: Cidr, address: Ip, standIn: KnownStandIn): boolean =>
  blockHolds(block, address, standIn) !== (cidrContains(block, address) ? 'yes' : 'no');

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

/**
 * Of rules that may be for a made-up address, in the order they are asked, the one that decides whatever the true address is:
 * those before the first that does otherwise leave no public address out. It is told by the one the made-up address is of.
 */
export function decidesAnyway<T>(
  inOrder: readonly T[],
  blockOf: (each: T) => Cidr,
  does: (each: T) => unknown,
  address: Ip,
): T | undefined {
  const [first] = inOrder;
  if (first === undefined) return undefined;
  const done = does(first);
  const other = inOrder.findIndex((each) => does(each) !== done);
  const alike = other < 0 ? inOrder : inOrder.slice(0, other);
  if (!coverPublic(alike.map(blockOf), familyOf(address))) return undefined;
  return alike.find((each) => cidrContains(blockOf(each), address)) ?? first;
}

/** Whether every public address is in one of the blocks: `0.0.0.0/1` and `128.0.0.0/1`. */
export function coverPublic(blocks: readonly Cidr[], family: Family): boolean {
  if (shareOf(blocks, family) < PUBLIC_SHARE[family]) return false;
  const { first, last } = wholeOf(family);
  const inOrder = [...blocks, ...NEVER_GIVEN]
    .filter((block) => block.family === family)
    .sort((a, b) => (a.first < b.first ? -1 : 1));
  let reached = BigInt(first);
  for (const block of inOrder) {
    if (reached > last || block.first > reached) break;
    if (block.last >= reached) reached = BigInt(block.last) + 1n;
  }
  return reached > last;
}

const wholeOf = (family: Family): Cidr => (family === 4 ? defaultRoute(4) : GLOBAL6);

/** Of all addresses of a family; what two blocks have counts twice. */
function shareOf(blocks: readonly Cidr[], family: Family): number {
  let share = 0;
  for (const block of blocks) if (block.family === family) share += 2 ** -block.prefix;
  return share;
}

/** What blocks that hold every public address have at least: most lists are far from it. */
const PUBLIC_SHARE: Readonly<Record<Family, number>> = { 4: publicShare(4), 6: publicShare(6) };

function publicShare(family: Family): number {
  const whole = wholeOf(family);
  const inside = NEVER_GIVEN.filter((block) => cidrCovers(whole, block));
  return shareOf([whole], family) - shareOf(inside, family);
}

type StandInLookup = (address: Ip) => KnownStandIn | undefined;
const lookups = new WeakMap<Known, StandInLookup>();

/** Whose made-up address it is; undefined: the input gives it, or it is nobody's of the input. One for each fabric. */
export function standInLookup(fabric: Known): StandInLookup {
  const known = lookups.get(fabric) ?? lookupOf(fabric);
  lookups.set(fabric, known);
  return known;
}

function lookupOf(fabric: Known): StandInLookup {
  const { standIns = [] } = fabric;
  if (standIns.length === 0) return () => undefined;
  const apart = givenToOthers(fabric, standIns);
  const known = standIns.map((each) => ({ ...each, apart }));
  const single = new Map(
    known.flatMap((each) => (isHostCidr(each.block) ? [[cidrFirst(each.block), each] as const] : [])),
  );
  const blocks = known.filter(({ block }) => !isHostCidr(block));
  return (address) => single.get(address) ?? blocks.find(({ block }) => cidrContains(block, address));
}

/** Public blocks of VPCs and of networks on premises, and every public address the input gives somebody. */
function givenToOthers(fabric: Known, standIns: readonly StandIn[]): KnownStandIn['apart'] {
  const { vpcs, onPremises, internetHosts, enis, natGateways, controlPlanes } = fabric;
  const madeUp = new Set(standIns.map(({ block }) => block.text));
  const addresses = [
    ...internetHosts.flatMap((host) => host.addresses),
    ...enis.flatMap(({ publicAddresses }) => [...publicAddresses.values()]),
    ...natGateways.flatMap(({ publicIp }) => publicIp ?? []),
    ...controlPlanes.flatMap(({ publicAddresses }) => publicAddresses),
  ].map((address) => cidrOf(address));
  const apart = new PrefixTrie<true>();
  for (const { cidrs } of [...vpcs, ...onPremises])
    for (const block of cidrs) if (isOfSome(block)) apart.add(block, true);
  for (const block of addresses) if (!madeUp.has(block.text)) apart.add(block, true);
  return apart;
}

/** What of a fabric tells. */
type Known = Pick<
  Fabric,
  'standIns' | 'vpcs' | 'onPremises' | 'internetHosts' | 'enis' | 'natGateways' | 'controlPlanes'
>;

/** Of a cause that names such an address: whose it is. In a made-up block the input may give addresses itself. */
export const standsFor = (standIn: StandIn | undefined): { readonly standsFor?: string } =>
  standIn === undefined || !isHostCidr(standIn.block) ? {} : { standsFor: `the public address of ${standIn.of}` };

/** Why a filter has no answer, and what would give it one. */
export const tellStandIn = (address: Ip, { of, give }: StandIn): string =>
  `${address} stands in for a public address of ${of}, which the input does not give: ${give}`;

import { type Cidr, cidr, cidrContains, familyOf, type Ip, ipBits, widthOf } from '../net/index.ts';

/** An address of a name, and what a socket that is connected to it is bound to; nothing where connect() fails. */
export interface Destination {
  readonly address: Ip;
  readonly source: Source | undefined;
}

export interface Source {
  readonly address: Ip;
  /** Of the block it stands in on its device; 0 where the library does not learn it. */
  readonly prefixlen: number;
}

/** What of RFC 6724 section 6 decides where a source, the way to it and the two addresses are all there is to know. */
export type OrderRule = 1 | 2 | 5 | 6 | 8 | 9;

export interface DestinationOrder {
  readonly addresses: readonly Ip[];
  /** Those nothing stands before but the order in which they were heard. */
  readonly first: readonly Ip[];
  /** What put them before the next one. */
  readonly rule: OrderRule | undefined;
}

/**
 * Destination address selection as glibc's getaddrinfo does it (nss/getaddrinfo.c, rfc3484_sort; RFC 6724 section 6):
 *
 *   1 one that a source is found for, 2 one of its source's scope, 5 one of its source's label, 6 the higher precedence,
 *   8 the smaller scope, 9 the longer prefix in common with its source, 10 as it was heard
 *
 * Rules 3 and 4 ask for deprecated and home addresses, 7 for tunnels: no artefact has them. The tables are glibc's own, which are
 * those of RFC 3484 with labels for site-local, unique local and Teredo addresses; an /etc/gai.conf may say others. Unlike the
 * RFC, rule 9 is for IPv4 too, within the source's subnet.
 */
export function orderDestinations(asked: readonly Destination[]): DestinationOrder {
  const seen = new Set<Ip>();
  const once = asked.filter(({ address }) => !seen.has(address) && seen.add(address));
  const sorted = once.map(known).sort((a, b) => before(a, b).sign);
  const addresses = sorted.map(({ address }) => address);
  const [best] = sorted;
  if (best === undefined) return { addresses, first: [], rule: undefined };
  const next = sorted.find((each) => before(best, each).rule !== undefined);
  const first = sorted.filter((each) => before(best, each).rule === undefined).map(({ address }) => address);
  return { addresses, first, rule: next === undefined ? undefined : before(best, next).rule };
}

/** A destination with all the rules ask of it; of one without a source only what it is by itself. */
interface Known {
  readonly address: Ip;
  readonly usable: boolean;
  readonly sameScope: boolean;
  readonly sameLabel: boolean;
  readonly precedence: number;
  readonly scope: number;
  readonly common: number;
}

function known({ address, source }: Destination): Known {
  const scope = scopeOf(address);
  return {
    address,
    usable: source !== undefined,
    sameScope: source !== undefined && scopeOf(source.address) === scope,
    sameLabel: source !== undefined && lookUp(LABELS, source.address) === lookUp(LABELS, address),
    precedence: lookUp(PRECEDENCES, address),
    scope,
    common: source === undefined ? 0 : commonWith(address, source),
  };
}

interface Before {
  /** Negative: `a` comes first. */
  readonly sign: number;
  readonly rule: OrderRule | undefined;
}

function before(a: Known, b: Known): Before {
  const by: readonly (readonly [rule: OrderRule, sign: number])[] = [
    [1, Number(b.usable) - Number(a.usable)],
    [2, Number(b.sameScope) - Number(a.sameScope)],
    [5, Number(b.sameLabel) - Number(a.sameLabel)],
    [6, b.precedence - a.precedence],
    [8, a.scope - b.scope],
    [9, familyOf(a.address) === familyOf(b.address) ? b.common - a.common : 0],
  ];
  const [rule, sign] = by.find(([, each]) => each !== 0) ?? [undefined, 0];
  return { sign, rule };
}

/** Bits that two addresses of one family begin with alike; of IPv4 outside the source's subnet they mean nothing. */
function commonWith(address: Ip, { address: source, prefixlen }: Source): number {
  const common = commonBits(address, source);
  // A shift by all 32 bits is none on the processors there are: without a length, every bit has to be the same.
  return familyOf(address) === 4 && common < (prefixlen === 0 ? 32 : prefixlen) ? 0 : common;
}

function commonBits(a: Ip, b: Ip): number {
  const width = widthOf(familyOf(a));
  const difference = BigInt(ipBits(a)) ^ BigInt(ipBits(b));
  return difference === 0n ? width : width - difference.toString(2).length;
}

/** Scopes of IPv4 by getaddrinfo.c default_scopes; of IPv6 by RFC 4291, multicast by its own field. */
function scopeOf(address: Ip): number {
  if (familyOf(address) === 4) return LINK_SCOPE4.some((each) => cidrContains(each, address)) ? LINK : GLOBAL;
  if (cidrContains(MULTICAST6, address)) return Number((BigInt(ipBits(address)) >> 112n) & 15n);
  if (LINK_SCOPE6.some((each) => cidrContains(each, address))) return LINK;
  return cidrContains(SITE_LOCAL6, address) ? SITE : GLOBAL;
}

const LINK = 2;
const SITE = 5;
const GLOBAL = 14;
const LINK_SCOPE4 = [cidr('169.254.0.0/16'), cidr('127.0.0.0/8')];
const LINK_SCOPE6 = [cidr('fe80::/10'), cidr('::1/128')];
const SITE_LOCAL6 = cidr('fec0::/10');
const MULTICAST6 = cidr('ff00::/8');

/** In the order they are read; IPv4 is ::ffff:0:0/96. */
interface Table {
  readonly ipv4: number;
  readonly ipv6: readonly (readonly [block: Cidr, value: number])[];
  readonly other: number;
}

const LABELS: Table = {
  ipv4: 4,
  ipv6: [
    [cidr('::1/128'), 0],
    [cidr('2002::/16'), 2],
    [cidr('::/96'), 3],
    [SITE_LOCAL6, 5],
    [cidr('fc00::/7'), 6],
    [cidr('2001::/32'), 7],
  ],
  other: 1,
};

const PRECEDENCES: Table = {
  ipv4: 10,
  ipv6: [
    [cidr('::1/128'), 50],
    [cidr('2002::/16'), 30],
    [cidr('::/96'), 20],
  ],
  other: 40,
};

const lookUp = ({ ipv4, ipv6, other }: Table, address: Ip): number =>
  familyOf(address) === 4 ? ipv4 : (ipv6.find(([block]) => cidrContains(block, address))?.[1] ?? other);

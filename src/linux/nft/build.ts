import { type Cidr, cidrFirst, cidrLast, cidrOf, type Family, type Ip, ipFromBits } from '../../net/index.ts';
import type { Origin } from '../origin.ts';
import type { NftElement, NftKey, NftRule, NftStatement, NftVerdict } from './types.ts';

// Rules as a reader of their listing would have them: one way to say each thing.

type Version = 'ip' | 'ip6';

export const versionOf = (family: Family): Version => (family === 4 ? 'ip' : 'ip6');

export const rule = (statements: readonly NftStatement[], origin: Origin, comment?: string): NftRule => ({
  statements,
  ...(comment === undefined ? {} : { comment }),
  origin,
});

export const accept: NftVerdict = { kind: 'verdict', verdict: 'accept' };
export const drop: NftVerdict = { kind: 'verdict', verdict: 'drop' };
export const returnVerdict: NftVerdict = { kind: 'verdict', verdict: 'return' };
export const jump = (chain: string): NftVerdict => ({ kind: 'jump', chain });
export const goto = (chain: string): NftVerdict => ({ kind: 'goto', chain });

/** What a bare `reject` means in a table of one family. */
export const reject = (family: Family): NftStatement => ({
  kind: 'reject',
  with: family === 4 ? 'icmp port-unreachable' : 'icmpv6 port-unreachable',
});

export const stateNew: NftStatement = { kind: 'match-ct-state', not: false, states: ['new'] };

export const isLocal = (of: 'saddr' | 'daddr'): NftStatement => ({
  kind: 'match-fib-type',
  of,
  not: false,
  type: 'local',
});

/** `ip daddr 10.0.0.0/8`. */
export const address = (field: 'saddr' | 'daddr', block: Cidr, not = false): NftStatement => ({
  kind: 'match-address',
  field,
  not,
  cidrs: [block],
});

export const host = (field: 'saddr' | 'daddr', of: Ip): NftStatement => address(field, cidrOf(of));

/**
 * `ip saddr { BLOCKS }`, as nft keeps it: sorted, those that overlap or touch made one, which need not be a block any more
 * (src/intervals.c, set_automerge).
 */
export function addresses(field: 'saddr' | 'daddr', blocks: readonly Cidr[], not = false): NftStatement {
  const family = blocks[0]?.family ?? 4;
  const merged = mergeBlocks(blocks).map(({ first, last }) => ({
    from: ipFromBits(first, family),
    to: ipFromBits(last, family),
  }));
  const cidrs = merged.flatMap(({ from, to }) => blockOf(from, to) ?? []);
  if (cidrs.length === merged.length) return { kind: 'match-address', field, not, cidrs };
  const elements = merged.map((range): NftElement => ({ key: [range] }));
  const key: NftKey = { kind: 'address', version: versionOf(family), field };
  return { kind: 'lookup', keys: [key], not, set: { kind: 'anonymous', elements } };
}

type Bounds = Pick<Cidr, 'first' | 'last'>;

function mergeBlocks(blocks: readonly Cidr[]): readonly Bounds[] {
  const merged: Bounds[] = [];
  for (const { first, last } of [...blocks].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const open = merged.at(-1);
    if (open === undefined || first > after(open.last)) merged.push({ first, last });
    else if (last > open.last) merged[merged.length - 1] = { first: open.first, last };
  }
  return merged;
}

const after = (bits: Cidr['last']): Cidr['last'] => (typeof bits === 'bigint' ? bits + 1n : bits + 1);

/** The block that is exactly these addresses. */
export function blockOf(from: Ip, to: Ip): Cidr | undefined {
  const width = from.includes(':') ? 128 : 32;
  for (let prefix = width; prefix >= 0; prefix--) {
    const block = cidrOf(from, prefix);
    if (cidrFirst(block) !== from) return undefined;
    if (cidrLast(block) === to) return block;
  }
  return undefined;
}

/** `meta mark & MASK == VALUE` and what sets it. */
export const markIs = (mask: number, value: number): NftStatement => ({
  kind: 'match-mark',
  of: 'meta',
  mask,
  not: false,
  value,
});

export const setMark = (change: { readonly or?: number; readonly xor?: number }): NftStatement => ({
  kind: 'set-mark',
  of: 'meta',
  source: 'meta',
  and: 0xffffffff,
  or: change.or ?? 0,
  xor: change.xor ?? 0,
});

export const protocol = (name: string): NftStatement => ({ kind: 'match-l4proto', not: false, protocols: [name] });

export const dnat = (to: Ip, port: number): NftStatement => ({
  kind: 'dnat',
  to,
  port,
  random: false,
  fullyRandom: false,
});

export const masquerade: NftStatement = { kind: 'masquerade', random: false, fullyRandom: true };

export const addressKey = (family: Family, field: 'saddr' | 'daddr'): NftKey => ({
  kind: 'address',
  version: versionOf(family),
  field,
});
export const protocolKey: NftKey = { kind: 'l4proto', of: 'meta' };
export const portKey: NftKey = { kind: 'port', protocol: 'th', field: 'dport' };

/** `KEYS vmap @NAME`. */
export const vmap = (keys: readonly NftKey[], name: string): NftStatement => ({
  kind: 'vmap',
  keys,
  map: { kind: 'named', name },
});

/** `KEY @NAME`. */
export const inSet = (key: NftKey, name: string): NftStatement => ({
  kind: 'lookup',
  keys: [key],
  not: false,
  set: { kind: 'named', name },
});

/** `update @NAME { KEY }`. */
export const update = (set: string, key: NftKey): NftStatement => ({
  kind: 'update-set',
  op: 'update',
  set,
  keys: [key],
});

/** `numgen random mod N vmap { 0 : ..., 1 : ... }`: each as likely. */
export const oneOf = (verdicts: readonly NftVerdict[]): NftStatement => ({
  kind: 'vmap',
  keys: [{ kind: 'numgen', mode: 'random', mod: verdicts.length, offset: 0 }],
  map: { kind: 'anonymous', elements: verdicts.map((verdict, at) => ({ key: [{ from: at, to: at }], verdict })) },
});

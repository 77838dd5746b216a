import type { NftDatatype, NftFamily, NftKey } from './types.ts';

/** Keys by how they begin (nft(8), PRIMARY EXPRESSIONS and PAYLOAD EXPRESSIONS). */
const PATTERNS: readonly (readonly [RegExp, (found: readonly string[]) => NftKey | undefined])[] = [
  [
    /^(ip6?) ([sd]addr)/,
    ([, version, field]) => ({
      kind: 'address',
      version: version === 'ip' ? 'ip' : 'ip6',
      field: field === 'saddr' ? 'saddr' : 'daddr',
    }),
  ],
  [
    /^(tcp|udp|sctp|th) ([sd]port)/,
    ([, protocol, field]) => ({
      kind: 'port',
      protocol: protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp' ? protocol : 'th',
      field: field === 'sport' ? 'sport' : 'dport',
    }),
  ],
  [/^(meta l4proto|ip protocol)/, ([key]) => ({ kind: 'l4proto', of: key === 'ip protocol' ? 'ip' : 'meta' })],
  [/^(iifname|oifname)/, ([, field]) => ({ kind: 'interface', field: field === 'iifname' ? 'iifname' : 'oifname' })],
  [/^(meta|ct) mark/, ([, of]) => ({ kind: 'mark', of: of === 'ct' ? 'ct' : 'meta' })],
  [/^fib ([sd]addr) type/, ([, of]) => ({ kind: 'fib-type', of: of === 'saddr' ? 'saddr' : 'daddr' })],
  [/^ct state/, () => ({ kind: 'ct-state' })],
  [/^numgen (random|inc) mod (\d+)(?: offset (\d+))?/, ([, mode, mod, offset]) => numgen(mode, mod, offset)],
];

function numgen(mode: string | undefined, modText: string | undefined, offset: string | undefined): NftKey | undefined {
  const mod = Number(modText);
  if (mod < 1) return undefined;
  return { kind: 'numgen', mode: mode === 'inc' ? 'inc' : 'random', mod, offset: Number(offset ?? 0) };
}

/**
 * `ip daddr . meta l4proto . th dport` at the start of a text, and what follows. undefined: not a key, one the model does
 * not read, or of a family this table's packets are not of.
 */
export function cutKeys(
  text: string,
  family: NftFamily,
): { readonly keys: readonly NftKey[]; readonly rest: string } | undefined {
  const keys: NftKey[] = [];
  let rest = text;
  for (;;) {
    const read = cutKey(rest);
    if (read === undefined || !isOf(read.key, family)) return undefined;
    keys.push(read.key);
    rest = read.rest;
    if (!rest.startsWith(' . '))
      return keys.length > 1 && keys.some(({ kind }) => kind === 'numgen') ? undefined : { keys, rest };
    rest = rest.slice(3);
  }
}

function cutKey(text: string): { readonly key: NftKey; readonly rest: string } | undefined {
  for (const [pattern, make] of PATTERNS) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const rest = text.slice(found[0].length);
    const key = rest === '' || rest.startsWith(' ') ? make(found) : undefined;
    return key === undefined ? undefined : { key, rest };
  }
  return undefined;
}

function isOf(key: NftKey, family: NftFamily): boolean {
  if (family === 'inet') return true;
  if (key.kind === 'address') return key.version === family;
  return key.kind !== 'l4proto' || key.of === 'meta' || family === 'ip';
}

export const printKeys = (keys: readonly NftKey[]): string => keys.map(printKey).join(' . ');

function printKey(key: NftKey): string {
  switch (key.kind) {
    case 'address':
      return `${key.version} ${key.field}`;
    case 'port':
      return `${key.protocol} ${key.field}`;
    case 'l4proto':
      return key.of === 'ip' ? 'ip protocol' : 'meta l4proto';
    case 'interface':
      return key.field;
    case 'mark':
      return `${key.of} mark`;
    case 'fib-type':
      return `fib ${key.of} type`;
    case 'ct-state':
      return 'ct state';
    case 'numgen':
      return `numgen ${key.mode} mod ${key.mod}${key.offset === 0 ? '' : ` offset ${key.offset}`}`;
  }
}

/** What the elements of a set are that is looked up by this key. */
export function datatypeOf(key: NftKey): NftDatatype {
  switch (key.kind) {
    case 'address':
      return key.version === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
    case 'port':
      return 'inet_service';
    case 'l4proto':
      return 'inet_proto';
    case 'interface':
      return 'ifname';
    case 'mark':
      return 'mark';
    case 'fib-type':
      return 'fib_addrtype';
    case 'ct-state':
      return 'ct_state';
    case 'numgen':
      return 'integer';
  }
}

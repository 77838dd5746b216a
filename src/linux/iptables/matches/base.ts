import { type Family, familyOf, parseCidr, parseIp } from '../../../net/index.ts';
import { type Bad, bad, badValue, bang, type OptionTable, type OptionUse } from '../option.ts';
import { parseProtocolWord, protocolWord } from '../protocol-name.ts';
import type { Match } from '../types.ts';

/** Options that need no `-m` (iptables(8), PARAMETERS). */
export const BASE_OPTIONS: OptionTable = {
  '-s': 1,
  '--source': 1,
  '--src': 1,
  '-d': 1,
  '--destination': 1,
  '--dst': 1,
  '-i': 1,
  '--in-interface': 1,
  '-o': 1,
  '--out-interface': 1,
  '-p': 1,
  '--protocol': 1,
  '--proto': 1,
  '-f': 0,
  '--fragment': 0,
  '-4': 0,
  '--ipv4': 0,
  '-6': 0,
  '--ipv6': 0,
  '-c': 2,
  '--set-counters': 2,
};

type Of<K extends Match['kind']> = Extract<Match, { kind: K }>;

/** undefined: the option says nothing (`-4` in an IPv4 ruleset, counters). */
export function parseBase(use: OptionUse, family: Family): Match | Bad | undefined {
  const value = use.args[0] ?? '';
  switch (use.name) {
    case '-s':
    case '--source':
    case '--src':
      return address('source', use, family);
    case '-d':
    case '--destination':
    case '--dst':
      return address('destination', use, family);
    case '-i':
    case '--in-interface':
      return { kind: 'in-interface', not: use.not, name: value, wildcard: value.endsWith('+') };
    case '-o':
    case '--out-interface':
      return { kind: 'out-interface', not: use.not, name: value, wildcard: value.endsWith('+') };
    case '-f':
    case '--fragment':
      return { kind: 'fragment', not: use.not };
    case '-c':
    case '--set-counters':
      return undefined;
    case '-4':
    case '--ipv4':
      return family === 4 ? undefined : bad('An IPv4 rule stands among IPv6 rules', 'no -4');
    case '-6':
    case '--ipv6':
      return family === 6 ? undefined : bad('An IPv6 rule stands among IPv4 rules', 'no -6');
    default: {
      const protocol = parseProtocolWord(value);
      // By a name of its own /etc/protocols, which is not collected.
      if (protocol === undefined && /^[a-z][\w.+-]*$/i.test(value))
        return { kind: 'unsupported', text: `${bang(use.not)}-p ${value}` };
      if (protocol === undefined) return badValue(use, 'a protocol such as "tcp" or a number from 0 to 255');
      return { kind: 'protocol', not: use.not, protocol };
    }
  }
}

/** A mask with holes (`10.0.0.0/255.0.255.0`) is legal for the kernel and no CIDR: kept as text. */
function address(kind: 'source' | 'destination', use: OptionUse, family: Family): Match | Bad {
  const text = use.args[0] ?? '';
  const cidr = parseCidr(text) ?? parseCidr(dottedMask(text) ?? '');
  if (cidr?.family === family) return { kind, not: use.not, cidr };
  const [host, mask, extra] = text.split('/').map(parseIp);
  const holes = extra === undefined && host !== undefined && mask !== undefined && familyOf(mask) === family;
  if (cidr === undefined && holes && familyOf(host) === family) {
    return { kind: 'unsupported', text: `${bang(use.not)}${kind === 'source' ? '-s' : '-d'} ${text}` };
  }
  return badValue(use, family === 4 ? 'an IPv4 CIDR such as "10.0.0.0/16"' : 'an IPv6 CIDR such as "fd00::/64"');
}

/** `10.0.0.0/255.255.0.0` -> `10.0.0.0/16`, when the mask is a prefix. */
function dottedMask(text: string): string | undefined {
  const found = /^([0-9.]+)\/(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const bits = found?.[2]
    ?.split('.')
    .map((octet) => Number(octet).toString(2).padStart(8, '0'))
    .join('');
  return bits !== undefined && /^1*0*$/.test(bits) && bits.length === 32
    ? `${found?.[1]}/${bits.lastIndexOf('1') + 1}`
    : undefined;
}

const RANKS: Readonly<Record<string, number>> = { '-s': 0, '-d': 1, '-i': 2, '-o': 3, '-p': 4 };

/** The canonical order of these options in saved text, before every module. */
export function baseRank(match: Match): number {
  switch (match.kind) {
    case 'source':
      return 0;
    case 'destination':
      return 1;
    case 'in-interface':
      return 2;
    case 'out-interface':
      return 3;
    case 'protocol':
      return 4;
    case 'fragment':
      return 5;
    case 'unsupported':
      return match.text.startsWith('-m ') ? 6 : (RANKS[/^(?:! )?(-\w) /.exec(match.text)?.[1] ?? ''] ?? 1);
    default:
      return 6;
  }
}

/** A block of every address is what no `-s` means, so it is not printed. */
export const saveAddress = (match: Of<'source' | 'destination'>): string =>
  match.cidr.prefix === 0 && !match.not
    ? ''
    : `${bang(match.not)}${match.kind === 'source' ? '-s' : '-d'} ${match.cidr.text}`;

export const saveInterface = (match: Of<'in-interface' | 'out-interface'>): string =>
  match.name === '+' && !match.not
    ? ''
    : `${bang(match.not)}${match.kind === 'in-interface' ? '-i' : '-o'} ${match.name}`;

export const saveProtocol = (match: Of<'protocol'>): string =>
  match.protocol === 'all' ? '' : `${bang(match.not)}-p ${protocolWord(match.protocol)}`;

export const saveFragment = (match: Of<'fragment'>): string => `${bang(match.not)}-f`;

import {
  cidrFirst,
  cidrOf,
  type Family,
  familyOf,
  hasPorts,
  isHostCidr,
  parseCidr,
  parseIp,
  parseProtocol,
} from '../../net/index.ts';
import type { IpSetElement, IpSetPart } from './types.ts';

type PartKind = IpSetPart['kind'];

/** What the words of an element are, by the set's type (ipset(8), SET TYPES). */
const DIMENSIONS: ReadonlyMap<string, readonly PartKind[]> = new Map<string, readonly PartKind[]>([
  ['hash:ip', ['ip']],
  ['hash:net', ['net']],
  ['hash:ip,port', ['ip', 'port']],
  ['hash:net,port', ['net', 'port']],
  ['hash:ip,port,ip', ['ip', 'port', 'ip']],
  ['hash:ip,port,net', ['ip', 'port', 'net']],
  ['bitmap:port', ['port']],
]);

/** Undefined: a type this model does not hold. */
export const dimensionsOf = (type: string): readonly PartKind[] | undefined => DIMENSIONS.get(type);

/** The element `add SET` names; undefined where it is none of that type and family. */
export function parseElement(text: string, type: string, family: Family): IpSetElement | undefined {
  const kinds = dimensionsOf(type);
  const [entry = '', ...rest] = text.trim().split(/\s+/);
  const words = entry.split(',');
  if (kinds === undefined || words.length !== kinds.length) return undefined;
  const parts: IpSetPart[] = [];
  for (const [at, kind] of kinds.entries()) {
    const part = parsePart(words[at] ?? '', kind, family, type === 'bitmap:port');
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return { parts, nomatch: rest.includes('nomatch') };
}

function parsePart(word: string, kind: PartKind, family: Family, plain: boolean): IpSetPart | undefined {
  if (kind === 'port') return parsePort(word, plain);
  if (kind === 'net') {
    const cidr = parseCidr(word.includes('/') ? word : `${word}/${family === 4 ? 32 : 128}`);
    return cidr?.family === family ? { kind, cidr } : undefined;
  }
  const ip = parseIp(word);
  return ip !== undefined && familyOf(ip) === family ? { kind, ip } : undefined;
}

/** `53` of a `bitmap:port`, `udp:53` elsewhere. Types of ICMP stand there by name and are not read. */
function parsePort(word: string, plain: boolean): IpSetPart | undefined {
  const [left = '', right] = word.split(':');
  const number = plain ? left : (right ?? '');
  const port = /^\d{1,5}$/.test(number) ? Number(number) : Number.NaN;
  if (!(port <= 65_535) || (plain && right !== undefined)) return undefined;
  if (plain) return { kind: 'port', port };
  const protocol = parseProtocol(left);
  return protocol !== undefined && hasPorts(protocol) ? { kind: 'port', protocol, port } : undefined;
}

/** The element as `ipset` prints it: a block of one address without its length. */
export const printElement = ({ parts, nomatch }: IpSetElement): string =>
  `${parts.map(printPart).join(',')}${nomatch ? ' nomatch' : ''}`;

function printPart(part: IpSetPart): string {
  switch (part.kind) {
    case 'ip':
      return part.ip;
    case 'net':
      return isHostCidr(part.cidr) ? cidrFirst(part.cidr) : cidrOf(cidrFirst(part.cidr), part.cidr.prefix).text;
    case 'port':
      return part.protocol === undefined ? String(part.port) : `${part.protocol}:${part.port}`;
  }
}

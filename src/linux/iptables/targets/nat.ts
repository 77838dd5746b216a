import { type Family, familyOf, parseCidr, parseIp } from '../../../net/index.ts';
import {
  bad,
  badValue,
  missing,
  type OptionTable,
  type OptionUse,
  parseRange,
  parseUint,
  range,
  type TargetModule,
} from '../option.ts';
import type { NatRange, Target } from '../types.ts';

type Of<K extends Target['kind']> = Extract<Target, { kind: K }>;

const FLAGS: OptionTable = { '--random': 0, '--random-fully': 0, '--persistent': 0 };

const has = (uses: readonly OptionUse[], name: string): boolean => uses.some((use) => use.name === name);

const natModule = (kind: 'DNAT' | 'SNAT', option: string): TargetModule => ({
  options: { ...FLAGS, [option]: 1 },
  parse(uses, family) {
    const to = uses.find((use) => use.name === option);
    if (to === undefined) return missing(kind, `${option} ADDRESS[-ADDRESS][:PORT[-PORT]]`);
    const found = parseNatRange(to.args[0] ?? '', family);
    if (found === undefined) return badValue(to, 'an address such as "10.0.0.1", "10.0.0.1:80" or "[fd00::1]:80"');
    return {
      kind,
      // SNAT is asked for by a struct without a base, and the kernel takes 0 (net/netfilter/xt_nat.c, xt_snat_target_v1).
      range: kind === 'SNAT' && found.basePort !== undefined ? { ...found, basePort: 0 } : found,
      random: has(uses, '--random'),
      randomFully: has(uses, '--random-fully'),
      persistent: has(uses, '--persistent'),
    };
  },
});

export const dnat: TargetModule = natModule('DNAT', '--to-destination');
export const snat: TargetModule = natModule('SNAT', '--to-source');

/** `A`, `A-B`, `A:P`, `A-B:P-Q`, `:P`, `A:P-Q/R`; with brackets around IPv6 addresses that have ports (extensions/libxt_NAT.c, parse_to). */
function parseNatRange(text: string, family: Family): NatRange | undefined {
  const [addresses, portText] = splitPorts(text, family);
  const ports = portText === undefined ? {} : parsePorts(portText);
  if (ports === undefined) return undefined;
  if (addresses === '') return portText === undefined ? undefined : ports;
  const [left, right, extra] = addresses.split('-');
  const from = parseIp(left ?? '');
  const to = right === undefined ? undefined : parseIp(right);
  if (from === undefined || familyOf(from) !== family || extra !== undefined) return undefined;
  if (right !== undefined && (to === undefined || familyOf(to) !== family)) return undefined;
  return { from, ...(to === undefined || to === from ? {} : { to }), ...ports };
}

/** iptables takes `/R` behind a range alone, and prints it behind a range of one port too. */
function parsePorts(text: string): Pick<NatRange, 'ports' | 'basePort'> | undefined {
  const [range, base, extra] = text.split('/');
  const ports = parseRange(range, '-');
  const basePort = base === undefined ? undefined : parseUint(base, 65_535);
  if (ports === undefined || extra !== undefined || (base !== undefined && basePort === undefined)) return undefined;
  return basePort === undefined ? { ports } : { ports, basePort };
}

function splitPorts(text: string, family: Family): readonly [addresses: string, ports: string | undefined] {
  const bracketed = /^\[([^\]]+)\](?::(.+))?$/.exec(text);
  if (bracketed !== null) return [bracketed[1] ?? '', bracketed[2]];
  if (text.startsWith(':') && !text.startsWith('::')) return ['', text.slice(1)];
  const colon = family === 4 ? text.indexOf(':') : -1;
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

function natRange(of: NatRange): string {
  const addresses =
    of.from === undefined ? '' : of.to === undefined || of.to === of.from ? of.from : `${of.from}-${of.to}`;
  if (of.ports === undefined) return addresses;
  const base = of.basePort === undefined ? '' : `/${of.basePort}`;
  return `${addresses.includes(':') ? `[${addresses}]` : addresses}:${range(of.ports, '-')}${base}`;
}

const flagWords = (target: { random: boolean; randomFully: boolean; persistent?: boolean }, prefix: string): string =>
  `${target.random ? ` ${prefix}random` : ''}${target.randomFully ? ` ${prefix}random-fully` : ''}${target.persistent ? ` ${prefix}persistent` : ''}`;

export const saveNat = (target: Of<'DNAT' | 'SNAT'>): string =>
  `-j ${target.kind} ${target.kind === 'DNAT' ? '--to-destination' : '--to-source'} ${natRange(target.range)}${flagWords(target, '--')}`;
export const listNat = (target: Of<'DNAT' | 'SNAT'>): string => `to:${natRange(target.range)}${flagWords(target, '')}`;

const portModule = (kind: 'MASQUERADE' | 'REDIRECT'): TargetModule => ({
  options: { '--to-ports': 1, '--random': 0, ...(kind === 'MASQUERADE' ? { '--random-fully': 0 } : {}) },
  parse(uses) {
    const to = uses.find((use) => use.name === '--to-ports');
    const ports = to && parseRange(to.args[0], '-');
    if (to !== undefined && ports === undefined) return badValue(to, 'a port or a range such as "1024-2048"');
    return {
      kind,
      ...(ports ? { ports } : {}),
      random: has(uses, '--random'),
      randomFully: has(uses, '--random-fully'),
    };
  },
});

export const masquerade: TargetModule = portModule('MASQUERADE');
export const redirect: TargetModule = portModule('REDIRECT');

export const savePortNat = (target: Of<'MASQUERADE' | 'REDIRECT'>): string =>
  `-j ${target.kind}${target.ports ? ` --to-ports ${range(target.ports, '-')}` : ''}${flagWords(target, '--')}`;
export function listPortNat(target: Of<'MASQUERADE' | 'REDIRECT'>): string {
  const name = target.kind === 'MASQUERADE' ? 'masq ports:' : 'redir ports';
  return `${target.ports ? ` ${name} ${range(target.ports, '-')}` : ''}${flagWords(target, '')}`.trimStart();
}

export const netmap: TargetModule = {
  options: { '--to': 1 },
  parse(uses, family) {
    const use = uses.at(-1);
    if (use === undefined) return missing('NETMAP', '--to CIDR');
    const to = parseCidr(use.args[0] ?? '');
    if (to === undefined) return badValue(use, 'a CIDR such as "10.0.0.0/16"');
    return to.family === family ? { kind: 'NETMAP', to } : bad(`NETMAP to another family: "${to.text}"`);
  },
};
export const saveNetmap = (target: Of<'NETMAP'>): string => `-j NETMAP --to ${target.to.text}`;
export const listNetmap = (target: Of<'NETMAP'>): string => `to:${target.to.text}`;

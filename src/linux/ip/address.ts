import type { Issue, Parsed } from '../../base/index.ts';
import { cidrFirst, cidrOf, familyOf, widthOf } from '../../net/index.ts';
import { JsonFields } from './json-fields.ts';
import { isRecord, type JsonEntry, printJsonLines, readJsonEntries } from './json-lines.ts';
import { showHardware, showLink, tail } from './link.ts';
import type { Address, Link } from './types.ts';

const SCOPES = ['global', 'site', 'link', 'host'] as const;
/** Lifetimes and how the address came to be. */
const IGNORED = [
  'valid_life_time',
  'preferred_life_time',
  'dynamic',
  'noprefixroute',
  'nodad',
  'mngtmpaddr',
  'protocol',
  'metric',
  'stable-privacy',
];

/** `ip -j addr` (iproute2 6.1, ip/ipaddress.c print_addrinfo). One link may stand in several entries. */
export function parseIpJsonAddr(text: string, file: string): Parsed<Address[]> {
  const entries = readJsonEntries(text, file);
  const issues: Issue[] = [...entries.issues];
  const value: Address[] = [];
  for (const entry of entries.value) {
    const dev = new JsonFields(entry, issues).text('ifname');
    const infos = Object.hasOwn(entry.fields, 'addr_info') ? entry.fields.addr_info : [];
    if (dev === undefined || !Array.isArray(infos)) {
      issues.push({
        code: 'bad-field',
        severity: 'error',
        at: entry.at,
        message: 'Entry needs "ifname" and a list "addr_info"',
      });
      continue;
    }
    for (const info of infos as unknown[]) {
      if (!isRecord(info) || Object.keys(info).length === 0) continue;
      const address = readAddress(dev, { ...entry, fields: info }, issues);
      if (address !== undefined) value.push(address);
    }
  }
  return { value, issues };
}

function readAddress(dev: string, entry: JsonEntry, issues: Issue[]): Address | undefined {
  const fields = new JsonFields(entry, issues);
  fields.choice('family', ['inet', 'inet6']);
  const local = fields.require(fields.ip('local'), 'local');
  const prefixlen = fields.require(fields.number('prefixlen'), 'prefixlen');
  const scope = fields.choice('scope', SCOPES) ?? 'global';
  const broadcast = fields.ip('broadcast');
  const label = fields.text('label');
  const secondary = fields.raw('secondary') === true || fields.raw('temporary') === true;
  const peer = fields.ip('address');
  for (const key of ['tentative', 'deprecated', 'dadfailed']) {
    if (fields.raw(key) === true) fields.warn(`Address is ${key}: its state is not modelled`);
  }
  fields.warnAboutRest(IGNORED);
  if (fields.failed || local === undefined || prefixlen === undefined) return undefined;
  const family = familyOf(local);
  if (prefixlen > widthOf(family) || (peer !== undefined && familyOf(peer) !== family)) {
    fields.fail(`Wrong prefix length or peer of ${local}`);
    return undefined;
  }
  return {
    dev,
    family,
    local,
    prefixlen,
    scope,
    ...(broadcast === undefined ? {} : { broadcast }),
    ...(label === undefined ? {} : { label }),
    ...(peer === undefined ? {} : { peer: cidrOf(peer, prefixlen) }),
    ...(secondary ? { secondary } : {}),
  };
}

/** One address a line, each in an `ip -j addr` entry of its own, so that an address has a line. */
export const printIpJsonAddr = (addresses: readonly Address[]): string => printJsonLines(addresses.map(addressJson));

export const addressJson = (address: Address): unknown => ({
  ifname: address.dev,
  addr_info: [
    {
      family: address.family === 4 ? 'inet' : 'inet6',
      local: address.local,
      ...(address.peer === undefined ? {} : { address: cidrFirst(address.peer) }),
      prefixlen: address.prefixlen,
      ...(address.broadcast === undefined ? {} : { broadcast: address.broadcast }),
      scope: address.scope,
      ...(address.secondary === true ? { secondary: true } : {}),
      ...(address.label === undefined ? {} : { label: address.label }),
    },
  ],
});

/** `    inet 10.0.1.5/24 brd 10.0.1.255 scope global eth0`, without the indent. */
export function showAddress(address: Address): string {
  const words = [address.family === 4 ? 'inet' : 'inet6'];
  if (address.peer === undefined) words.push(`${address.local}/${address.prefixlen}`);
  else words.push(address.local, 'peer', `${cidrFirst(address.peer)}/${address.prefixlen}`);
  if (address.broadcast !== undefined) words.push('brd', address.broadcast);
  words.push('scope', address.scope);
  if (address.secondary === true) words.push(address.family === 4 ? 'secondary' : 'temporary');
  if (address.label !== undefined) words.push(address.label);
  return words.join(' ');
}

/** `ip addr`: every link with its addresses. */
export const showAddresses = (links: readonly Link[], addresses: readonly Address[]): string =>
  links
    .flatMap((link) => [
      `${showLink(link, links)}${tail(link)}`,
      showHardware(link),
      ...[4, 6]
        .flatMap((family) => addresses.filter((address) => address.dev === link.ifname && address.family === family))
        .flatMap((address) => [`    ${showAddress(address)}`, '       valid_lft forever preferred_lft forever']),
    ])
    .map((line) => `${line}\n`)
    .join('');

import { fewOf } from '../base/index.ts';
import { devicesIn, type ListenSocket, type NetnsId, toldSockets, type Unmodelled } from '../linux/index.ts';
import { type Family, familyOf } from '../net/index.ts';
import { type NamedText, type PartialNetns, toldTables, type World } from '../world/index.ts';

/** Of what a node's collection tells all, where its commands were asked for a part. */
export interface Told {
  readonly sockets: ReadonlySet<ListenSocket['protocol']>;
  /** Undefined: the addresses of all devices. */
  readonly addressesOf: ReadonlySet<string> | undefined;
  readonly allLinks: boolean;
  /** What it leaves out and nobody knows. */
  readonly unmodelled: readonly Unmodelled[];
}

/** `ip link` and `ip addr` print `lo`, which every namespace has, unless they were asked for other devices. */
export function toldBy(
  files: ReadonlyMap<string, NamedText>,
  { links = [], sockets = [] }: PartialNetns,
  unmodelled: readonly Unmodelled[],
): Told {
  const devices = devicesIn(files.get('ip-addr.json')?.text ?? '');
  return {
    sockets: toldSockets(files.get('ss')?.text ?? '', sockets).told,
    addressesOf: devices.has(LOOPBACK) ? undefined : devices,
    allLinks: links.some(({ ifname }) => ifname === LOOPBACK),
    unmodelled,
  };
}

const LOOPBACK = 'lo';
const FAMILIES = [4, 6] as const;

/** What of a node stays as compiled beside its dump, as one assumption. IPv4 or IPv6 is spoken of where its cards have it. */
export function keptBeside(world: World, id: NetnsId, dump: PartialNetns, told: Told): readonly string[] {
  const { routes, rules, addresses, links, sockets } = dump;
  const speaks = (family: Family): boolean =>
    world.fabric.enis.some(
      (eni) => eni.attachment?.netns === id && eni.addresses.some((each) => familyOf(each) === family),
    );
  const said: string[] = [];
  for (const family of FAMILIES) {
    const lacks = (of: readonly { readonly family: Family }[] | undefined): boolean =>
      of !== undefined && of.length > 0 && speaks(family) && !of.some((each) => each.family === family);
    if (routes !== undefined && toldTables(routes, family) === 'main')
      said.push(`of IPv${family} routes table main alone`);
    const kinds = [
      ...(lacks(routes) ? ['routes'] : []),
      ...(lacks(rules) ? ['rules'] : []),
      ...(lacks(addresses) ? ['addresses'] : []),
    ];
    if (kinds.length > 0) said.push(`no IPv${family} ${kinds.join(', ')}`);
  }
  if (links !== undefined && !told.allLinks) said.push(`of devices ${listed(links.map(({ ifname }) => ifname))} alone`);
  if (addresses !== undefined && told.addressesOf !== undefined)
    said.push(`of addresses those of ${listed([...told.addressesOf])} alone`);
  const unsaid = sockets === undefined ? [] : (['tcp', 'udp'] as const).filter((each) => !told.sockets.has(each));
  if (unsaid.length > 0) said.push(`no ${unsaid.join(', ')} sockets`);
  return said.length === 0 ? [] : [`the dump of ${id} tells ${said.join('; ')}: the rest is as compiled`];
}

const MAX_LISTED = 8;
const listed = (names: readonly string[]): string => fewOf(names, MAX_LISTED) || 'no device';

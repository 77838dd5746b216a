import type { Issue, Parsed } from '../../base/index.ts';
import { type Mac, NO_MAC } from '../../net/index.ts';
import { withPlaces } from '../written.ts';
import { JsonFields } from './json-fields.ts';
import { isRecord, type JsonEntry, printJsonLines, readJsonEntries } from './json-lines.ts';
import type { Link } from './types.ts';

/** What `ip -d -j link` says about offloads and limits: no packet's path depends on it. */
const IGNORED = [
  'linkmode',
  'promiscuity',
  'allmulti',
  'min_mtu',
  'max_mtu',
  'inet6_addr_gen_mode',
  'num_tx_queues',
  'num_rx_queues',
  'gso_max_size',
  'gso_max_segs',
  'tso_max_size',
  'tso_max_segs',
  'gro_max_size',
  'gso_ipv4_max_size',
  'gro_ipv4_max_size',
  'addr_info',
  'permaddr',
  'phys_port_id',
  'phys_port_name',
  'phys_switch_id',
  'parentbus',
  'parentdev',
  'stats64',
  'stats',
  'link_pointtopoint',
  'vfinfo_list',
  'carrier',
  'ifalias',
  'headroom',
  'tailroom',
  'max_pacing_offload_horizon',
  'netns-immutable',
];

/** `ip -j [-d] link`, or the same fields of `ip -j addr` (iproute2 6.1, ip/ipaddress.c print_linkinfo). */
export function parseIpJsonLink(text: string, file: string): Parsed<Link[]> {
  const entries = readJsonEntries(text, file);
  const issues: Issue[] = [...entries.issues];
  const indexes = new Map<unknown, unknown>();
  for (const { fields } of entries.value) indexes.set(fields.ifname, fields.ifindex);
  const read = entries.value.flatMap((entry) => {
    const item = readLink(entry, indexes, issues);
    return item === undefined ? [] : [{ item, line: entry.line }];
  });
  return { value: withPlaces(read, file, 'ip-link.json'), issues };
}

function readLink(entry: JsonEntry, indexes: ReadonlyMap<unknown, unknown>, issues: Issue[]): Link | undefined {
  const fields = new JsonFields(entry, issues);
  const ifindex = fields.require(fields.number('ifindex'), 'ifindex');
  const ifname = fields.require(fields.text('ifname'), 'ifname');
  const flags = fields.texts('flags') ?? [];
  const txqlen = fields.number('txqlen');
  const altnames = fields.texts('altnames');
  const link_index = fields.number('link_index') ?? indexOf(fields.text('link'), indexes, fields);
  const link_netnsid = fields.number('link_netnsid');
  const master = fields.text('master');
  const info_kind = readKind(fields, ifname);
  const vlan_id = info_kind === 'vlan' ? readVlan(fields) : undefined;
  const linkType = fields.text('link_type') ?? (flags.includes('LOOPBACK') ? 'loopback' : 'ether');
  const link_type = linkType === 'loopback' || linkType === 'ether' || linkType === 'none' ? linkType : 'none';
  if (link_type !== linkType) fields.warn(`Link type "${linkType}" of ${ifname ?? '?'} is not modelled`);
  const known = link_type === linkType && link_type !== 'none';
  const address = hardware(fields, 'address', known);
  const broadcast = hardware(fields, 'broadcast', known);
  const mtu = fields.require(fields.number('mtu'), 'mtu');
  const qdisc = fields.text('qdisc') ?? 'noop';
  const operstate = fields.text('operstate') ?? 'UNKNOWN';
  const group = fields.text('group') ?? 'default';
  fields.warnAboutRest(IGNORED);
  if (fields.failed || ifindex === undefined || ifname === undefined || mtu === undefined) return undefined;
  return {
    ifindex,
    ifname,
    flags,
    mtu,
    qdisc,
    operstate,
    group,
    link_type,
    address,
    broadcast,
    ...(link_index === undefined ? {} : { link_index }),
    ...(link_netnsid === undefined ? {} : { link_netnsid }),
    ...(info_kind === undefined ? {} : { info_kind }),
    ...(vlan_id === undefined ? {} : { vlan_id }),
    ...(master === undefined ? {} : { master }),
    ...(txqlen === undefined ? {} : { txqlen }),
    ...(altnames === undefined ? {} : { altnames }),
  };
}

/** A tunnel's `address` is an IP address, and a tun device has none: neither is a MAC. */
function hardware(fields: JsonFields, key: string, known: boolean): Mac {
  if (!known && !/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(String(fields.raw(key)))) return NO_MAC;
  return fields.mac(key) ?? NO_MAC;
}

function indexOf(
  name: string | undefined,
  indexes: ReadonlyMap<unknown, unknown>,
  fields: JsonFields,
): number | undefined {
  if (name === undefined) return undefined;
  const index = indexes.get(name);
  if (typeof index === 'number') return index;
  fields.warn(`The other end "${name}" is not in this file`);
  return undefined;
}

function readKind(fields: JsonFields, ifname: string | undefined): string | undefined {
  const info = fields.raw('linkinfo');
  if (!isRecord(info)) return undefined;
  const kind = Object.hasOwn(info, 'info_kind') ? info.info_kind : undefined;
  if (Object.hasOwn(info, 'info_slave_kind'))
    fields.warn(`${ifname ?? 'A device'} is enslaved to a ${String(info.info_slave_kind)}: not modelled`);
  return typeof kind === 'string' ? kind : undefined;
}

function readVlan(fields: JsonFields): number | undefined {
  const info = fields.raw('linkinfo');
  const data = isRecord(info) ? info.info_data : undefined;
  const id = isRecord(data) ? data.id : undefined;
  return typeof id === 'number' ? id : undefined;
}

/** One link a line, with the keys `ip -d -j link` uses. */
export const printIpJsonLink = (links: readonly Link[]): string =>
  printJsonLines(links.map((link) => linkJson(link, links)));

/** A device of this namespace that it is on is told by name (iproute2 6.1, ip/ipaddress.c print_linkinfo). */
function otherEnd({ link_index, link_netnsid }: Link, links: readonly Link[]): Record<string, unknown> {
  if (link_index === undefined) return {};
  const here = link_netnsid === undefined ? links.find(({ ifindex }) => ifindex === link_index) : undefined;
  return here === undefined ? { link_index } : { link: here.ifname };
}

export const linkJson = (link: Link, links: readonly Link[] = []): unknown => ({
  ifindex: link.ifindex,
  ...otherEnd(link, links),
  ifname: link.ifname,
  flags: link.flags,
  mtu: link.mtu,
  qdisc: link.qdisc,
  ...(link.master === undefined ? {} : { master: link.master }),
  operstate: link.operstate,
  linkmode: 'DEFAULT',
  group: link.group,
  ...(link.txqlen === undefined ? {} : { txqlen: link.txqlen }),
  link_type: link.link_type,
  address: link.address,
  broadcast: link.broadcast,
  ...(link.link_netnsid === undefined ? {} : { link_netnsid: link.link_netnsid }),
  ...(link.info_kind === undefined ? {} : { linkinfo: { info_kind: link.info_kind, ...infoData(link) } }),
  ...(link.altnames === undefined ? {} : { altnames: link.altnames }),
});

const infoData = ({ vlan_id }: Link): Record<string, unknown> =>
  vlan_id === undefined ? {} : { info_data: { protocol: '802.1Q', id: vlan_id, flags: ['REORDER_HDR'] } };

/** `ip link`, both lines of every link. */
export const showLinks = (links: readonly Link[]): string =>
  links.map((link) => `${showLinkLine(link, links)}\n${showHardware(link)}\n`).join('');

/** The first line `ip link` prints for a link (`3: eth0@if336: <...> mtu 9001 ... qlen 1000`), without its address line. */
export const showLinkLine = (link: Link, links: readonly Link[] = []): string =>
  `${showLink(link, links)} mode DEFAULT${tail(link)}`;

export const showLink = (link: Link, links: readonly Link[]): string =>
  `${link.ifindex}: ${link.ifname}${peerName(link, links)}: <${link.flags.join(',')}> mtu ${link.mtu} qdisc ${link.qdisc}${link.master === undefined ? '' : ` master ${link.master}`} state ${link.operstate}`;

export const tail = (link: Link): string =>
  ` group ${link.group}${link.txqlen === undefined ? '' : ` qlen ${link.txqlen}`}`;

export function showHardware(link: Link): string {
  const netnsid = link.link_netnsid === undefined ? '' : ` link-netnsid ${link.link_netnsid}`;
  const hardware =
    link.link_type === 'none' ? '    link/none' : `    link/${link.link_type} ${link.address} brd ${link.broadcast}`;
  return [hardware + netnsid, ...(link.altnames ?? []).map((name) => `    altname ${name}`)].join('\n');
}

/** An index in another namespace is printed as a number; in this one, as the name. */
function peerName(link: Link, links: readonly Link[]): string {
  if (link.link_index === undefined) return '';
  const here = link.link_netnsid === undefined ? links.find((other) => other.ifindex === link.link_index) : undefined;
  return `@${here?.ifname ?? `if${link.link_index}`}`;
}

/** Between a device and its ports frames are switched or gathered, which is nothing a route says: why a walk stops at one. */
export function enslaved(links: readonly Link[], name: string): string | undefined {
  const port = links.find(({ ifname, master }) => master !== undefined && (ifname === name || master === name));
  if (port === undefined) return undefined;
  const kind = links.find(({ ifname }) => ifname === port.master)?.info_kind;
  const master = [kind, port.master].filter(Boolean).join(' ');
  return `${port.ifname} is a port of ${master}: what passes between ports is not modelled`;
}

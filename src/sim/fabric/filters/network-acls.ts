import {
  blockHolds,
  decidesAnyway,
  type Held,
  type KnownStandIn,
  type NetworkAclEntry,
  type Subnet,
  showEntry,
  showTraffic,
  standsFor,
  tellStandIn,
} from '../../../fabric/index.ts';
import type { Packet } from '../../packet.ts';
import { type Crossing, die, type FabricWalk, recordFabric } from '../fabric-walk.ts';
import { decideByPort, type PortRule, partsOf } from './decide-by-port.ts';
import type { SubnetAcl } from './filter-index.ts';
import { fits, fitsProtocol, isWithin, trafficOf } from './match-traffic.ts';
import { lineOf } from './say.ts';
import type { Way } from './tracked-flows.ts';

/**
 * A packet from one subnet to another, either of which may be outside (undefined: a gateway, the router itself). A network
 * ACL looks at what enters or leaves its subnet, never at what stays inside, and has no memory of either (VPC guide, network
 * ACLs). Undefined: it passes.
 */
export function crossSubnets(
  on: FabricWalk,
  from: Subnet | undefined,
  to: Subnet | undefined,
  packet: Packet,
): Crossing | undefined {
  if (on.index.filters === undefined || from?.id === to?.id) return undefined;
  const out = from === undefined ? undefined : on.index.filters.acl(from.id);
  const into = to === undefined ? undefined : on.index.filters.acl(to.id);
  return (
    (out === undefined || from === undefined ? undefined : ask(on, out, 'egress', from, packet, into)) ??
    (into === undefined || to === undefined ? undefined : ask(on, into, 'ingress', to, packet))
  );
}

function ask(
  on: FabricWalk,
  of: SubnetAcl,
  way: Way,
  subnet: Subnet,
  packet: Packet,
  next?: SubnetAcl,
): Crossing | undefined {
  const { acl } = of;
  on.enter({ kind: 'vpc', name: subnet.vpc });
  const peer = peerOf(way, packet);
  const standIn = on.index.standIn(peer);
  const entry = entryFor(of, way, packet, standIn);
  decideByPort(on, packet, `network ACL ${acl.id}`, () => byPort(of, way, packet, standIn), 'deny');
  if (isUnsure(entry)) {
    const { unsure } = entry;
    const said = `whether entry "${showEntry(way, unsure)}" of ${acl.id} is for it is not known (${lineOf(unsure.origin ?? acl.origin) ?? 'fabric.json'})`;
    return { kind: 'unknown', what: `${tellStandIn(peer, entry.standIn)}; ${said}`, packet };
  }
  const text = `${acl.id} ${way}: ${entry === undefined ? '* deny all' : showEntry(way, entry)}`;
  const by = lineOf(entry?.origin ?? acl.origin);
  if (entry?.action === 'allow') {
    if (entry.protocol === 'all' && entry.cidr.prefix === 0) return undefined;
    recordFabric(on, 'network-acl', packet, packet, {
      action: `rule ${entry.ruleNumber} of ${acl.id} lets ${showTraffic(entry)} ${way === 'ingress' ? `from ${entry.cidr.text} into` : `to ${entry.cidr.text} out of`} ${subnet.id}`,
      text,
      ...(by === undefined ? {} : { by }),
    });
    return undefined;
  }
  const traffic = showTraffic(trafficOf(packet));
  const number = entry?.ruleNumber ?? '*';
  const what = `${traffic} ${way === 'ingress' ? 'from' : 'to'} ${peer}`;
  const because = `rule ${number} of network ACL ${acl.id} denies ${what} ${way === 'ingress' ? 'into' : 'out of'} subnet ${subnet.id}`;
  const there = next === undefined ? undefined : entryFor(next, 'ingress', packet, on.index.standIn(packet.src));
  const nextDenies = next !== undefined && !isUnsure(there) && there?.action !== 'allow';
  const cause = {
    kind: 'network-acl',
    direction: way,
    acl: acl.id,
    subnet: subnet.id,
    ruleNumber: number,
    traffic,
    peer,
    ...standsFor(standIn),
    ...(nextDenies ? { next: next.acl.id } : {}),
  } as const;
  return die(on, packet, 'dropped', cause, because, { text, ...(by === undefined ? {} : { by }) });
}

const peerOf = (way: Way, { src, dst }: Packet): Packet['src'] => (way === 'ingress' ? src : dst);

const isFor = ({ cidr }: NetworkAclEntry, way: Way, packet: Packet, standIn: KnownStandIn | undefined): Held =>
  blockHolds(cidr, peerOf(way, packet), standIn);

/** The entry that decides. Undefined: none is for the packet, and it is denied. */
type Decides = NetworkAclEntry | Unsure | undefined;

/** The first that may be for the packet, and would decide otherwise than what comes behind it. */
interface Unsure {
  readonly unsure: NetworkAclEntry;
  readonly standIn: KnownStandIn;
}

const isUnsure = (entry: Decides): entry is Unsure => entry !== undefined && 'unsure' in entry;

const entryFor = ({ entries }: SubnetAcl, way: Way, packet: Packet, standIn: KnownStandIn | undefined): Decides =>
  standIn === undefined
    ? entries[way].find((entry) => fits(entry, packet) && isFor(entry, way, packet, undefined) === 'yes')
    : ofMadeUp(
        entries[way].filter((entry) => fits(entry, packet)),
        way,
        packet,
        standIn,
      );

/** Of entries for such traffic, in order. One that may be for the packet matters where it decides otherwise than the first that is. */
function ofMadeUp(fitting: readonly NetworkAclEntry[], way: Way, packet: Packet, standIn: KnownStandIn): Decides {
  const before: NetworkAclEntry[] = [];
  let sure: NetworkAclEntry | undefined;
  for (const entry of fitting) {
    const held = isFor(entry, way, packet, standIn);
    if (held === 'unsure') before.push(entry);
    if (held !== 'yes') continue;
    sure = entry;
    break;
  }
  const action = sure?.action ?? 'deny';
  const unsure = before.find((entry) => entry.action !== action);
  if (unsure === undefined) return sure;
  const decides = decidesAnyway(before, blockOf, actionOf, peerOf(way, packet));
  if (decides === undefined) return { unsure, standIn };
  // What shall get past a denial stands before all that deny.
  return decides.action === 'deny' ? before[0] : decides;
}

const blockOf = ({ cidr }: NetworkAclEntry): NetworkAclEntry['cidr'] => cidr;
const actionOf = ({ action }: NetworkAclEntry): NetworkAclEntry['action'] => action;

/** What it does about a packet like this one to any port. */
function byPort(
  { entries }: SubnetAcl,
  way: Way,
  packet: Packet,
  standIn: KnownStandIn | undefined,
): readonly PortRule[] {
  const fitting = entries[way].filter((entry) => fitsProtocol(entry, packet));
  if (standIn === undefined)
    return fitting.flatMap((entry) =>
      isFor(entry, way, packet, undefined) === 'yes' ? [{ ports: portsOf(entry), verdict: entry.action }] : [],
    );
  // Which entries are for a made-up address may hang on all that are for the port.
  return partsOf(fitting.flatMap((entry) => portsOf(entry) ?? [])).map((part) => {
    const there = fitting.filter((entry) => {
      const ports = portsOf(entry);
      return ports === undefined || isWithin(ports, part.from);
    });
    const entry = ofMadeUp(there, way, packet, standIn);
    return { ports: part, verdict: isUnsure(entry) ? 'unknown' : (entry?.action ?? 'deny') };
  });
}

const portsOf = ({ protocol, ports }: NetworkAclEntry): PortRule['ports'] => (protocol === 'all' ? undefined : ports);

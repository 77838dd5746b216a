import {
  blockHolds,
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
import { decideByPort, type PortRule } from './decide-by-port.ts';
import type { SubnetAcl } from './filter-index.ts';
import { fits, fitsProtocol, trafficOf } from './match-traffic.ts';
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
  const unsure = standIn === undefined ? undefined : unsureBefore(of, way, packet, standIn, entry);
  if (standIn !== undefined && unsure !== undefined) {
    const said = `whether entry "${showEntry(way, unsure)}" of ${acl.id} is for it is not known (${lineOf(unsure.origin ?? acl.origin) ?? 'fabric.json'})`;
    return { kind: 'unknown', what: `${tellStandIn(peer, standIn)}; ${said}`, packet };
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
  const nextDenies =
    next !== undefined && entryFor(next, 'ingress', packet, on.index.standIn(packet.src))?.action !== 'allow';
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

/** The first that is for the packet for sure. */
const entryFor = (
  { entries }: SubnetAcl,
  way: Way,
  packet: Packet,
  standIn: KnownStandIn | undefined,
): NetworkAclEntry | undefined =>
  entries[way].find((entry) => fits(entry, packet) && isFor(entry, way, packet, standIn) === 'yes');

/** An entry that may be for the packet, stands before the one that is, and decides otherwise. */
function unsureBefore(
  { entries }: SubnetAcl,
  way: Way,
  packet: Packet,
  standIn: KnownStandIn,
  sure: NetworkAclEntry | undefined,
): NetworkAclEntry | undefined {
  const before = sure === undefined ? entries[way] : entries[way].slice(0, entries[way].indexOf(sure));
  const action = sure?.action ?? 'deny';
  return before.find(
    (entry) => entry.action !== action && fits(entry, packet) && isFor(entry, way, packet, standIn) === 'unsure',
  );
}

/** What it does about a packet like this one to any port. */
const byPort = (
  { entries }: SubnetAcl,
  way: Way,
  packet: Packet,
  standIn: KnownStandIn | undefined,
): readonly PortRule[] =>
  entries[way].flatMap((entry) => {
    const held = fitsProtocol(entry, packet) ? isFor(entry, way, packet, standIn) : 'no';
    if (held === 'no') return [];
    const ports = entry.protocol === 'all' ? undefined : entry.ports;
    return [{ ports, verdict: held === 'yes' ? entry.action : 'unknown' }];
  });

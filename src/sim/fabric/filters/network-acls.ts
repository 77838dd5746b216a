import { type NetworkAclEntry, type Subnet, showEntry, showTraffic } from '../../../fabric/index.ts';
import { cidrContains } from '../../../net/index.ts';
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
  const entry = entryFor(of, way, packet);
  const peer = peerOf(way, packet);
  decideByPort(on, packet, `network ACL ${acl.id}`, () => byPort(of, way, packet), 'deny');
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
  const nextDenies = next !== undefined && entryFor(next, 'ingress', packet)?.action !== 'allow';
  const cause = {
    kind: 'network-acl',
    direction: way,
    acl: acl.id,
    subnet: subnet.id,
    ruleNumber: number,
    traffic,
    peer,
    ...(nextDenies ? { next: next.acl.id } : {}),
  } as const;
  return die(on, packet, 'dropped', cause, because, { text, ...(by === undefined ? {} : { by }) });
}

const peerOf = (way: Way, { src, dst }: Packet): Packet['src'] => (way === 'ingress' ? src : dst);

const entryFor = ({ entries }: SubnetAcl, way: Way, packet: Packet): NetworkAclEntry | undefined =>
  entries[way].find((entry) => cidrContains(entry.cidr, peerOf(way, packet)) && fits(entry, packet));

/** What it does about a packet like this one to any port. */
const byPort = ({ entries }: SubnetAcl, way: Way, packet: Packet): readonly PortRule[] =>
  entries[way]
    .filter((entry) => cidrContains(entry.cidr, peerOf(way, packet)) && fitsProtocol(entry, packet))
    .map(({ protocol, ports, action }) => ({ ports: protocol === 'all' ? undefined : ports, verdict: action }));

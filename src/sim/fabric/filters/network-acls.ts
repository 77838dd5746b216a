import { type NetworkAclEntry, type Subnet, showEntry, showTraffic } from '../../../fabric/index.ts';
import { cidrContains } from '../../../net/index.ts';
import type { Packet } from '../../packet.ts';
import { type Crossing, die, type FabricWalk, recordFabric } from '../fabric-walk.ts';
import type { SubnetAcl } from './filter-index.ts';
import { fits, trafficOf } from './match-traffic.ts';
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
  const peer = way === 'ingress' ? packet.src : packet.dst;
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

const entryFor = ({ entries }: SubnetAcl, way: Way, packet: Packet): NetworkAclEntry | undefined => {
  const peer = way === 'ingress' ? packet.src : packet.dst;
  return entries[way].find((entry) => cidrContains(entry.cidr, peer) && fits(entry, packet));
};

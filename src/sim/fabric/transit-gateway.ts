import { showSource } from '../../base/index.ts';
import type { Subnet, TransitGateway, TransitGatewayAttachment } from '../../fabric/index.ts';
import type { Packet } from '../packet.ts';
import { readPorts } from '../rewrite.ts';
import type { Exit } from './connections-index.ts';
import { exceeds, tooBig } from './fabric-answers.ts';
import { type Crossing, die, type FabricWalk, type Next, recordFabric } from './fabric-walk.ts';
import { crossSubnets } from './filters/network-acls.ts';

/** What a transit gateway does to the TTL is not documented. */
const TTL_NOTE = 'a transit gateway takes nothing of the TTL';
/** Nor whether it keeps a flow to a zone outside appliance mode, where the flow comes from none of the attachment's. */
const FLOW_NOTE = 'packets of a flow that come to a transit gateway from no zone of an attachment leave it in one zone';

/** By a route of a subnet: the VPC's attachment takes it in, where it has a subnet in this zone. */
export function intoTransitGateway(on: FabricWalk, from: Subnet, id: string, packet: Packet): Crossing | Next {
  const { vpc, zone, router } = from;
  const gateway = on.index.connections.transitGateway(id);
  const stopped = crossSubnets(on, from, attachedIn(on, gateway, from), packet);
  if (stopped !== undefined) return stopped;
  on.enter({ kind: 'transit-gateway', name: id });
  if (gateway === undefined)
    return die(on, packet, 'dropped', { kind: 'missing-gateway', id }, `transit gateway ${id} does not exist`, id);
  const attachment = gateway.attachments.find(({ to }) => to.kind === 'vpc' && to.vpc === vpc);
  if (attachment?.to.kind !== 'vpc')
    return die(
      on,
      packet,
      'dropped',
      { kind: 'no-attachment', gateway: id, vpc },
      `${vpc} is not attached to ${id}`,
      id,
    );
  if (!attachment.to.subnets.some((subnet) => on.index.subnet(subnet)?.zone === zone))
    return die(
      on,
      packet,
      'dropped',
      { kind: 'no-zone-attachment', attachment: attachment.id, zone },
      `attachment ${attachment.id} has no subnet in ${zone}: nothing of that zone gets in`,
      `${attachment.id}: ${attachment.to.subnets.join(', ')}`,
    );
  if (exceeds(packet, attachment.mtu))
    return tooBig(on, packet, attachment.mtu, `${id}: MTU ${attachment.mtu}`, { vpc, from: router, about: packet });
  return through(on, gateway, attachment, packet, zone);
}

/**
 * The attachment's subnet in the packet's zone: to network ACLs the gateway stands in it (transit gateways guide, how network
 * ACLs work with transit gateways).
 */
function attachedIn(on: FabricWalk, gateway: TransitGateway | undefined, { vpc, zone }: Subnet): Subnet | undefined {
  const to = gateway?.attachments.find((each) => each.to.kind === 'vpc' && each.to.vpc === vpc)?.to;
  const subnets = to?.kind === 'vpc' ? to.subnets.flatMap((each) => on.index.subnet(each) ?? []) : [];
  return subnets.find((subnet) => subnet.zone === zone);
}

/** The route table of the attachment it came in by; `zone` is the one it came from, where it came from a VPC. */
export function through(
  on: FabricWalk,
  gateway: TransitGateway,
  from: TransitGatewayAttachment,
  packet: Packet,
  zone: string | undefined,
): Crossing | Next {
  const { id } = gateway;
  const table = from.routeTable;
  if (table === null) {
    const cause = { kind: 'no-association', gateway: id, attachment: from.id } as const;
    return die(
      on,
      packet,
      'dropped',
      cause,
      `attachment ${from.id} is associated with no route table of ${id}`,
      from.id,
    );
  }
  const found = on.index.connections.transitRoute(id, table, packet.dst);
  if (found === undefined) {
    const cause = { kind: 'no-transit-route', gateway: id, table, dst: packet.dst } as const;
    return die(on, packet, 'dropped', cause, `route table ${table} of ${id} has no route to ${packet.dst}`, table);
  }
  const text = `${table}: ${found.destination.text} → ${found.attachment ?? 'blackhole'}`;
  const to = found.attachment === null ? undefined : on.index.connections.attachment(id, found.attachment);
  if (to === undefined) {
    const cause = { kind: 'vpc-blackhole', table, destination: found.destination.text } as const;
    return die(on, packet, 'dropped', cause, `a blackhole route of ${id}`, text);
  }
  const at = found.origin?.at;
  recordFabric(on, 'transit-gateway', packet, packet, {
    action: `${found.destination.text} → ${to.id}`,
    destination: found.destination.text,
    because: `route table ${table}, with which ${from.id} is associated`,
    text,
    ...(at === undefined ? {} : { by: showSource(at) }),
  });
  on.walk.assumptions.add(TTL_NOTE);
  if (to.to.kind === 'vpc') return outOf(on, id, to, to.to, packet, zone);
  return { kind: 'on-premises', network: to.to.network, mtu: to.mtu, packet };
}

/**
 * Into the VPC, in a zone: the packet's own where the attachment has it, else any; in appliance mode one zone for both
 * directions of a flow. There the attachment subnet's route table is asked (transit gateways guide, VPC attachments).
 */
function outOf(
  on: FabricWalk,
  gateway: string,
  { id }: TransitGatewayAttachment,
  { vpc, applianceMode }: Extract<TransitGatewayAttachment['to'], { kind: 'vpc' }>,
  packet: Packet,
  zone: string | undefined,
): Crossing | Next {
  const exits = on.index.connections.exits(gateway, id);
  const own = applianceMode ? undefined : inZone(exits, zone);
  const subnet = own ?? drawn(on, id, exits, packet, applianceMode);
  if (subnet === undefined)
    return { kind: 'unknown', what: `attachment ${id} has no subnet the input describes`, packet };
  on.enter({ kind: 'vpc', name: vpc });
  return { kind: 'route', subnet, packet, sender: undefined };
}

const inZone = (exits: readonly Exit[], zone: string | undefined): Subnet | undefined =>
  zone === undefined ? undefined : exits.flatMap(({ subnets }) => subnets).find((subnet) => subnet.zone === zone);

/**
 * Each zone is as likely as the others, and a flow stays in the one it got: whichever way its packets go in appliance mode, else
 * those of one direction.
 */
function drawn(
  on: FabricWalk,
  attachment: string,
  exits: readonly Exit[],
  packet: Packet,
  applianceMode: boolean,
): Subnet | undefined {
  const isError = packet.l4.kind === 'icmp-error';
  const about = packet.l4.kind === 'icmp-error' ? packet.l4.quoted : packet;
  const ports = readPorts(about);
  const ends = [`${about.src} ${ports?.sport ?? ''}`, `${about.dst} ${ports?.dport ?? ''}`];
  if (applianceMode) ends.sort();
  else if (isError) ends.reverse();
  const flow = `${about.protocol} ${ends.join(' ')}`;
  const pins = on.pins(attachment);
  const pinned = inZone(exits, pins.get(flow));
  if (pinned !== undefined) return pinned;
  const found = exits[exits.length < 2 ? 0 : on.walk.dice.choose(exits)]?.subnets[0];
  if (found !== undefined) pins.set(flow, found.zone);
  if (exits.length > 1 && !applianceMode) on.walk.assumptions.add(FLOW_NOTE);
  return found;
}

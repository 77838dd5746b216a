import { type Eni, reservedFor } from '../../fabric/index.ts';
import { cidrContains, type Ip } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import { answerFromService } from './fabric-answers.ts';
import { type Crossing, die, type FabricWalk, type Next, recordFabric, type Whence } from './fabric-walk.ts';
import { crossSubnets } from './filters/network-acls.ts';
import { enterByGroups } from './filters/security-groups.ts';
import { intoLoadBalancer, nodeBehind } from './load-balancer/into-load-balancer.ts';
import { outOfNatGateway } from './nat-gateway.ts';
import { undescribedOwner } from './undescribed.ts';

export const isInVpc = (on: FabricWalk, vpc: string, address: Ip): boolean =>
  on.index.vpc(vpc)?.cidrs.some((block) => cidrContains(block, address)) ?? false;

/** The VPC delivers to the ENI that owns the address, whatever the path. */
export function deliverTo(on: FabricWalk, vpc: string, packet: Packet, from: Whence): Crossing | Next {
  const unlisted = undescribedOwner(on, vpc, packet.dst);
  if (unlisted !== undefined) return { kind: 'unknown', what: unlisted, packet };
  const owner = on.index.eniOwning(vpc, packet.dst);
  if (owner !== undefined) return passFilters(on, owner, packet, from) ?? handOver(on, owner, packet);
  const gateway = on.index.natGatewayAt(vpc, packet.dst);
  if (gateway !== undefined)
    return (
      crossSubnets(on, from.subnet, on.index.subnet(gateway.subnet), packet) ?? outOfNatGateway(on, gateway, packet)
    );
  const kept = reservedFor(on.index.fabric, packet.dst);
  const cause = { kind: 'unowned', address: packet.dst, ...(kept === undefined ? {} : { kept }) } as const;
  return die(on, packet, 'dropped', cause, `no ENI in ${vpc} owns ${packet.dst}${keptText(kept)}`, vpc);
}

const keptText = (kept: string | undefined): string => (kept === undefined ? '' : `: it is ${kept}`);

/**
 * To one ENI, whoever the packet is for: past the network ACL of its subnet and its security groups, then its check on
 * destinations, then whatever is behind it.
 */
export function deliver(on: FabricWalk, eni: Eni, packet: Packet, from: Whence): Crossing | Next {
  const stopped = passFilters(on, eni, packet, from);
  if (stopped !== undefined) return stopped;
  if (eni.sourceDestCheck && !on.index.owns(eni, packet.dst)) {
    return die(
      on,
      packet,
      'dropped',
      { kind: 'destination-check', eni: eni.id, address: packet.dst },
      `${eni.id} does not own ${packet.dst}: the source/destination check drops it`,
      `${eni.id}: sourceDestCheck`,
    );
  }
  return handOver(on, eni, packet);
}

function passFilters(on: FabricWalk, eni: Eni, packet: Packet, from: Whence): Crossing | undefined {
  if (on.index.filters === undefined || on.index.unmodelledAt(eni) !== undefined) return undefined;
  return (
    crossSubnets(on, from.subnet, on.index.subnet(eni.subnet), packet) ?? enterByGroups(on, eni, packet, from.sender)
  );
}

/** What is behind an ENI takes the packet. */
export function handOver(on: FabricWalk, eni: Eni, packet: Packet): Crossing | Next {
  const blocked = on.index.unmodelledAt(eni);
  if (blocked !== undefined) return { kind: 'unknown', what: blocked, packet };
  if (eni.attachment === null) return deliverWithoutNetns(on, eni, packet);
  const { netns, dev } = eni.attachment;
  if (on.walk.record !== undefined) {
    recordFabric(on, 'delivery', packet, packet, {
      action: `${packet.dst} is on ${eni.id}, ${dev} of ${netns}`,
      text: `${eni.id}: ${eni.addresses.slice(0, 4).join(', ')}${eni.addresses.length > 4 ? ', ...' : ''}`,
    });
  }
  return { kind: 'arrive', netns, dev, packet };
}

const NAT_GATEWAY = 'nat-gateway/';

function deliverWithoutNetns(on: FabricWalk, eni: Eni, packet: Packet): Crossing | Next {
  const { owner } = eni;
  const gateway = owner.startsWith(NAT_GATEWAY) ? on.index.natGateway(owner.slice(NAT_GATEWAY.length)) : undefined;
  if (gateway !== undefined) return outOfNatGateway(on, gateway, packet);
  const node = nodeBehind(on.index, eni);
  if (node !== undefined) return intoLoadBalancer(on, node, packet);
  const service = on.index.service(owner);
  if (service !== undefined) return answerFromService(on, eni, packet, service);
  return {
    kind: 'unknown',
    what: `${owner || eni.id} is behind ${packet.dst}, and the model has no host for it`,
    packet,
  };
}

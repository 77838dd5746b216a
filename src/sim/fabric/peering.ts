import type { Subnet } from '../../fabric/index.ts';
import type { Packet } from '../packet.ts';
import { deliverTo, isInVpc } from './deliver.ts';
import { exceeds, tooBig } from './fabric-answers.ts';
import { type Crossing, die, type FabricWalk, type Next, recordFabric, type Whence } from './fabric-walk.ts';

/**
 * Not transitive: both ends must be in the two VPCs (VPC peering guide). No TTL is taken. Security groups know who sends from
 * the peered VPC only within a Region.
 */
export function acrossPeering(
  on: FabricWalk,
  from: Whence & { readonly subnet: Subnet },
  id: string,
  packet: Packet,
): Crossing | Next {
  const { vpc } = from.subnet;
  const peering = on.index.peering(id);
  on.enter({ kind: 'vpc-peering', name: id });
  if (peering === undefined)
    return die(on, packet, 'dropped', { kind: 'missing-gateway', id }, `peering ${id} does not exist`, id);
  const other = peering.requester === vpc ? peering.accepter : peering.requester;
  if (!isInVpc(on, vpc, packet.src)) {
    const cause = { kind: 'not-transitive', peering: id, address: packet.src } as const;
    return die(
      on,
      packet,
      'dropped',
      cause,
      `${packet.src} is not an address of ${vpc}: peering is not transitive`,
      id,
    );
  }
  if (!isInVpc(on, other, packet.dst)) {
    const cause = { kind: 'not-transitive', peering: id, address: packet.dst } as const;
    return die(
      on,
      packet,
      'dropped',
      cause,
      `${packet.dst} is not an address of ${other}: peering is not transitive`,
      id,
    );
  }
  if (exceeds(packet, peering.mtu)) {
    const owner = on.index.eniOwning(vpc, packet.src);
    const router = owner === undefined ? undefined : on.index.subnet(owner.subnet)?.router;
    return tooBig(on, packet, peering.mtu, `${id}: MTU ${peering.mtu}`, { vpc, from: router, about: packet });
  }
  recordFabric(on, 'peering', packet, packet, { action: `${vpc} → ${other}`, text: id });
  on.enter({ kind: 'vpc', name: other });
  const isNear = on.index.vpc(vpc)?.region === on.index.vpc(other)?.region;
  return deliverTo(on, other, packet, { subnet: undefined, sender: isNear ? from.sender : undefined });
}

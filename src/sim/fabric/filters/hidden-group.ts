import type { Eni } from '../../../fabric/index.ts';
import type { SecurityGroupCause } from '../../../trace/index.ts';
import type { Packet } from '../../packet.ts';
import type { FabricWalk } from '../fabric-walk.ts';
import type { Guard } from './filter-index.ts';
import { fits } from './match-traffic.ts';

type Hidden = Pick<SecurityGroupCause, 'hidden' | 'across'>;

/**
 * The group a rule would let in, were it known that the sender wears it. Over a peering between Regions and over a transit
 * gateway the sender is known here and not to the groups (VPC peering guide, security group references; transit gateways guide,
 * security group referencing, which is off unless turned on): of one that wears none of the groups asked for nothing is hidden.
 */
export function hiddenGroup(on: FabricWalk, { rules }: Guard, eni: Eni, packet: Packet): Hidden {
  const asked = rules.ingress.flatMap(({ rule }) =>
    rule.peer.kind === 'security-group' && fits(rule, packet) ? [rule.peer.id] : [],
  );
  const [first] = asked;
  if (first === undefined) return {};
  const across = acrossTo(on, eni, packet);
  if (across === undefined || across.sender.owner.startsWith('nat-gateway/')) return { hidden: first };
  const { sender, ...way } = across;
  const worn = asked.find((id) => sender.securityGroups.includes(id));
  return worn === undefined ? {} : { hidden: worn, across: way };
}

/** Who in another VPC sent it, and over what that loses sight of its groups; by the way back. */
function acrossTo(
  { index }: FabricWalk,
  eni: Eni,
  { src }: Packet,
): (NonNullable<SecurityGroupCause['across']> & { readonly sender: Eni }) | undefined {
  const subnet = index.subnet(eni.subnet);
  const target = subnet === undefined ? undefined : index.lookup(subnet.routeTable, src)?.target;
  if (subnet === undefined || target === undefined) return undefined;
  if (target.kind === 'vpc-peering') {
    const peering = index.peering(target.id);
    const other = peering?.requester === subnet.vpc ? peering.accepter : peering?.requester;
    const sender = other === undefined ? undefined : index.eniOwning(other, src);
    if (other === undefined || index.vpc(other)?.region === index.vpc(subnet.vpc)?.region) return undefined;
    return sender && { kind: target.kind, id: target.id, sender };
  }
  if (target.kind !== 'transit-gateway') return undefined;
  const senders = index.fabric.vpcs.flatMap(({ id }) => (id === subnet.vpc ? [] : (index.eniOwning(id, src) ?? [])));
  const [sender] = senders;
  return sender && { kind: target.kind, id: target.id, sender };
}

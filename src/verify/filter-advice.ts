import type { NetworkAclCause, SecurityGroupCause } from '../trace/index.ts';

/** The rule to add, on each side that lacks one. A group's own id serves as well as an address where the fabric sees the sender. */
export function securityGroupAdvice(cause: SecurityGroupCause): string {
  const { direction, groups, traffic, peer, standsFor, peerGroups = [], hidden, across, farSide, written } = cause;
  const who = standsFor ?? host(peer);
  if (written !== undefined && direction === 'ingress') return writtenAdvice(written, who);
  const [group = 'its security group'] = groups;
  const [other] = peerGroups;
  const end = direction === 'ingress' ? 'from' : 'to';
  const instead = other === undefined ? '' : `, or ${end} ${other} (a group of the ENI that has it)`;
  const own = `add to ${group} the ${direction} rule ${traffic} ${end} ${who}${instead}`;
  if (hidden !== undefined && across !== undefined) return `${own}; ${refersInVain(hidden, across)}`;
  if (hidden !== undefined)
    return `${own}; its rule for ${hidden} holds for private addresses of interfaces in that group, and nobody can tell whose ${peer} was before it was translated: where the caller is in the VPC, call the private address`;
  if (farSide === undefined) return own;
  return `${own}; and to ${farSide.groups[0] ?? farSide.eni} of ${farSide.eni}, which would not let it in either, the ingress rule ${traffic} from ${host(farSide.sender)}`;
}

/** Its sender wears the group, and the group's rules are not asked about it. */
const refersInVain = (group: string, { kind, id }: NonNullable<SecurityGroupCause['across']>): string =>
  kind === 'vpc-peering'
    ? `its rule for ${group} does not hold over ${id}: a group can be referred to over a peering within one Region only`
    : `its rule for ${group} does not hold over ${id}, unless security group referencing support is turned on for the transit gateway and its attachments, which is not modelled`;

/** Where the block is said that the load balancer's controller lets in; what is written into the group itself does not stay. */
function writtenAdvice({ type, madeFor }: NonNullable<SecurityGroupCause['written']>, who: string): string {
  const [first = 'it'] = madeFor;
  const said =
    type === 'application'
      ? `annotation inbound-cidrs of Ingress ${first}`
      : `loadBalancerSourceRanges of Service ${first}`;
  return `add ${who} to ${said}: the group's rules are written from it`;
}

/** Ports a caller may draw: NAT gateways, load balancers and the VPC CNI's random SNAT (VPC guide; amazon-vpc-cni-k8s #503). */
const DRAWN = '1024-65535';

export function networkAclAdvice(cause: NetworkAclCause): string {
  const { direction, acl, ruleNumber, traffic, peer, standsFor, next, answers } = cause;
  const way = direction === 'ingress' ? 'inbound' : 'outbound';
  const end = direction === 'ingress' ? 'from' : 'to';
  const before = ruleNumber === '*' ? '' : ` with a number below ${ruleNumber}`;
  const what = answers === true ? traffic.replace(/^(tcp|udp) .*/, `$1 ${DRAWN}`) : traffic;
  const why =
    answers === true && what !== traffic
      ? `: network ACLs keep no state, an answer comes back to the port its caller drew, and the VPC CNI's random SNAT, NAT gateways and load balancers draw from ${DRAWN}`
      : '';
  const also = next === undefined ? '' : `; and to ${next} an inbound one for the same, which denies it as well`;
  return `add to network ACL ${acl} an ${way} allow rule${before} for ${what} ${end} ${standsFor ?? `${host(peer)} or its subnet`}${also}${why}`;
}

const host = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`;

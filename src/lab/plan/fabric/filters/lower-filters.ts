import {
  type Fabric,
  type NetworkAcl,
  resolverAddresses,
  type SecurityGroup,
  type Subnet,
  type Vpc,
} from '../../../../fabric/index.ts';
import { type Family, familyOf, isLinkLocal } from '../../../../net/index.ts';
import { type KeptClients, keptFrom } from '../load-balancers/kept-clients.ts';
import { block, collection } from '../nft-text.ts';
import type { Port } from '../port.ts';
import { aclChain } from './acl-chains.ts';
import type { Way } from './flow-keys.ts';
import { flowSet, type GroupLowering, guardChains, sharedChains } from './group-chains.ts';
import { hiddenSenders, hides } from './hidden-senders.ts';
import { IP } from './match-words.ts';
import { Members } from './members.ts';

/**
 * A VPC's filters in its namespace. A packet's mark says which subnet it came from (0: none), and is written by the port it
 * comes in by; nothing of it leaves the namespace.
 *
 *     from an ENI:  its groups, egress · the mark
 *     to an ENI:    from another subnet: that one's network ACL, egress, and its own, ingress · its groups, ingress
 *     to a gateway: the network ACL of the subnet it came from, egress
 */
export interface LoweredFilters {
  /** Sets and chains of the table on the ports. */
  readonly parts: readonly (readonly string[])[];
  /** Rules for the ports of a subnet, behind their check on sources and behind that on destinations. */
  readonly leaving: (subnet: Subnet) => readonly string[];
  readonly arriving: (subnet: Subnet) => readonly string[];
  /** Rules of a table at FORWARD for what comes by these devices from senders that no group sees. */
  readonly unseen: (devices: readonly string[]) => readonly string[];
  /** Chains of a table at FORWARD, and the rules for what leaves by these devices. */
  readonly gateway: (devices: readonly string[]) => {
    readonly chains: readonly (readonly string[])[];
    readonly rules: readonly string[];
  };
}

/** Bits below are other rules': the TTL's, and that of a sender no group sees. */
const MARK_MASK = '0xffffff00';

export function lowerFilters(
  fabric: Fabric,
  vpc: Vpc,
  ports: readonly Port[],
  kept: readonly KeptClients[],
  families: readonly Family[],
): LoweredFilters | undefined {
  const described = new Map(fabric.securityGroups.map((group) => [group.id, group]));
  const guarded = described.size === 0 ? [] : ports.filter(({ groups }) => groups.length > 0);
  const subnets = fabric.subnets.filter((subnet) => subnet.vpc === vpc.id);
  const mine = new Set(subnets.map(({ id }) => id));
  const acls = fabric.networkAcls.filter((acl) => acl.subnets.some((id) => mine.has(id)));
  if (guarded.length === 0 && acls.length === 0) return undefined;
  const markOf = new Map(subnets.map(({ id }, i) => [id, hex((i + 1) << 8)]));
  const aclOf = new Map(acls.flatMap((acl, i) => acl.subnets.map((subnet) => [subnet, { acl, i }] as const)));
  const exempt = exemptions(vpc, families);
  const groups = lowerGroups(fabric, vpc, guarded, described, {
    families,
    exempt,
    sentFor: (group, family) => keptFrom(kept, group, family),
  });
  const senders = hiddenSenders(guarded.length === 0 ? [] : ports, kept, families);
  const outward = (except?: string): readonly string[] =>
    [...aclOf].flatMap(([subnet, { i }]) =>
      subnet === except || !markOf.has(subnet) ? [] : [`${markOf.get(subnet)} : jump acl_egress_${i}`],
    );
  const leaveAcls = (except?: string): readonly string[] => {
    const elements = outward(except);
    return elements.length === 0 ? [] : [`meta mark and ${MARK_MASK} vmap { ${elements.join(', ')} }`];
  };
  const crossings =
    acls.length === 0 ? [] : subnets.map((subnet) => crossChain(subnet, markOf, aclOf, exempt, leaveAcls));
  const egressChains = acls.map((acl, i) => aclChain(`acl_egress_${i}`, 'egress', acl, families));
  const ingressChains = acls.map((acl, i) => aclChain(`acl_ingress_${i}`, 'ingress', acl, families));
  return {
    parts: [...groups.parts, ...senders.sets, ...egressChains, ...ingressChains, ...crossings],
    leaving: (subnet) => [
      ...(guarded.length === 0 ? [] : ['iif vmap @guard_egress']),
      `meta mark set ${markOf.get(subnet.id)}`,
      ...senders.marked(subnet),
    ],
    unseen: (devices) => (guarded.length === 0 ? [] : hides(devices)),
    arriving: (subnet) => [
      ...(acls.length === 0
        ? []
        : [`meta mark and ${MARK_MASK} != ${markOf.get(subnet.id)} jump cross_${markOf.get(subnet.id)}`]),
      ...(guarded.length === 0 ? [] : ['oif vmap @guard_ingress']),
    ],
    gateway: (devices) => {
      const asked = leaveAcls();
      if (asked.length === 0 || devices.length === 0) return { chains: [], rules: [] };
      return {
        chains: egressChains,
        rules: asked.map((rule) => `oifname { ${devices.map((dev) => `"${dev}"`).join(', ')} } ${rule}`),
      };
    },
  };
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Neither filter sees the resolver's packets, the platform's services or what stays on a link (VPC guide, security groups, network ACLs). */
function exemptions(vpc: Vpc, families: readonly Family[]): GroupLowering['exempt'] {
  const blocks: Readonly<Record<Family, readonly string[]>> = {
    4: [
      ...resolverAddresses(vpc).filter((address) => familyOf(address) === 4 && !isLinkLocal(address)),
      '169.254.0.0/16',
    ],
    6: ['fd00:ec2::/32', 'fe80::/10', 'ff00::/8'],
  };
  const words = (field: 'saddr' | 'daddr'): readonly string[] =>
    families.flatMap((family) => [
      `${IP[family]} ${field} { ${blocks[family].join(', ')} } return`,
      // A question for a neighbour, and its answer, which has the neighbour's own address for its source.
      ...(family === 6 ? ['icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } return'] : []),
    ]);
  return { egress: words('daddr'), ingress: words('saddr') };
}

/** What comes into a subnet from another: out of that one, then into this. */
function crossChain(
  { id }: Subnet,
  markOf: ReadonlyMap<string, string>,
  aclOf: ReadonlyMap<string, { readonly acl: NetworkAcl; readonly i: number }>,
  exempt: GroupLowering['exempt'],
  leaveAcls: (except: string) => readonly string[],
): readonly string[] {
  const own = aclOf.get(id);
  return block(`chain cross_${markOf.get(id)}`, [
    'meta protocol != { ip, ip6 } return',
    ...exempt.ingress,
    ...leaveAcls(id),
    ...(own === undefined ? [] : [`jump acl_ingress_${own.i}`]),
  ]);
}

/** Chains for each list of groups in each subnet, and which port has which. */
function lowerGroups(
  fabric: Fabric,
  vpc: Vpc,
  guarded: readonly Port[],
  described: ReadonlyMap<string, SecurityGroup>,
  shared: Pick<GroupLowering, 'families' | 'exempt' | 'sentFor'>,
): { readonly parts: readonly (readonly string[])[] } {
  if (guarded.length === 0) return { parts: [] };
  const members = new Members(fabric, vpc);
  const on: GroupLowering = { ...shared, fabric, membersOf: (...of) => members.setOf(...of) };
  const names = new Map<string, number>();
  const chains: (readonly string[])[] = [];
  const elements: Record<Way, string[]> = { egress: [], ingress: [] };
  for (const port of guarded) {
    const key = `${port.groups.join(' ')} ${port.subnet.id}`;
    const known = names.get(key);
    const n = known ?? names.size;
    names.set(key, n);
    for (const way of ['egress', 'ingress'] as const) {
      elements[way].push(`"${port.dev}" : jump guard_${way}_${n}`);
      const groups = port.groups.flatMap((id) => described.get(id) ?? []);
      if (known === undefined) chains.push(...guardChains(`guard_${way}_${n}`, way, groups, port.subnet, on));
    }
  }
  return {
    parts: [
      flowSet,
      ...members.sets(),
      ...sharedChains(shared.families),
      ...chains,
      ...(['egress', 'ingress'] as const).map((way) =>
        collection('map', `guard_${way}`, 'iface_index : verdict', elements[way]),
      ),
    ],
  };
}

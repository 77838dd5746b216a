import type { Rng } from '../../src/base/index.ts';
import type {
  Eni,
  Fabric,
  NetworkAclEntry,
  RulePeer,
  SecurityGroupRule,
  TrafficClass,
} from '../../src/fabric/index.ts';
import { cidr, cidrOf, defaultRoute } from '../../src/net/index.ts';
import type { World } from '../../src/world/index.ts';

const GROUPS = ['sg-a', 'sg-b', 'sg-c', 'sg-d'];

/**
 * A World with security groups on its ENIs and network ACLs on its subnets, drawn so that about as much passes as not: rules
 * for single ports, for everybody, by group, by address, in both families; what is tracked and what is not.
 */
export function withRandomFilters(world: World, rng: Rng): World {
  const { fabric } = world;
  const [vpc] = fabric.vpcs;
  if (vpc === undefined) return world;
  const groups = GROUPS.slice(0, rng.int(1, GROUPS.length));
  const enis = fabric.enis.map((eni): Eni => {
    if (eni.owner.startsWith('nat-gateway/')) return eni;
    if (rng.next() < 0.1) return { ...eni, securityGroups: [] };
    const worn = groups.filter(() => rng.next() < 0.5);
    return { ...eni, securityGroups: worn.length > 0 ? worn : [rng.pick(groups)] };
  });
  const rules = (mostly: number): readonly SecurityGroupRule[] => [
    ...(rng.next() < mostly ? everybody(rng) : []),
    ...Array.from({ length: rng.int(1, 5) }, () => ({ ...randomTraffic(rng), peer: randomPeer(rng, fabric, groups) })),
  ];
  // What an ACL does at an attachment's subnet the lab does not hold.
  const attached = new Set(
    fabric.transitGateways.flatMap(({ attachments }) =>
      attachments.flatMap(({ to }) => (to.kind === 'vpc' ? to.subnets : [])),
    ),
  );
  const drawn = fabric.subnets.filter((subnet) => subnet.vpc === vpc.id && rng.next() < 0.5);
  const acls = drawn.filter(({ id }) => !attached.has(id));
  return {
    ...world,
    fabric: {
      ...fabric,
      enis,
      securityGroups: groups.map((id) => ({ id, vpc: vpc.id, ingress: rules(0.2), egress: rules(0.7) })),
      networkAcls: acls.map(({ id }, i) => ({
        id: `acl-${i}`,
        vpc: vpc.id,
        subnets: [id],
        ingress: randomEntries(rng, fabric),
        egress: randomEntries(rng, fabric),
      })),
      prefixLists: [{ id: 'pl-1', cidrs: fabric.subnets.flatMap(({ cidrs }) => cidrs).slice(0, rng.int(1, 3)) }],
    },
  };
}

const everybody = (rng: Rng): readonly SecurityGroupRule[] =>
  ([4, 6] as const).map((family) => ({
    protocol: rng.pick(['all', 'all', 'tcp', 'udp'] as const),
    peer: { kind: 'cidr', cidr: defaultRoute(family) },
  }));

function randomTraffic(rng: Rng): TrafficClass {
  const drawn = rng.next();
  if (drawn < 0.2) return { protocol: 'all' };
  if (drawn < 0.35) return { protocol: rng.pick(['icmp', 'ipv6-icmp'] as const) };
  if (drawn < 0.45)
    return rng.pick<TrafficClass>([
      { protocol: 'icmp', icmp: { type: 8 } },
      { protocol: 'icmp', icmp: { type: 3, code: 3 } },
      { protocol: 'ipv6-icmp', icmp: { type: 128 } },
      { protocol: 'ipv6-icmp', icmp: { type: 1 } },
    ]);
  const protocol = rng.pick(['tcp', 'udp'] as const);
  const ports = rng.pick([
    { from: 8080, to: 8080 },
    { from: 53, to: 80 },
    { from: 1024, to: 65_535 },
    { from: 30_000, to: 32_767 },
    { from: 0, to: 65_535 },
    { from: 10_250, to: 10_250 },
  ]);
  return { protocol, ports };
}

function randomPeer(rng: Rng, { subnets, enis }: Fabric, groups: readonly string[]): RulePeer {
  const drawn = rng.next();
  if (drawn < 0.4) return { kind: 'security-group', id: rng.pick(groups) };
  if (drawn < 0.5) return { kind: 'prefix-list', id: 'pl-1' };
  if (drawn < 0.7) return { kind: 'cidr', cidr: rng.pick([cidr('0.0.0.0/0'), cidr('::/0')]) };
  const [address] = rng.pick(enis).addresses;
  if (drawn < 0.8 && address !== undefined) return { kind: 'cidr', cidr: cidrOf(address) };
  return { kind: 'cidr', cidr: rng.pick(subnets.flatMap(({ cidrs }) => cidrs)) };
}

function randomEntries(rng: Rng, { subnets }: Fabric): readonly NetworkAclEntry[] {
  const blocks = [...subnets.flatMap(({ cidrs }) => cidrs), cidr('0.0.0.0/0'), cidr('::/0')];
  const drawn = Array.from({ length: rng.int(0, 4) }, (_, i) => ({
    ...randomTraffic(rng),
    ruleNumber: 10 + i * 10,
    cidr: rng.pick(blocks),
    action: rng.next() < 0.7 ? ('allow' as const) : ('deny' as const),
  }));
  const last = ([4, 6] as const).map((family, i) => ({
    protocol: 'all' as const,
    ruleNumber: 200 + i,
    cidr: defaultRoute(family),
    action: 'allow' as const,
  }));
  return rng.next() < 0.6 ? [...drawn, ...last] : drawn;
}

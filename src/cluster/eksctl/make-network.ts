import type { Issue } from '../../base/index.ts';
import { UNDESCRIBED } from '../../fabric/index.ts';
import { type Cidr, cidr, cidrCovers, cidrFirst, cidrNth, cidrOf, cidrSize, defaultRoute } from '../../net/index.ts';
import type { NatGatewaySpec, Network, RouteTableSpec, SubnetSpec } from '../network.ts';
import { dhcpDomainOf } from '../own/read-own.ts';
import { existingIpv6 } from './existing-ipv6.ts';
import { type Live, nth64, vpcIpv6Block } from './ipv6-block.ts';
import type { EksctlCluster, EksctlSubnet } from './read-cluster-config.ts';

/** `DefaultCIDR` (pkg/apis/eksctl.io/v1alpha5/vpc.go). */
const DEFAULT_VPC = cidr('192.168.0.0/16');
const MAX_SUBNETS = 16;

interface Planned {
  readonly access: 'public' | 'private';
  readonly name: string;
  readonly zone: string;
  readonly subnet: SubnetSpec;
}

/**
 * The VPC eksctl makes (`SetSubnets` in pkg/vpc/vpc.go, pkg/cfn/builder/vpc_ipv4.go and vpc_ipv6.go): blocks of the VPC's
 * prefix + 3 for up to four zones, the public ones first; one route table for all public subnets, one for each private
 * subnet; a NAT gateway in the first zone's public subnet, or in each.
 */
export function makeNetwork(config: EksctlCluster, live: Live, issues: Issue[], assumptions: string[]): Network {
  const existing = isExisting(config);
  const ipv6 = config.ipFamily === 'IPv6' && !existing ? vpcIpv6Block(config, live, issues, assumptions) : undefined;
  const cluster = ipv6 === undefined ? config : { ...config, vpc: { ...config.vpc, ipv6Cidr: ipv6.block } };
  const id = cluster.vpc.id ?? `vpc-${cluster.name}`;
  const block = vpcBlock(cluster, issues, assumptions);
  const gateway = `igw-${cluster.name}`;
  // pkg/cfn/builder/vpc_ipv4.go: a fully private cluster has the private half of the plan and no gateway at all.
  const plan = planSubnets(cluster, block, issues, assumptions).filter(
    ({ access }) => access === 'private' || !cluster.fullyPrivate,
  );
  const old =
    config.ipFamily === 'IPv6' && existing
      ? existingIpv6(
          config,
          plan.map(({ subnet }) => subnet),
          live,
          issues,
          assumptions,
        )
      : undefined;
  const subnets = plan.map((each) => ({ ...each, subnet: withBlock(each.subnet, old?.ofSubnets.get(each.subnet.id)) }));
  if (existing)
    assumptions.push(`routes of existing VPC ${id} are not in the input: a walk that leaves it ends unknown`);
  const natGateways = existing ? [] : planNat(cluster, subnets);
  const blocks = ipv6 === undefined ? (old?.blocks ?? []) : [ipv6.block];
  const standIn =
    ipv6?.isMadeUp === true ? { block: ipv6.block, give: 'vpc.ipv6Cidr of the ClusterConfig does' } : old?.standIn;
  return {
    region: cluster.region,
    clusterVpc: id,
    vpcs: [
      {
        id,
        region: cluster.region,
        cidrs: [block, ...cluster.vpc.extraCidrs, ...blocks],
        ...(standIn === undefined ? {} : { standIn }),
        dhcpDomain: dhcpDomainOf(cluster.region),
        ...(cluster.fullyPrivate ? {} : { internetGateway: gateway }),
        subnets: subnets.map((planned) => planned.subnet),
        routeTables: existing
          ? unknownTables(cluster, subnets)
          : planRoutes(cluster, subnets, natGateways, gateway, ipv6 !== undefined),
        natGateways,
        source: cluster.vpc.source,
      },
    ],
    peerings: [],
  };
}

const withBlock = (subnet: SubnetSpec, block: Cidr | undefined): SubnetSpec =>
  block === undefined ? subnet : { ...subnet, cidrs: [...subnet.cidrs, block] };

/** eksctl makes no route in a VPC it did not make (pkg/vpc/vpc.go, `ImportSubnetsFromSpec`). */
const isExisting = ({ vpc }: EksctlCluster): boolean =>
  vpc.id !== undefined || [...vpc.publicSubnets, ...vpc.privateSubnets].some((subnet) => subnet.id !== undefined);

/** A CIDR given by hand is asked for where the subnets' own cannot lie in the one eksctl would take. */
function vpcBlock(cluster: EksctlCluster, issues: Issue[], assumptions: string[]): Cidr {
  const { cidr: given, publicSubnets, privateSubnets, source } = cluster.vpc;
  if (given !== undefined) return given;
  const blocks = [...publicSubnets, ...privateSubnets].flatMap((subnet) => subnet.cidr ?? []);
  if (blocks.every((block) => cidrCovers(DEFAULT_VPC, block))) {
    if (isExisting(cluster)) assumptions.push(`CIDR of the existing VPC is not given: taken to be ${DEFAULT_VPC.text}`);
    return DEFAULT_VPC;
  }
  issues.push({
    code: 'missing-field',
    severity: 'error',
    rests: ['network'],
    at: source,
    message: `Field "vpc.cidr" is missing: subnets are given as ${blocks.map(({ text }) => text).join(', ')}, and of which block of the VPC they are cannot be told from them`,
    expected: 'expected the primary CIDR of the VPC, such as "10.0.0.0/16"',
  });
  return blocks.reduce(spanning);
}

/** The smallest block that holds both. */
function spanning(one: Cidr, other: Cidr): Cidr {
  let prefix = Math.min(one.prefix, other.prefix);
  while (prefix > 0 && !cidrCovers(cidrOf(cidrFirst(one), prefix), other)) prefix--;
  return cidrOf(cidrFirst(one), prefix);
}

/** Three zones, two in us-east-1, where some zones often lack capacity (`randomSelectionOfZones`, pkg/az/az.go). */
export function zonesOf(cluster: EksctlCluster): readonly string[] {
  if (cluster.availabilityZones.length > 0) return cluster.availabilityZones;
  return (cluster.region === 'us-east-1' ? ['a', 'b'] : ['a', 'b', 'c']).map((letter) => `${cluster.region}${letter}`);
}

function planSubnets(cluster: EksctlCluster, block: Cidr, issues: Issue[], assumptions: string[]): readonly Planned[] {
  const { publicSubnets, privateSubnets, source } = cluster.vpc;
  const given = [
    ...publicSubnets.map((subnet) => ({ ...subnet, access: 'public' as const })),
    ...privateSubnets.map((subnet) => ({ ...subnet, access: 'private' as const })),
  ];
  const complain = (code: string, message: string, expected: string): void => {
    issues.push({ code, severity: 'error', at: source, message, expected, rests: ['network'] });
  };
  if (given.length > 0) return placeGiven(cluster, given, block, issues, assumptions);
  const zones = zonesOf(cluster);
  if (cluster.availabilityZones.length === 0) assumptions.push(`availability zones not given: ${zones.join(', ')}`);
  if (cluster.vpc.id !== undefined) {
    assumptions.push(
      `the subnets of existing VPC ${cluster.vpc.id} are not given: taken to be the ones eksctl would make`,
    );
  }
  if (block.family !== 4 || block.prefix < 16 || block.prefix > 24) {
    complain('vpc-cidr', `VPC CIDR is ${block.text}`, 'expected an IPv4 block between /16 and /24');
    return [];
  }
  if (zones.length * 2 > MAX_SUBNETS) {
    complain(
      'too-many-zones',
      `${zones.length} zones need ${zones.length * 2} subnets`,
      `expected at most ${MAX_SUBNETS / 2} zones`,
    );
    return [];
  }
  const wanted = zones.flatMap((zone) => ({ name: zone, zone, source }));
  return [
    ...wanted.map((subnet, i) => planned(cluster, { ...subnet, access: 'public' }, i, zones.length, block)),
    ...wanted.map((subnet, i) =>
      planned(cluster, { ...subnet, access: 'private' }, i + zones.length, zones.length, block),
    ),
  ];
}

type Wanted = EksctlSubnet & { readonly access: Planned['access'] };

function planned(cluster: EksctlCluster, subnet: Wanted, index: number, zones: number, block: Cidr): Planned {
  return {
    access: subnet.access,
    name: subnet.name,
    zone: subnet.zone,
    subnet: toSubnet(cluster, subnet, subnet.cidr ?? nthBlock(block, index, zones * 2), index),
  };
}

/** Subnets the user named; those without a CIDR get the blocks eksctl would use that no other one has. */
function placeGiven(
  cluster: EksctlCluster,
  given: readonly Wanted[],
  block: Cidr,
  issues: Issue[],
  assumptions: string[],
): readonly Planned[] {
  const taken = given.flatMap((subnet) => (subnet.cidr === undefined ? [] : [subnet.cidr]));
  let next = 0;
  const total = Math.max(given.length, 8);
  return given.flatMap((subnet, index): Planned[] => {
    if (subnet.cidr !== undefined) return [{ ...subnet, subnet: toSubnet(cluster, subnet, subnet.cidr, index) }];
    for (; next < MAX_SUBNETS; next++) {
      const candidate = nthBlock(block, next, total);
      if (candidate.last > block.last) break;
      if (taken.some((other) => other.first <= candidate.last && candidate.first <= other.last)) continue;
      next++;
      assumptions.push(`CIDR of subnet ${subnet.id ?? subnet.name} is not given: taken to be ${candidate.text}`);
      return [{ ...subnet, subnet: toSubnet(cluster, subnet, candidate, index) }];
    }
    issues.push({
      code: 'no-room',
      severity: 'error',
      rests: ['network'],
      at: subnet.source,
      message: `No block of ${block.text} is left for subnet "${subnet.name}"`,
      expected: 'expected its "cidr"',
    });
    return [];
  });
}

function nthBlock(block: Cidr, index: number, total: number): Cidr {
  const prefix = Math.min(28, block.prefix + (total <= 8 ? 3 : 4));
  const size = cidrSize(block) / 2 ** (prefix - block.prefix);
  return cidrOf(cidrNth(block, index * size), prefix);
}

function toSubnet(cluster: EksctlCluster, subnet: Wanted, block: Cidr, index: number): SubnetSpec {
  const role = subnet.access === 'public' ? 'kubernetes.io/role/elb' : 'kubernetes.io/role/internal-elb';
  const { ipv6Cidr } = cluster.vpc;
  const isNumbered = cluster.ipFamily === 'IPv6' && !isExisting(cluster);
  const ipv6 = isNumbered && ipv6Cidr !== undefined ? [nth64(ipv6Cidr, index)] : [];
  return {
    id: subnet.id ?? `subnet-${subnet.access}-${subnet.name}`,
    cidrs: [block, ...ipv6],
    zone: subnet.zone,
    routeTable: subnet.access === 'public' ? 'rtb-public' : `rtb-private-${subnet.name}`,
    mapPublicIp: subnet.access === 'public',
    dns64: false,
    tags: {
      [role]: '1',
      Name: `eksctl-${cluster.name}-cluster/Subnet${subnet.access === 'public' ? 'Public' : 'Private'}${subnet.name.replaceAll('-', '').toUpperCase()}`,
    },
    source: subnet.source,
  };
}

function planNat(cluster: EksctlCluster, subnets: readonly Planned[]): readonly NatGatewaySpec[] {
  const open = subnets.filter((planned) => planned.access === 'public');
  const chosen = cluster.vpc.nat === 'Disable' ? [] : cluster.vpc.nat === 'Single' ? open.slice(0, 1) : open;
  return chosen.map(({ name, subnet }) => ({
    id: `nat-${name}`,
    subnet: subnet.id,
    connectivity: 'public',
    source: subnet.source,
  }));
}

function unknownTables({ vpc: { source }, remote }: EksctlCluster, subnets: readonly Planned[]): RouteTableSpec[] {
  const anywhere = ([4, 6] as const).map((family) => ({
    destination: defaultRoute(family),
    target: UNDESCRIBED,
    source,
  }));
  const toRemote = (remote?.cidrs ?? []).map((destination) => ({
    destination,
    target: remote?.gateway ?? UNDESCRIBED,
    source: remote?.source ?? source,
  }));
  const ids = new Set(subnets.map(({ subnet }) => subnet.routeTable));
  return [...ids].map((id) => ({ id, routes: [...anywhere, ...toRemote], source }));
}

function planRoutes(
  cluster: EksctlCluster,
  subnets: readonly Planned[],
  nats: readonly NatGatewaySpec[],
  gateway: string,
  ipv6: boolean,
): readonly RouteTableSpec[] {
  const source = cluster.vpc.source;
  const open: RouteTableSpec = {
    id: 'rtb-public',
    routes: [
      { destination: defaultRoute(4), target: gateway, source },
      ...(ipv6 ? [{ destination: defaultRoute(6), target: gateway, source }] : []),
    ],
    source,
  };
  const zoneOfNat = new Map(nats.map((nat) => [subnets.find((p) => p.subnet.id === nat.subnet)?.zone, nat.id]));
  const inner = subnets
    .filter((planned) => planned.access === 'private')
    .map(({ zone, subnet }): RouteTableSpec => {
      const nat = zoneOfNat.get(zone) ?? nats[0]?.id;
      return {
        id: subnet.routeTable,
        routes: [
          ...(nat === undefined ? [] : [{ destination: defaultRoute(4), target: nat, source }]),
          ...(ipv6 && !cluster.fullyPrivate
            ? [{ destination: defaultRoute(6), target: `eigw-${cluster.name}`, source }]
            : []),
        ],
        source,
      };
    });
  const { remote } = cluster;
  const tables = subnets.some((planned) => planned.access === 'public') ? [open, ...inner] : inner;
  if (remote === undefined) return tables;
  const toRemote = remote.cidrs.map((destination) => ({
    destination,
    target: remote.gateway ?? UNDESCRIBED,
    source: remote.source,
  }));
  return tables.map((table) => ({ ...table, routes: [...table.routes, ...toRemote] }));
}

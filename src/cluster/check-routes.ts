import { didYouMean, type Issue, type SourceRef } from '../base/index.ts';
import { UNDESCRIBED } from '../fabric/index.ts';
import { type Cidr, cidrCovers, cidrsOverlap } from '../net/index.ts';
import type { Cluster } from './cluster.ts';
import type { RouteSpec, VpcSpec } from './network.ts';

/** Targets of a route that may be outside the input: what they are, and what is missing. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ['tgw-', 'is not described (kind TransitGateway)'],
  ['vgw-', "is not described (a VPC's vpnGateway, and kind OnPremises)"],
  ['vpce-', 'is a Gateway Load Balancer endpoint, which is not modelled yet'],
  ['lgw-', 'is a local gateway, which is not modelled yet'],
  ['cagw-', 'is a carrier gateway, which is not modelled yet'],
]);

/**
 * What routes point at: it is described, and it belongs to the route table's own VPC. EC2 refuses a route to a gateway or a
 * network interface of another ("belong to different networks", CreateRoute); a transit gateway is nobody's. Nearer than the
 * VPC's own blocks it takes a middlebox alone (VPC guide, route tables).
 */
export function checkRoutes(cluster: Cluster, issues: Issue[]): void {
  const vpcsOf = homes(cluster);
  const enis = new Set(cluster.nodeSpecs.flatMap((node) => node.enis.map(({ id }) => id)));
  for (const vpc of cluster.network.vpcs) {
    checkPropagation(vpc, issues);
    const known = [
      ...[...vpcsOf].filter(([, vpcs]) => vpcs.includes(vpc.id)).map(([id]) => id),
      ...cluster.transitGateways.map(({ id }) => id),
      'blackhole',
    ];
    const targets = { enis, vpcsOf, known, among: new Set(known) };
    for (const { id, routes } of vpc.routeTables)
      for (const route of routes) issues.push(...checkRoute(vpc, id, route, targets));
  }
}

interface Targets {
  readonly enis: ReadonlySet<string>;
  /** Every VPC a gateway or an interface is of. */
  readonly vpcsOf: ReadonlyMap<string, readonly string[]>;
  /** What a route of this VPC may point at. */
  readonly known: readonly string[];
  readonly among: ReadonlySet<string>;
}

function checkRoute(
  vpc: VpcSpec,
  table: string,
  { target, destination, source }: RouteSpec,
  { enis, vpcsOf, known, among }: Targets,
): readonly Issue[] {
  const route = `${destination.text} of "${table}"`;
  const isBetween = isMiddlebox(vpc, target) || enis.has(target);
  if (isInside(vpc, destination) && !(isBetween && mayBeSubnet(vpc, destination))) return [nearer(route, source)];
  if (among.has(target) || target === UNDESCRIBED || isOwn(vpc, destination, target)) return [];
  const owners = vpcsOf.get(target);
  if (owners === undefined) return /^(?:eni-|eigw-)/.test(target) ? [] : [undescribed(target, route, source, known)];
  const whose = owners.length === 1 ? `is VPC "${owners[0]}"'s` : `joins "${owners.join('" and "')}"`;
  return [
    {
      ...error('route-elsewhere', source, `Route ${route} is VPC "${vpc.id}"'s, and its target "${target}" ${whose}`),
      hint: 'EC2 refuses such a route: a table points at gateways and interfaces of its own VPC',
    },
  ];
}

/** The route each table has for its VPC's blocks, written down. */
const isOwn = ({ cidrs }: VpcSpec, { text }: Cidr, target: string): boolean =>
  target === 'local' && cidrs.some((block) => block.text === text);

const isInside = ({ cidrs }: VpcSpec, destination: Cidr): boolean =>
  cidrs.some((block) => block.prefix < destination.prefix && cidrCovers(block, destination));

/** What may stand between the subnets of a VPC, also one that is gone. */
const isMiddlebox = ({ natGateways }: VpcSpec, target: string): boolean =>
  /^(?:eni-|vpce-|blackhole$)/.test(target) || target === UNDESCRIBED || natGateways.some(({ id }) => id === target);

/** One of those described, or one beside them that is not. */
const mayBeSubnet = ({ subnets }: VpcSpec, destination: Cidr): boolean =>
  subnets.every(({ cidrs }) =>
    cidrs.every((block) => block.text === destination.text || !cidrsOverlap(block, destination)),
  );

const nearer = (route: string, at: SourceRef): Issue => ({
  ...error('route-inside-vpc', at, `Route ${route} is nearer than the VPC's local route`),
  hint: 'EC2 takes one for the whole CIDR of a subnet, to a NAT gateway, a network interface or a Gateway Load Balancer endpoint',
});

/** Whose a target is: the VPC it is in, the two a peering joins. */
function homes({ network, nodeSpecs }: Cluster): ReadonlyMap<string, readonly string[]> {
  const vpcOf = new Map(network.vpcs.flatMap(({ id, subnets }) => subnets.map((subnet) => [subnet.id, id] as const)));
  const all = new Map<string, string[]>();
  const add = (target: string | undefined, vpc: string | undefined): void => {
    if (target === undefined || vpc === undefined) return;
    const vpcs = all.get(target) ?? [];
    if (!vpcs.includes(vpc)) all.set(target, [...vpcs, vpc]);
  };
  for (const { id, internetGateway, vpnGateway, natGateways } of network.vpcs)
    for (const target of [internetGateway, vpnGateway, ...natGateways.map((gateway) => gateway.id)]) add(target, id);
  for (const { id, requester, accepter } of network.peerings) for (const vpc of [requester, accepter]) add(id, vpc);
  for (const { id, subnet } of nodeSpecs.flatMap(({ enis }) => enis)) add(id, vpcOf.get(subnet));
  return all;
}

function checkPropagation({ id, vpnGateway, routeTables }: VpcSpec, issues: Issue[]): void {
  for (const { id: table, propagatingVgws = [], source } of routeTables)
    for (const gateway of propagatingVgws)
      if (gateway !== vpnGateway)
        issues.push({
          ...error(
            'unknown-reference',
            source,
            `Route table "${table}" learns of "${gateway}", which is not the VPN gateway of "${id}"`,
          ),
          ...didYouMean(gateway, vpnGateway === undefined ? [] : [vpnGateway]),
        });
}

function undescribed(target: string, route: string, at: SourceRef, known: readonly string[]): Issue {
  const missing = [...elsewhere].find(([prefix]) => target.startsWith(prefix))?.[1];
  if (missing === undefined)
    return {
      ...error('unknown-reference', at, `Route ${route} has the unknown target "${target}"`),
      ...didYouMean(target, known),
    };
  return {
    code: 'not-modelled',
    severity: 'warning',
    at,
    rests: ['connections'],
    message: `"${target}" ${missing}: a packet that takes route ${route} ends unknown`,
  };
}

const error = (code: string, at: SourceRef, message: string): Issue => ({
  code,
  severity: 'error',
  at,
  message,
  rests: ['network'],
});

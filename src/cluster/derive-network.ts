import type { SourceRef } from '../base/index.ts';
import { UNDESCRIBED } from '../fabric/index.ts';
import {
  type Cidr,
  cidrContains,
  cidrFirst,
  cidrLast,
  cidrOf,
  defaultRoute,
  familyOf,
  type Ip,
  ipAdd,
  parseIp,
} from '../net/index.ts';
import type { Network, RouteTableSpec, SubnetSpec } from './network.ts';
import { ipv4OfName } from './node-name.ts';
import type { Node, Pod } from './objects.ts';
import { dhcpDomainOf } from './own/read-own.ts';
import { shownBranch } from './pod-eni.ts';

/** Id of a VPC nobody described: its blocks are a guess around the addresses in use. */
const DERIVED_VPC = 'vpc-derived';

/** Whether the cluster's VPC is such a guess. */
export const isDerived = ({ vpcs, clusterVpc }: Network): boolean =>
  vpcs.some(({ id, undescribed }) => id === clusterVpc && undescribed === true);

/**
 * A VPC for input that has none: kubectl lists alone say which addresses are in use, so it is the /16 blocks (the largest a
 * VPC takes) around them, and of each the largest blocks whose addresses are in one zone for subnets. What is outside is not
 * known, and a walk there says so.
 */
export function deriveNetwork(
  nodes: readonly Node[],
  pods: readonly Pod[],
  region: string,
  assumptions: string[],
): Network | undefined {
  const v4 = new Map<string, Cidr>();
  const v6 = new Map<string, Cidr>();
  const used = [...addressesOf(nodes, pods)];
  for (const { address } of used) {
    const block = familyOf(address) === 4 ? cidrOf(address, 16) : cidrOf(address, 64);
    (block.family === 4 ? v4 : v6).set(block.text, block);
  }
  const [first] = nodes;
  if (first === undefined || v4.size + v6.size === 0) return undefined;
  const { source } = first;
  const vpcV6 = new Map(
    [...v6.values()].map((block) => cidrOf(cidrFirst(block), 56)).map((block) => [block.text, block]),
  );
  const blocks = [...v4.values()];
  const found = subnetsOf(blocks, [...v6.values()], used, shownSubnets(pods, used));
  const made = withIpv4(found, blocks);
  const subnets = made.map(
    ({ cidrs, zone }, i): SubnetSpec => ({
      id: `subnet-derived-${i + 1}`,
      cidrs,
      zone: zone ?? `${region}a`,
      routeTable: 'rtb-derived',
      mapPublicIp: false,
      dns64: false,
      tags: {},
      source,
    }),
  );
  const assumed = made.flatMap(({ cidrs }, i) => (cidrs === found[i]?.cidrs ? [] : cidrs.slice(0, 1)));
  if (assumed.length > 0) assumptions.push(assumedIpv4(assumed));
  const cidrs = [...blocks, ...assumed, ...vpcV6.values()];
  assumptions.push(
    `no VPC in the input: taken to be one of ${cidrs.map((block) => block.text).join(', ')}, around the nodes and pods; its routes and gateways are not known`,
  );
  return {
    region,
    clusterVpc: DERIVED_VPC,
    vpcs: [
      {
        id: DERIVED_VPC,
        region,
        cidrs,
        dhcpDomain: domainOf(nodes) ?? dhcpDomainOf(region),
        subnets,
        routeTables: [unknownRoutes(source)],
        natGateways: [],
        undescribed: true,
        source,
      },
    ],
    peerings: [],
  };
}

const assumedIpv4 = (blocks: readonly Cidr[]): string =>
  `nodes of the input have no IPv4 address, and every instance has one: taken to be in ${blocks.map(({ text }) => text).join(', ')}`;

/** An address, the node it is on, and the zone of that. */
export interface Used {
  readonly address: Ip;
  readonly node: string;
  readonly zone: string | undefined;
}

interface Derived {
  readonly cidrs: readonly Cidr[];
  readonly zone: string | undefined;
}

/** A block of IPv6 is beside the first of IPv4 that has a node of it, or stands alone where there is none. */
function subnetsOf(
  blocks: readonly Cidr[],
  blocks6: readonly Cidr[],
  used: readonly Used[],
  shown: ReadonlyMap<string, Cidr>,
): readonly Derived[] {
  const inside = (block: Cidr): readonly Used[] => used.filter(({ address }) => cidrContains(block, address));
  const found = blocks.flatMap((block) => {
    const own = inside(block);
    return split(block, own, shown) ?? [{ block, zone: zoneAmong(own) }];
  });
  const beside = found.map(({ block }) => new Set(inside(block).map(({ node }) => node)));
  const places = blocks6.map((block) => {
    const own = inside(block);
    const at = beside.findIndex((nodes) => own.some(({ node }) => nodes.has(node)));
    return { block, zone: zoneAmong(own), at };
  });
  return [
    ...found.map(({ block, zone }, i) => ({
      cidrs: [block, ...places.filter(({ at }) => at === i).map((each) => each.block)],
      zone,
    })),
    ...places.filter(({ at }) => at < 0).map(({ block, zone }) => ({ cidrs: [block], zone })),
  ];
}

const FIRST_ASSUMED = parseIp('10.0.0.0');
const BLOCK_SIZE = 2 ** 16;

/** An instance has an IPv4 address also where nothing in the input says which: its subnet gets a block nobody else has. */
function withIpv4(found: readonly Derived[], taken: readonly Cidr[]): readonly Derived[] {
  const used = new Set(taken.map(({ text }) => text));
  let next = 0;
  return found.map((subnet) => {
    if (FIRST_ASSUMED === undefined || subnet.cidrs.some(({ family }) => family === 4)) return subnet;
    let block = cidrOf(FIRST_ASSUMED, 16);
    do block = cidrOf(ipAdd(FIRST_ASSUMED, BLOCK_SIZE * next++), 16);
    while (used.has(block.text));
    return { ...subnet, cidrs: [block, ...subnet.cidrs] };
  });
}

/** A subnet is one block in one zone, and never smaller (VPC guide, subnet sizing). */
const SMALLEST = 28;

interface Piece {
  readonly block: Cidr;
  readonly zone: string | undefined;
}

/**
 * No piece cuts a real subnet in two: a block of two zones, or around a subnet that something shows, is larger than each subnet
 * in it. Undefined: two zones claim one block that no subnet is smaller than.
 */
function split(block: Cidr, used: readonly Used[], shown: ReadonlyMap<string, Cidr>): readonly Piece[] | undefined {
  const zones = new Set(used.flatMap(({ zone }) => zone ?? []));
  const isWhole = shown.has(block.text) || ![...shown.values()].some((each) => cidrContains(block, cidrFirst(each)));
  if (isWhole && zones.size < 2) return [{ block, zone: zoneAmong(used) }];
  if (block.prefix >= SMALLEST) return undefined;
  const pieces: Piece[] = [];
  for (const end of [cidrFirst(block), cidrLast(block)]) {
    const half = cidrOf(end, block.prefix + 1);
    const there = used.filter(({ address }) => cidrContains(half, address));
    const parts = there.length === 0 ? [] : split(half, there, shown);
    if (parts === undefined) return undefined;
    pieces.push(...parts);
  }
  return pieces;
}

/** Those that pods' branch interfaces name, but for one that has addresses of two zones. */
function shownSubnets(pods: readonly Pod[], used: readonly Used[]): ReadonlyMap<string, Cidr> {
  const named = new Map(pods.flatMap((pod) => shownBranch(pod)?.subnet ?? []).map((block) => [block.text, block]));
  const zonesIn = (block: Cidr): number =>
    new Set(used.flatMap(({ address, zone }) => (cidrContains(block, address) ? (zone ?? []) : []))).size;
  return new Map([...named].filter(([, block]) => zonesIn(block) < 2));
}

const zoneAmong = (used: readonly Used[]): string | undefined => used.find(({ zone }) => zone !== undefined)?.zone;

function unknownRoutes(source: SourceRef): RouteTableSpec {
  const routes = ([4, 6] as const).map((family) => ({
    destination: defaultRoute(family),
    target: UNDESCRIBED,
    source,
  }));
  return { id: 'rtb-derived', routes, source };
}

/** Addresses that live objects have. */
export function* addressesOf(nodes: readonly Node[], pods: readonly Pod[]): Generator<Used> {
  const zones = new Map(nodes.map(({ metadata, spec }) => [metadata.name, zoneOf(metadata.labels, spec.providerID)]));
  for (const { metadata, status } of nodes) {
    for (const { type, address } of status.addresses) {
      const parsed = type === 'InternalIP' ? parseIp(address) : undefined;
      if (parsed !== undefined) yield { address: parsed, node: metadata.name, zone: zones.get(metadata.name) };
    }
    const named = ipv4OfName({ metadata, status });
    if (named !== undefined) yield { address: named, node: metadata.name, zone: zones.get(metadata.name) };
  }
  for (const pod of pods) {
    const node = pod.spec.nodeName ?? '';
    const branch = shownBranch(pod)?.address;
    for (const address of pod.status.podIPs) yield { address, node, zone: zones.get(node) };
    if (branch !== undefined) yield { address: branch, node, zone: zones.get(node) };
  }
}

/** By its label, or by what the cloud calls it: `aws:///us-east-1a/i-0123`. */
const zoneOf = (labels: Readonly<Record<string, string>>, providerId: string | undefined): string | undefined =>
  labels['topology.kubernetes.io/zone'] ?? /^aws:\/\/\/([a-z0-9-]+)\//.exec(providerId ?? '')?.[1];

/** `ip-10-0-0-75.ec2.internal` -> `ec2.internal` */
const domainOf = (nodes: readonly Node[]): string | undefined =>
  nodes
    .map((node) => /^(?:fargate-)?(?:ip|i)-[\w-]+\.(.+)$/.exec(node.metadata.name)?.[1])
    .find((domain) => domain !== undefined);

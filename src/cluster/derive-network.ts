import type { SourceRef } from '../base/index.ts';
import { UNDESCRIBED } from '../fabric/index.ts';
import { type Cidr, cidrFirst, cidrOf, defaultRoute, familyOf, type Ip, parseIp } from '../net/index.ts';
import type { Network, RouteTableSpec, SubnetSpec } from './network.ts';
import type { Node, Pod } from './objects.ts';
import { dhcpDomainOf } from './own/read-own.ts';

/** Id of a VPC nobody described: its blocks are a guess around the addresses in use. */
export const DERIVED_VPC = 'vpc-derived';

/**
 * A VPC for input that has none: kubectl lists alone say which addresses are in use, so it is the /16 blocks (the largest a
 * VPC takes) around them, one subnet each. What is outside is not known, and a walk there says so.
 */
export function deriveNetwork(
  nodes: readonly Node[],
  pods: readonly Pod[],
  region: string,
  assumptions: string[],
): Network | undefined {
  const v4 = new Map<string, Cidr>();
  const v6 = new Map<string, Cidr>();
  for (const address of addressesOf(nodes, pods)) {
    const block = familyOf(address) === 4 ? cidrOf(address, 16) : cidrOf(address, 64);
    (block.family === 4 ? v4 : v6).set(block.text, block);
  }
  const [first] = nodes;
  if (first === undefined || v4.size + v6.size === 0) return undefined;
  const source = first.source;
  const zone = first.metadata.labels['topology.kubernetes.io/zone'] ?? `${region}a`;
  const vpcV6 = new Map(
    [...v6.values()].map((block) => cidrOf(cidrFirst(block), 56)).map((block) => [block.text, block]),
  );
  const blocks = [...v4.values()];
  const subnets = (
    blocks.length === 0 ? [[...v6.values()]] : blocks.map((block, i) => [block, ...(i === 0 ? v6.values() : [])])
  ).map(
    (cidrs, i): SubnetSpec => ({
      id: `subnet-derived-${i + 1}`,
      cidrs,
      zone,
      routeTable: 'rtb-derived',
      mapPublicIp: false,
      dns64: false,
      tags: {},
      source,
    }),
  );
  const cidrs = [...blocks, ...vpcV6.values()];
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
        source,
      },
    ],
    peerings: [],
  };
}

function unknownRoutes(source: SourceRef): RouteTableSpec {
  const routes = ([4, 6] as const).map((family) => ({
    destination: defaultRoute(family),
    target: UNDESCRIBED,
    source,
  }));
  return { id: 'rtb-derived', routes, source };
}

function* addressesOf(nodes: readonly Node[], pods: readonly Pod[]): Generator<Ip> {
  for (const node of nodes) {
    for (const { type, address } of node.status.addresses) {
      const parsed = type === 'InternalIP' ? parseIp(address) : undefined;
      if (parsed !== undefined) yield parsed;
    }
  }
  for (const pod of pods) {
    for (const text of pod.status.podIPs) {
      const parsed = parseIp(text);
      if (parsed !== undefined) yield parsed;
    }
  }
}

/** `ip-10-0-0-75.ec2.internal` -> `ec2.internal` */
const domainOf = (nodes: readonly Node[]): string | undefined =>
  nodes
    .map((node) => /^(?:fargate-)?(?:ip|i)-[\w-]+\.(.+)$/.exec(node.metadata.name)?.[1])
    .find((domain) => domain !== undefined);

import { cidrContains, type Ip } from '../../net/index.ts';
import type {
  FargateProfileSpec,
  Flows,
  Network,
  NodePatch,
  PlacementSpec,
  ServerSpec,
  SubnetSpec,
  VpcSpec,
} from '../network.ts';
import { type Fields, maybe } from '../read/fields.ts';
import type { PathKey } from '../read/json-positions.ts';
import { checkOwn, type OwnSpec } from './check-own.ts';
import { nameOf, requiredName } from './required-name.ts';

/** `us-east-1` is the one region whose DHCP options say otherwise (VPC user guide, DHCP option sets). */
export const dhcpDomainOf = (region: string): string =>
  region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;

export function readNetwork(fields: Fields): Network | undefined {
  const spec = checkOwn(fields, 'Network');
  if (spec === undefined) return undefined;
  return {
    region: spec.region,
    clusterVpc: spec.clusterVpc,
    vpcs: spec.vpcs.map((vpc, i) => readVpc(fields, vpc, spec.region, ['spec', 'vpcs', i])),
    peerings: (spec.peerings ?? []).map((peering, i) => ({ ...peering, source: fields.place('spec', 'peerings', i) })),
  };
}

type OwnVpc = OwnSpec<'Network'>['vpcs'][number];

function readVpc(fields: Fields, vpc: OwnVpc, networkRegion: string, path: readonly PathKey[]): VpcSpec {
  const region = vpc.region ?? networkRegion;
  return {
    id: vpc.id,
    region,
    cidrs: vpc.cidrs,
    dhcpDomain: vpc.dhcpDomain ?? dhcpDomainOf(region),
    ...maybe('internetGateway', vpc.internetGateway),
    ...maybe('vpnGateway', vpc.vpnGateway),
    subnets: vpc.subnets.map((subnet, i) => readSubnet(fields, subnet, [...path, 'subnets', i])),
    routeTables: vpc.routeTables.map((table, i) => ({
      id: table.id,
      routes: table.routes.map((route, j) => ({
        ...route,
        source: fields.place(...path, 'routeTables', i, 'routes', j),
      })),
      ...maybe('propagatingVgws', table.propagatingVgws),
      source: fields.place(...path, 'routeTables', i),
    })),
    natGateways: (vpc.natGateways ?? []).map((gateway, i) => ({
      ...gateway,
      connectivity: gateway.connectivity ?? 'public',
      source: fields.place(...path, 'natGateways', i),
    })),
    source: fields.place(...path),
  };
}

function readSubnet(fields: Fields, subnet: OwnVpc['subnets'][number], path: readonly PathKey[]): SubnetSpec {
  const cidrs = [...(subnet.cidr === undefined ? [] : [subnet.cidr]), ...(subnet.cidrs ?? [])];
  if (cidrs.length === 0) {
    fields.complain(path, {
      code: 'missing-field',
      message: `Subnet "${subnet.id}" has no CIDR`,
      expected: 'expected "cidr" or "cidrs"',
    });
  }
  return {
    id: subnet.id,
    cidrs,
    zone: subnet.zone,
    routeTable: subnet.routeTable,
    mapPublicIp: subnet.mapPublicIp ?? false,
    dns64: subnet.dns64 ?? false,
    tags: subnet.tags ?? {},
    source: fields.place(...path),
  };
}

export function readPlacement(fields: Fields): PlacementSpec | undefined {
  const spec = checkOwn(fields, 'Placement');
  if (spec === undefined) return undefined;
  const { pod, ...rest } = spec;
  return { namespace: pod.namespace, pod: pod.name, ...rest, source: fields.document.source };
}

export function readServer(fields: Fields): ServerSpec | undefined {
  const name = requiredName(fields, 'Server');
  const spec = checkOwn(fields, 'Server');
  if (spec === undefined) return undefined;
  if (spec.kind === 'server' && spec.subnet === undefined) {
    fields.complain(['spec'], {
      code: 'missing-field',
      message: `Server "${name}" has no "subnet"`,
      expected: 'expected the id of a subnet, or "kind: internet"',
    });
  }
  if (spec.kind === 'on-premises' && spec.network === undefined) {
    fields.complain(['spec'], {
      code: 'missing-field',
      message: `Server "${name}" has no "network"`,
      expected: 'expected the name of an OnPremises network',
    });
  }
  return {
    ...spec,
    name,
    listens: (spec.listens ?? []).map(({ port, protocol, process }) => ({
      port,
      protocol: protocol ?? 'tcp',
      process: process ?? name,
    })),
    dnsNames: spec.dnsNames ?? [],
    source: fields.document.source,
  };
}

export function readDnsName(fields: Fields) {
  const spec = checkOwn(fields, 'DnsName');
  if (spec === undefined) return undefined;
  return { name: spec.name, addresses: spec.addresses as readonly Ip[], source: fields.document.source };
}

export function readFargateProfile(fields: Fields): FargateProfileSpec | undefined {
  const name = requiredName(fields, 'FargateProfile');
  const spec = checkOwn(fields, 'FargateProfile');
  if (spec === undefined) return undefined;
  return {
    name,
    selectors: spec.selectors.map(({ namespace, labels }, i) => ({
      namespace,
      labels: labels ?? {},
      source: fields.place('spec', 'selectors', i),
    })),
    subnets: (spec.subnets ?? []).map((id, i) => ({ id, source: fields.place('spec', 'subnets', i) })),
    source: fields.document.source,
  };
}

export function readNodePatch(fields: Fields): NodePatch | undefined {
  const name = requiredName(fields, 'NodePatch');
  const spec = checkOwn(fields, 'NodePatch');
  if (spec === undefined) return undefined;
  return {
    name,
    node: spec.node,
    artefact: spec.artefact,
    remove: spec.remove ?? [],
    add: spec.add ?? [],
    enabled: spec.enabled ?? true,
    source: fields.document.source,
  };
}

export function readFlows(fields: Fields): Flows | undefined {
  const spec = checkOwn(fields, 'Flows');
  if (spec === undefined) return undefined;
  return {
    name: nameOf(fields),
    flows: spec.flows.map((flow, i) => ({
      ...flow,
      at: flow.at ?? 0,
      protocol: flow.protocol ?? 'tcp',
      source: fields.place('spec', 'flows', i),
    })),
    source: fields.document.source,
  };
}

export const subnetOf = (subnets: readonly SubnetSpec[], address: Ip): SubnetSpec | undefined =>
  subnets.find((subnet) => subnet.cidrs.some((block) => cidrContains(block, address)));

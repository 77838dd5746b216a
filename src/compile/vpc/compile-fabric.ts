import type { Issue, Parsed } from '../../base/index.ts';
import type { Cluster, ServerSpec, VpcSpec } from '../../cluster/index.ts';
import type { Dns, DnsRecord, Eni, Fabric, FabricUnmodelled, InternetGateway, Wire } from '../../fabric/index.ts';
import type { Ip } from '../../net/index.ts';
import { HOST_DEVICE } from '../node/compile-host.ts';
import { internetNetns } from '../node/names.ts';
import type { ClusterPlan, FrontHost, NodePlan, PodPlan, SubnetPlan } from '../node/plan-types.ts';
import { told } from '../unmodelled/say.ts';
import { addressPools } from './address-pools.ts';
import { onPremises, transitGateways, vpnGateways } from './connections.ts';
import { controlPlane, endpointRecords } from './control-plane.ts';
import { endpointEnis, vpcEndpoints, withEndpointNames } from './endpoints.ts';
import { controlPlaneEnis, natGatewayEni, nodeEnis, serverEni } from './enis.ts';
import { fabricFilters, withGuards } from './filters.ts';
import { loadBalancers } from './load-balancers.ts';
import { natGateways } from './nat-gateways.ts';
import { routeTables } from './route-tables.ts';
import { shownAddresses } from './shown-addresses.ts';
import { standIns } from './stand-ins.ts';
import { strangersIn } from './strangers.ts';

interface FabricParts {
  readonly fabric: Fabric;
  /** Load balancers on the internet, each to be compiled as a host. */
  readonly fronts: readonly FrontHost[];
  readonly assumptions: readonly string[];
}

/** Everything outside the namespaces: VPCs and what hangs on them, the wires to the pods, and the hosts beyond. */
export function compileFabric(
  plan: ClusterPlan,
  servers: readonly ServerSpec[],
  dnsWith: (records: readonly DnsRecord[]) => Dns,
): Parsed<FabricParts> {
  const { network } = plan.cluster;
  const issues: Issue[] = [];
  const assumptions: string[] = [];
  const pools = addressPools(plan.cluster);
  const nats = natGateways(plan, pools, assumptions, issues);
  const ofEndpoints = endpointEnis(plan, pools.privates, assumptions, issues);
  const balancers = loadBalancers(plan, pools, assumptions, issues);
  const control = controlPlane(plan.cluster, pools.publics, issues);
  const connections = connectionsOf(plan, servers);
  const internetGateways = internetGatewaysOf(plan);
  const known: readonly Eni[] = [
    ...plan.nodes.flatMap(nodeEnis),
    ...controlPlaneEnis(plan.cluster).filter((eni) => knownSubnet(eni, plan, issues)),
    ...nats.map(natGatewayEni),
    ...ofEndpoints,
    ...balancers.enis,
    ...servers.flatMap((server) => (server.subnet === undefined ? [] : [serverEni(server, server.subnet)])),
  ];
  const strangers = strangersIn(plan, known, publicAddresses(known, nats, servers));
  const enis = withGuards([...known, ...strangers.enis], plan.cluster.filters);
  const targets = {
    internetGateways: new Set(internetGateways.map(({ id }) => id)),
    natGateways: new Set(nats.map(({ id }) => id)),
    peerings: new Set(network.peerings.map(({ id }) => id)),
    transitGateways: new Set(connections.transitGateways.map(({ id }) => id)),
    vpnGateways: new Set(connections.vpnGateways.map(({ id }) => id)),
    enis: new Set(enis.map(({ id }) => id)),
  };
  const invented = standIns(plan, pools.publics);
  const fabric: Fabric = {
    vpcs: network.vpcs.map((vpc) => fabricVpc(vpc, plan, enis)),
    subnets: [...plan.subnets.values()].map(fabricSubnet),
    routeTables: routeTables(plan.cluster, targets),
    enis,
    internetGateways,
    natGateways: nats,
    peerings: peerings(plan),
    ...connections,
    controlPlanes: [control],
    loadBalancers: balancers.loadBalancers,
    targetGroups: plan.cluster.targetGroups,
    ...fabricFilters(plan.cluster),
    wires: plan.nodes.flatMap((node) => node.pods.flatMap((pod) => wiresOf(node, pod))),
    internetHosts: internetHosts(servers, strangers.hosts),
    dns: withEndpointNames(
      dnsWith([...balancers.records, ...endpointRecords(control, plan.cluster)]),
      plan,
      ofEndpoints,
    ),
    ...(invented.length === 0 ? {} : { standIns: invented }),
    unmodelled: [...unmodelledVpcs(plan.cluster), ...balancers.unmodelled, ...strangers.unmodelled, ...unguarded(plan)],
  };
  return { value: { fabric, fronts: strangers.hosts, assumptions }, issues };
}

const internetGatewaysOf = ({ cluster }: ClusterPlan): readonly InternetGateway[] =>
  cluster.network.vpcs
    .filter((vpc) => vpc.internetGateway !== undefined)
    .map((vpc) => ({ id: vpc.internetGateway ?? '', vpc: vpc.id, origin: { by: 'input', at: vpc.source } }));

function connectionsOf(
  plan: ClusterPlan,
  servers: readonly ServerSpec[],
): Pick<Fabric, 'transitGateways' | 'vpnGateways' | 'onPremises' | 'vpcEndpoints'> {
  const { cluster } = plan;
  const transit = transitGateways(cluster);
  return {
    transitGateways: transit,
    vpnGateways: vpnGateways(cluster),
    onPremises: onPremises(cluster, servers, transit),
    vpcEndpoints: vpcEndpoints(plan),
  };
}

const internetHosts = (servers: readonly ServerSpec[], fronts: readonly FrontHost[]): Fabric['internetHosts'] => [
  ...servers
    .filter((server) => server.kind === 'internet')
    .map(({ name, addresses }) => ({ netns: internetNetns(name), dev: HOST_DEVICE, addresses })),
  ...fronts.map(({ netns, address }) => ({ netns, dev: HOST_DEVICE, addresses: [address] })),
];

const peerings = (plan: ClusterPlan): Fabric['peerings'] =>
  plan.cluster.network.peerings.map(({ id, requester, accepter, source }) => ({
    id,
    requester,
    accepter,
    mtu: peeringMtu(plan, requester, accepter),
    origin: { by: 'input', at: source },
  }));

/** Addresses on the internet that a gateway maps to, or a declared host has. */
const publicAddresses = (
  enis: readonly Eni[],
  nats: Fabric['natGateways'],
  servers: readonly ServerSpec[],
): readonly Ip[] => [
  ...enis.flatMap((eni) => [...eni.publicAddresses.values()]),
  ...nats.flatMap(({ publicIp }) => (publicIp === null ? [] : [publicIp])),
  ...servers.flatMap(({ addresses }) => addresses),
];

const wiresOf = (node: NodePlan, { netns, veth, egress }: PodPlan): readonly Wire[] => [
  { a: { netns: node.netns, dev: veth }, b: { netns, dev: 'eth0' } },
  ...(egress === undefined ? [] : [{ a: { netns: node.netns, dev: egress.veth }, b: { netns, dev: egress.dev } }]),
];

/**
 * Branches of which nothing says what they let through, which is what they are for: no group is described, or no policy of the
 * input selects the live pod.
 */
function unguarded({ cluster, nodes }: ClusterPlan): readonly FabricUnmodelled[] {
  const describes = cluster.filters.securityGroups.some(({ by }) => by === undefined);
  return nodes.flatMap(({ pods }) =>
    pods
      .filter(({ eni: { vlan, spec } }) => vlan !== undefined && !(describes && spec.securityGroups.length > 0))
      .map(({ eni: { spec }, pod: { metadata, source } }) => {
        const of = `the branch interface of pod ${metadata.namespace}/${metadata.name}`;
        const what =
          spec.securityGroups.length === 0
            ? `No SecurityGroupPolicy of the input selects this pod: the groups of ${of} are not known`
            : `No security group is described: what ${spec.securityGroups.join(', ')} lets through at ${of} is not known`;
        return { scope: { kind: 'eni', id: spec.id }, what: told(what, source), at: source } as const;
      }),
  );
}

const unmodelledVpcs = ({ unmodelled, network }: Cluster): readonly FabricUnmodelled[] =>
  unmodelled.flatMap(({ what, at, touches }) =>
    touches.kind === 'vpc'
      ? network.vpcs
          .filter(({ id }) => touches.id === undefined || touches.id === id)
          .map(({ id }) => ({ scope: { kind: 'vpc', id }, what: told(what, at), at }))
      : [],
  );

const fabricVpc = (vpc: VpcSpec, plan: ClusterPlan, enis: readonly Eni[]): Fabric['vpcs'][number] => ({
  id: vpc.id,
  region: vpc.region,
  cidrs: vpc.cidrs,
  ...(vpc.undescribed === true ? { shown: shownAddresses(plan, vpc, enis) } : {}),
  origin: { by: 'input', at: vpc.source },
});

const fabricSubnet = ({ spec, vpc, router, routerMac }: SubnetPlan): Fabric['subnets'][number] => ({
  id: spec.id,
  vpc: vpc.id,
  zone: spec.zone,
  cidrs: spec.cidrs,
  routeTable: spec.routeTable,
  router,
  routerMac,
  ...(spec.dns64 ? { dns64: true } : {}),
  origin: { by: 'input', at: spec.source },
});

/** 9001 inside a Region, 1500 between two (EC2 user guide, Network MTU). */
function peeringMtu(plan: ClusterPlan, requester: string, accepter: string): number {
  const region = (id: string): string | undefined => plan.cluster.network.vpcs.find((vpc) => vpc.id === id)?.region;
  return region(requester) === region(accepter) ? 9001 : 1500;
}

function knownSubnet(eni: Eni, plan: ClusterPlan, issues: Issue[]): boolean {
  if (plan.subnets.has(eni.subnet)) return true;
  issues.push({
    code: 'unknown-subnet',
    severity: 'error',
    rests: ['network'],
    at: eni.origin?.at ?? { file: plan.cluster.name },
    message: `Control plane interface ${eni.addresses[0]} is in subnet "${eni.subnet}", which is not described`,
  });
  return false;
}

import type { Issue } from '../../base/index.ts';
import type { Cluster, ServerSpec } from '../../cluster/index.ts';
import type { Eni, NatGateway } from '../../fabric/index.ts';
import type { Ip } from '../../net/index.ts';
import { HOST_DEVICE } from '../node/compile-host.ts';
import { eniIdFor, hostNetns, macFor } from '../node/names.ts';
import type { ClusterPlan, EniPlan, NodePlan } from '../node/plan-types.ts';

const MTU = 9001;

/** The ENIs of a node. EC2's source/destination check stays on where nobody turned it off: the CNI never touches it. */
export function nodeEnis(node: NodePlan): readonly Eni[] {
  return [...node.enis, ...node.branches].map((eni) => {
    const publicIp = eni.spec.publicIp ?? (eni === node.primary ? node.spec.publicIp : undefined);
    return {
      id: eni.spec.id,
      subnet: eni.spec.subnet,
      mac: eni.mac,
      addresses: ownedAddresses(eni, node),
      prefixes: eni.spec.prefixes,
      publicAddresses: publicIp === undefined ? new Map() : new Map([[eni.spec.primaryIp, publicIp]]),
      sourceDestCheck: eni.spec.sourceDestCheck ?? (eni !== node.primary || node.spec.sourceDestCheck !== false),
      attachment: { netns: node.netns, dev: eni.ifname },
      deviceIndex: eni.spec.deviceIndex,
      ...trunking(eni),
      owner: node.netns,
      securityGroups: eni.spec.securityGroups,
      mtu: MTU,
      origin: { by: 'vpc-cni', at: eni.spec.source ?? node.spec.source },
    };
  });
}

function trunking({ spec, vlan }: EniPlan): Pick<Eni, 'trunking'> {
  if (vlan !== undefined) return { trunking: { as: 'branch', trunk: vlan.trunk.spec.id, vlanId: vlan.id } };
  return spec.interfaceType === 'trunk' ? { trunking: { as: 'trunk' } } : {};
}

function ownedAddresses(eni: EniPlan, node: NodePlan): readonly Ip[] {
  const own = [eni.spec.primaryIp, ...eni.spec.addresses, ...(eni === node.primary ? node.addresses : [])];
  return [...new Set(own)];
}

/** The control plane's interfaces: addresses something answers at, with no namespace of ours behind them. */
export function controlPlaneEnis(cluster: Cluster): readonly Eni[] {
  const at = cluster.network.vpcs.find((vpc) => vpc.id === cluster.network.clusterVpc)?.source;
  return cluster.apiserver.map(({ ip, subnet }) => ({
    id: eniIdFor(`control-plane ${cluster.name} ${ip}`),
    subnet,
    mac: macFor(`control-plane ${cluster.name} ${ip}`),
    addresses: [ip],
    prefixes: [],
    publicAddresses: new Map(),
    sourceDestCheck: true,
    attachment: null,
    deviceIndex: 1,
    owner: `control-plane/${cluster.name}`,
    securityGroups: cluster.filters.controlPlaneGroups,
    mtu: MTU,
    origin: { by: 'eks', ...(at === undefined ? {} : { at }) },
  }));
}

export const natGatewayEni = (gateway: NatGateway): Eni => ({
  id: eniIdFor(`nat-gateway ${gateway.id}`),
  subnet: gateway.subnet,
  mac: macFor(`nat-gateway ${gateway.id}`),
  addresses: [gateway.privateIp],
  prefixes: [],
  publicAddresses: gateway.publicIp === null ? new Map() : new Map([[gateway.privateIp, gateway.publicIp]]),
  sourceDestCheck: false,
  attachment: null,
  deviceIndex: 0,
  owner: `nat-gateway/${gateway.id}`,
  securityGroups: [],
  mtu: MTU,
  ...(gateway.origin === undefined ? {} : { origin: gateway.origin }),
});

/** A server needs a subnet that is described and an address in it; without them it stays out of the World. */
export function placedServers(plan: ClusterPlan, issues: Issue[]): readonly ServerSpec[] {
  return plan.cluster.servers.filter((server) => {
    if (server.kind !== 'server') return server.addresses.length > 0;
    const known = server.subnet !== undefined && plan.subnets.has(server.subnet) && server.addresses.length > 0;
    if (!known) {
      issues.push({
        code: 'server-without-place',
        severity: 'error',
        rests: ['network', 'connections'],
        at: server.source,
        message: `Server "${server.name}" is left out`,
        expected: 'a described subnet and at least one address in it',
      });
    }
    return known;
  });
}

export const serverMac = (server: ServerSpec) => macFor(`host ${server.name}`);

export const serverEni = (server: ServerSpec, subnet: string): Eni => {
  const [primary] = server.addresses;
  const mapped =
    primary !== undefined && server.publicIp !== undefined ? new Map([[primary, server.publicIp]]) : new Map();
  return {
    id: eniIdFor(`host ${server.name}`),
    subnet,
    mac: serverMac(server),
    addresses: server.addresses,
    prefixes: [],
    publicAddresses: mapped,
    sourceDestCheck: true,
    attachment: { netns: hostNetns(server.name), dev: HOST_DEVICE },
    deviceIndex: 0,
    owner: `host/${server.name}`,
    securityGroups: server.securityGroups ?? [],
    mtu: MTU,
    origin: { by: 'input', at: server.source },
  };
};

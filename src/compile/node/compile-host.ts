import type { Cluster, ServerSpec } from '../../cluster/index.ts';
import { MAIN_TABLE, type Netns, type Route } from '../../linux/index.ts';
import {
  type Cidr,
  defaultRoute,
  type Family,
  familyOf,
  type Ip,
  linkLocal,
  type Mac,
  widthOf,
} from '../../net/index.ts';
import { ofNetns } from '../unmodelled/say.ts';
import { eniAddress, loopbackAddresses } from './addresses.ts';
import { NO_RULES } from './compile-pod.ts';
import { LOOPBACK, physicalLink } from './devices.ts';
import { localRoutes, START_RULES } from './local-routes.ts';
import { hostNetns, internetNetns, macFor } from './names.ts';
import { sortRoutes } from './order.ts';
import type { FrontHost, OutsidePod, SubnetPlan } from './plan-types.ts';
import { plainSysctls } from './sysctls.ts';

/** The one device of a server or an internet host. */
export const HOST_DEVICE = 'eth0';
const VPC_MTU = 9001;
const INTERNET_MTU = 1500;

/** A machine of a VPC that is no node: one interface, the subnet's router as its way out, nothing else. */
export function compileServer(spec: ServerSpec, subnet: SubnetPlan, mac: Mac): Netns {
  const addresses = spec.addresses.map((local) => eniAddress(HOST_DEVICE, local, subnet));
  const routes = [...new Set(spec.addresses.map(familyOf))].flatMap((family) =>
    serverRoutes(
      family,
      subnet,
      spec.addresses.find((local) => familyOf(local) === family),
    ),
  );
  const netns = plainNetns(spec.listens, hostNetns(spec.name), mac, VPC_MTU, addresses, routes);
  return {
    ...netns,
    neighbours: [...new Set(routes.map((route) => route.gateway))]
      .filter((gateway) => gateway !== undefined)
      .map((dst) => ({
        dst,
        dev: HOST_DEVICE,
        lladdr: subnet.routerMac,
        state: 'REACHABLE',
        origin: { by: 'kernel' },
      })),
  };
}

function serverRoutes(family: Family, subnet: SubnetPlan, prefsrc: Ip | undefined): readonly Route[] {
  const block: Cidr | undefined = family === 4 ? subnet.cidr4 : subnet.cidr6;
  if (block === undefined || prefsrc === undefined) return [];
  const gateway = family === 4 ? subnet.router : linkLocal(subnet.routerMac);
  const base = { type: 'unicast', family, table: MAIN_TABLE, dev: HOST_DEVICE, flags: [] } as const;
  return [
    { ...base, dst: defaultRoute(family), gateway, protocol: 'dhcp', scope: 'global', origin: { by: 'dhcp' } },
    family === 4
      ? { ...base, dst: block, protocol: 'kernel', scope: 'link', prefsrc, origin: { by: 'kernel' } }
      : { ...base, dst: block, protocol: 'ra', scope: 'global', origin: { by: 'ra' } },
  ];
}

/** A host somewhere on the internet: its own address and everything else behind its one device. */
export function compileInternetHost(spec: ServerSpec): Netns {
  return plainNetns(
    spec.listens,
    internetNetns(spec.name),
    macFor(`internet ${spec.name}`),
    INTERNET_MTU,
    hostAddresses(spec.addresses),
    defaultRoutes(spec.addresses),
  );
}

/** A host of a network of one's own: everything else is behind its one device, by the customer gateway. */
export const compileOnPremisesHost = (spec: ServerSpec): Netns =>
  plainNetns(
    spec.listens,
    hostNetns(spec.name),
    macFor(`host ${spec.name}`),
    INTERNET_MTU,
    hostAddresses(spec.addresses),
    defaultRoutes(spec.addresses),
  );

/** A load balancer on the internet: it has its address, and what it does with a packet is not known. */
export const compileFrontHost = ({ address, netns, what, at }: FrontHost): Netns => ({
  ...plainNetns([], netns, macFor(netns), INTERNET_MTU, hostAddresses([address]), defaultRoutes([address])),
  unmodelled: [ofNetns(what, at)],
});

const hostAddresses = (own: readonly Ip[]): Netns['addresses'] =>
  own.map((local) => {
    const family = familyOf(local);
    const common = { dev: HOST_DEVICE, family, local, scope: 'global' } as const;
    return family === 4 ? { ...common, prefixlen: 32, label: HOST_DEVICE } : { ...common, prefixlen: 128 };
  });

/** A pod on a node that is not modelled: its addresses and the cluster's name server, and no packet of it is sure. */
export function compileOutsidePod({ netns, addresses, what, at }: OutsidePod, cluster: Cluster): Netns {
  const own = addresses.map((local) => {
    const family = familyOf(local);
    return { dev: HOST_DEVICE, family, local, prefixlen: widthOf(family), scope: 'global' } as const;
  });
  return {
    ...plainNetns([], netns, macFor(netns), VPC_MTU, own, defaultRoutes(addresses)),
    resolvConf: { nameservers: cluster.clusterDns, search: [], options: [] },
    unmodelled: [ofNetns(what, at)],
  };
}

/** Everything is behind the one device. */
const defaultRoutes = (addresses: readonly Ip[]): readonly Route[] =>
  [...new Set(addresses.map(familyOf))].map((family) => ({
    type: 'unicast',
    family,
    dst: defaultRoute(family),
    table: MAIN_TABLE,
    dev: HOST_DEVICE,
    protocol: 'static',
    scope: family === 4 ? 'link' : 'global',
    flags: [],
  }));

function plainNetns(
  listens: ServerSpec['listens'],
  id: Netns['id'],
  mac: Mac,
  mtu: number,
  own: Netns['addresses'],
  routes: readonly Route[],
): Netns {
  const addresses = [...loopbackAddresses(plainSysctls), ...own];
  const links = [LOOPBACK, physicalLink({ ifindex: 2, ifname: HOST_DEVICE, mac, mtu })];
  return {
    id,
    links,
    addresses,
    routes: sortRoutes([...localRoutes(addresses, links), ...routes]),
    rules: START_RULES,
    neighbours: [],
    sysctls: plainSysctls,
    iptables: NO_RULES.nft,
    nft: [],
    sockets: listens.map(({ protocol, port, process }) => ({ protocol, local: '*', port, process })),
    conntrack: [],
    unmodelled: [],
  };
}

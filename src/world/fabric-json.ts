import type {
  ControlPlane,
  Corefile,
  CorefileGap,
  Dns,
  DnsRecord,
  DnsUnmodelled,
  Eni,
  Fabric,
  FabricUnmodelled,
  InternetGateway,
  InternetHost,
  NatGateway,
  RouteTable,
  RouteTarget,
  StandIn,
  Subnet,
  Vpc,
  VpcPeering,
  VpcRoute,
  Wire,
  WireEnd,
} from '../fabric/index.ts';
import { parseIp } from '../net/index.ts';
import { onPremises, transitGateway, vpcEndpoint, vpnGateway } from './connections-json.ts';
import {
  address,
  block,
  type Decode,
  flag,
  hardware,
  list,
  mapOf,
  name,
  object,
  oneOf,
  orNull,
  tagged,
  text,
  whole,
} from './decode.ts';
import { networkAcl, prefixList, securityGroup } from './filters-json.ts';
import { loadBalancer, targetGroup } from './load-balancer-json.ts';
import { origin, source } from './origin-json.ts';

const vpc = object<Vpc>({ id: name, region: text, cidrs: list(block), shown: list(address), origin }, [
  'shown',
  'origin',
]);
const subnet = object<Subnet>(
  {
    id: name,
    vpc: text,
    zone: name,
    cidrs: list(block),
    routeTable: text,
    router: address,
    routerMac: hardware,
    dns64: flag,
    origin,
  },
  ['dns64', 'origin'],
);
const withId = object<Extract<RouteTarget, { id: string }>>({
  kind: oneOf(
    'internet-gateway',
    'nat-gateway',
    'vpc-peering',
    'transit-gateway',
    'vpn-gateway',
    'vpc-endpoint',
    'network-interface',
    'egress-only-internet-gateway',
  ),
  id: name,
});
const target: Decode<RouteTarget> = tagged<RouteTarget>('kind', {
  local: object<Extract<RouteTarget, { kind: 'local' }>>({ kind: oneOf('local') }),
  'internet-gateway': withId,
  'nat-gateway': withId,
  'vpc-peering': withId,
  'transit-gateway': withId,
  'vpn-gateway': withId,
  'vpc-endpoint': withId,
  'network-interface': withId,
  'egress-only-internet-gateway': withId,
  unsupported: object<Extract<RouteTarget, { kind: 'unsupported' }>>({ kind: oneOf('unsupported'), text }),
});
const vpcRoute = object<VpcRoute>({ destination: block, target, state: oneOf('active', 'blackhole'), origin }, [
  'origin',
]);
const routeTable = object<RouteTable>({ id: name, vpc: text, routes: list(vpcRoute) });
const trunking: Decode<NonNullable<Eni['trunking']>> = tagged<NonNullable<Eni['trunking']>>('as', {
  trunk: object<Extract<Eni['trunking'], { as: 'trunk' }>>({ as: oneOf('trunk') }),
  branch: object<Extract<Eni['trunking'], { as: 'branch' }>>({ as: oneOf('branch'), trunk: text, vlanId: whole }),
});
const eni = object<Eni>(
  {
    id: name,
    subnet: text,
    mac: hardware,
    routerMac: hardware,
    addresses: list(address),
    prefixes: list(block),
    publicAddresses: mapOf(parseIp, address),
    sourceDestCheck: flag,
    denyAllIgwTraffic: flag,
    deniedBy: origin,
    attachment: orNull(object<{ netns: string; dev: string }>({ netns: name, dev: name })),
    deviceIndex: whole,
    trunking,
    owner: text,
    securityGroups: list(text),
    mtu: whole,
    origin,
  },
  ['routerMac', 'denyAllIgwTraffic', 'deniedBy', 'trunking', 'origin'],
);
const internetGateway = object<InternetGateway>({ id: name, vpc: text, origin }, ['origin']);
const natGateway = object<NatGateway>(
  { id: name, subnet: text, privateIp: address, publicIp: orNull(address), origin },
  ['origin'],
);
const peering = object<VpcPeering>({ id: name, requester: text, accepter: text, mtu: whole, origin }, ['origin']);
const wireEnd = object<WireEnd>({ netns: name, dev: name });
const wire = object<Wire>({ a: wireEnd, b: wireEnd });
const internetHost = object<InternetHost>({ netns: name, dev: name, addresses: list(address) });

type Record_<T extends DnsRecord['type']> = Extract<DnsRecord, { type: T }>;
const addressRecord = object<Extract<DnsRecord, { addresses: unknown }>>(
  {
    name,
    type: oneOf('A', 'AAAA'),
    addresses: list(address),
    ttl: whole,
    vpc: text,
    aliasOf: text,
    asGiven: flag,
  },
  ['vpc', 'aliasOf', 'asGiven'],
);
const nameRecord = object<Extract<DnsRecord, { target: unknown }>>(
  {
    name,
    type: oneOf('CNAME', 'PTR'),
    target: text,
    ttl: whole,
    vpc: text,
  },
  ['vpc'],
);
const srvTarget = object<Record_<'SRV'>['targets'][number]>({
  priority: whole,
  weight: whole,
  port: whole,
  target: text,
});
const serviceRecord = object<Record_<'SRV'>>(
  { name, type: oneOf('SRV'), targets: list(srvTarget), ttl: whole, vpc: text },
  ['vpc'],
);
const dnsRecord: Decode<DnsRecord> = tagged<DnsRecord>('type', {
  A: addressRecord,
  AAAA: addressRecord,
  CNAME: nameRecord,
  PTR: nameRecord,
  SRV: serviceRecord,
});
const corefile = object<Corefile>({
  pods: oneOf('disabled', 'insecure', 'verified'),
  ttl: whole,
  cacheTtl: orNull(whole),
  reverseZones: list(text),
  fallthrough: list(text),
  unmodelled: list(object<CorefileGap>({ zone: name, forwarded: flag, what: text })),
});
type Asker = DnsUnmodelled['asker'];
const asker: Decode<Asker> = tagged<Asker>('kind', {
  anyone: object<{ readonly kind: 'anyone' }>({ kind: oneOf('anyone') }),
  netns: object<Extract<Asker, { netns: string }>>({ kind: oneOf('netns'), netns: name }),
});
const dns = object<Dns>(
  {
    clusterDomain: text,
    clusterDns: list(address),
    cluster: list(dnsRecord),
    namespaces: list(text),
    upstream: list(dnsRecord),
    unmodelled: list(object<DnsUnmodelled>({ zone: name, asker, what: text, at: source }, ['at'])),
    corefile,
  },
  ['unmodelled', 'corefile'],
);
const unmodelled = object<FabricUnmodelled>(
  {
    scope: object<FabricUnmodelled['scope']>({ kind: oneOf('vpc', 'subnet', 'eni'), id: name }),
    what: text,
    at: source,
  },
  ['at'],
);

const controlPlane = object<ControlPlane>(
  {
    id: name,
    dnsName: text,
    publicAddresses: list(address),
    publicAccessCidrs: list(block),
    privateAccess: flag,
    standsIn: flag,
    origin,
  },
  ['origin'],
);

/** `fabric.json`. */
export const decodeFabric: Decode<Fabric> = object<Fabric>(
  {
    vpcs: list(vpc),
    subnets: list(subnet),
    routeTables: list(routeTable),
    enis: list(eni),
    internetGateways: list(internetGateway),
    natGateways: list(natGateway),
    peerings: list(peering),
    transitGateways: list(transitGateway),
    vpnGateways: list(vpnGateway),
    onPremises: list(onPremises),
    vpcEndpoints: list(vpcEndpoint),
    controlPlanes: list(controlPlane),
    loadBalancers: list(loadBalancer),
    targetGroups: list(targetGroup),
    securityGroups: list(securityGroup),
    networkAcls: list(networkAcl),
    prefixLists: list(prefixList),
    wires: list(wire),
    internetHosts: list(internetHost),
    dns,
    standIns: list(object<StandIn>({ block, of: text, give: text })),
    unmodelled: list(unmodelled),
  },
  ['standIns'],
);

/** What a World without `fabric.json` is connected by: nothing. */
export const EMPTY_FABRIC: Fabric = {
  vpcs: [],
  subnets: [],
  routeTables: [],
  enis: [],
  internetGateways: [],
  natGateways: [],
  peerings: [],
  transitGateways: [],
  vpnGateways: [],
  onPremises: [],
  vpcEndpoints: [],
  controlPlanes: [],
  loadBalancers: [],
  targetGroups: [],
  securityGroups: [],
  networkAcls: [],
  prefixLists: [],
  wires: [],
  internetHosts: [],
  dns: { clusterDomain: 'cluster.local', clusterDns: [], cluster: [], namespaces: [], upstream: [] },
  unmodelled: [],
};

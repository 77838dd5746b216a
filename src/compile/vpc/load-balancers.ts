import { fewOf, type Issue, showSource } from '../../base/index.ts';
import type { LoadBalancerSpec, LoadBalancerSubnet } from '../../cluster/index.ts';
import type { DnsRecord, Eni, FabricUnmodelled, LoadBalancer, LoadBalancerZone } from '../../fabric/index.ts';
import { familyOf, type Ip } from '../../net/index.ts';
import { eniIdFor, macFor } from '../node/names.ts';
import type { ClusterPlan, SubnetPlan } from '../node/plan-types.ts';
import type { AddressPools } from './address-pools.ts';
import { aliasRecords } from './dns-aliases.ts';
import { dnsNameOf, givenWhole, namedAddresses, wholeNames, withNamedAddresses } from './named-addresses.ts';

export interface LoadBalancerParts {
  readonly loadBalancers: readonly LoadBalancer[];
  readonly enis: readonly Eni[];
  /** Any resolver answers them (ELB user guides: the name of an internal one is public too). */
  readonly records: readonly DnsRecord[];
  readonly unmodelled: readonly FabricUnmodelled[];
}

const MTU = 9001;
/** TTL of a load balancer's records (NLB user guide, DNS name). */
const DNS_TTL = 60;

interface Node {
  readonly zone: LoadBalancerZone;
  readonly eni: Eni;
  /** As the name of the load balancer has them. */
  readonly answers: readonly Ip[];
}

/** Load balancers with what AWS would have given them: an ENI in every zone, addresses, names. Invented ones are said in `assumptions`. */
export function loadBalancers(
  plan: ClusterPlan,
  pools: AddressPools,
  assumptions: string[],
  issues: Issue[],
): LoadBalancerParts {
  const parts = { loadBalancers: [] as LoadBalancer[], enis: [] as Eni[], records: [] as DnsRecord[] };
  const unmodelled: FabricUnmodelled[] = [];
  const lines: string[] = [];
  for (const ordered of plan.cluster.loadBalancers) {
    const spec = withNamedAddresses(plan, ordered, issues, assumptions);
    const nodes = spec.subnets.flatMap((subnet) => nodeIn(plan, spec, subnet, pools, issues) ?? []);
    const made = loadBalancer(plan, spec, nodes);
    parts.loadBalancers.push(made);
    parts.enis.push(...nodes.map(({ eni }) => eni));
    if (spec.unbuilt === undefined) parts.records.push(...records(plan, spec, made.dnsName, nodes));
    if (spec.unbuilt === undefined) lines.push(...invented(spec, nodes));
    if (spec.unmodelled === undefined) continue;
    const what = `${spec.unmodelled} (${showSource(spec.source)})`;
    for (const { eni } of nodes) unmodelled.push({ scope: { kind: 'eni', id: eni.id }, what, at: spec.source });
  }
  parts.records.push(...aliasRecords(plan.cluster, parts.loadBalancers, parts.records, issues));
  assumptions.push(...standIns(lines));
  return { ...parts, unmodelled };
}

function loadBalancer(plan: ClusterPlan, spec: LoadBalancerSpec, nodes: readonly Node[]): LoadBalancer {
  const { id, type, scheme, vpc, crossZone, listeners, xForwardedFor, xffClientPort, madeFor, ownGroup, source } = spec;
  return {
    id,
    type,
    scheme,
    vpc,
    dnsName: dnsNameOf(spec, plan.cluster),
    zones: nodes.map(({ zone }) => zone),
    crossZone,
    listeners,
    xForwardedFor,
    ...(xffClientPort === undefined ? {} : { xffClientPort }),
    madeFor,
    ...(ownGroup === undefined ? {} : { ownGroup }),
    origin: { by: spec.by, at: source },
  };
}

function nodeIn(
  plan: ClusterPlan,
  spec: LoadBalancerSpec,
  given: LoadBalancerSubnet,
  pools: AddressPools,
  issues: Issue[],
): Node | undefined {
  const subnet = plan.subnets.get(given.id);
  const privateIp = given.privateIp ?? (subnet?.cidr4 === undefined ? undefined : pools.privates.take(subnet.cidr4));
  const ipv6 = given.ipv6 ?? ipv6In(spec, subnet, pools);
  if (subnet === undefined || (privateIp === undefined && ipv6 === undefined)) {
    issues.push({
      code: 'load-balancer-without-subnet',
      severity: 'error',
      rests: ['network'],
      at: spec.source,
      message: `Load balancer "${spec.id}" is in subnet "${given.id}", which is not described or has no free address`,
    });
    return undefined;
  }
  const outward = spec.scheme === 'internet-facing' && privateIp !== undefined && hasPublicIpv4(spec);
  const publicIp = outward
    ? (given.publicIp ?? pools.publics.take(`load balancer ${spec.id}`, giveOf(spec, plan, subnet.spec.zone)))
    : undefined;
  if (outward && publicIp === undefined) {
    const message = `No public address is left to stand in for the one of load balancer "${spec.id}" in zone ${subnet.spec.zone}`;
    issues.push({ code: 'no-public-address', severity: 'warning', at: spec.source, message });
  }
  const addresses = [privateIp, ipv6].filter((address) => address !== undefined);
  const mapped = privateIp === undefined || publicIp === undefined ? [] : ([[privateIp, publicIp]] as const);
  const eni = eniOf(spec, subnet, addresses, new Map(mapped));
  const answers = [spec.scheme === 'internet-facing' ? publicIp : privateIp, ipv6];
  return {
    zone: { zone: subnet.spec.zone, subnet: subnet.spec.id, eni: eni.id },
    eni,
    answers: answers.filter((address) => address !== undefined),
  };
}

/** Of one a controller made nothing but its name is the input's to give; where some of it is given, that of the zone tells the rest. */
function giveOf(spec: LoadBalancerSpec, plan: ClusterPlan, zone: string): string {
  if (spec.madeFor.length === 0) return 'subnets.publicIp of a LoadBalancer does';
  const name = dnsNameOf(spec, plan.cluster);
  const zones = spec.subnets.map(({ id }) => plan.subnets.get(id)?.spec.zone ?? '');
  const names = [...wholeNames(spec, name), ...zones.map((each) => `${each}.${name}`)];
  return names.some((each) => namedAddresses(plan.cluster, each).length > 0)
    ? `a DnsName ${zone}.${name} with its address does`
    : `a DnsName ${name} with its addresses does`;
}

/** Without one, it has no A record either; its private address remains for its targets (SetIpAddressType, `ipAddressType`). */
const hasPublicIpv4 = ({ ipAddressType }: LoadBalancerSpec): boolean =>
  ipAddressType !== 'dualstack-without-public-ipv4';

const ipv6In = (spec: LoadBalancerSpec, subnet: SubnetPlan | undefined, pools: AddressPools): Ip | undefined =>
  spec.ipAddressType !== 'ipv4' && subnet?.cidr6 !== undefined ? pools.privates.take(subnet.cidr6) : undefined;

function eniOf(
  spec: LoadBalancerSpec,
  subnet: SubnetPlan,
  addresses: readonly Ip[],
  publicAddresses: ReadonlyMap<Ip, Ip>,
): Eni {
  const seed = `lb ${spec.id} ${subnet.spec.id}`;
  return {
    id: eniIdFor(seed),
    subnet: subnet.spec.id,
    mac: macFor(seed),
    addresses,
    prefixes: [],
    publicAddresses,
    sourceDestCheck: false,
    ...(closedToGateways(spec)
      ? { denyAllIgwTraffic: true, deniedBy: { by: spec.by, at: spec.closedBy ?? spec.source } }
      : {}),
    attachment: null,
    deviceIndex: 0,
    owner: `lb/${spec.id}`,
    securityGroups: spec.securityGroups,
    mtu: MTU,
    origin: { by: spec.by, at: spec.source },
  };
}

/** Internal ones are, unless told otherwise (ELBv2 API, LoadBalancerAttribute `ipv6.deny_all_igw_traffic`). */
const closedToGateways = ({ ipAddressType, denyAllIgwTraffic, scheme }: LoadBalancerSpec): boolean =>
  ipAddressType === 'dualstack' && (denyAllIgwTraffic ?? scheme === 'internal');

/** The name has the addresses of every zone, `ZONE.NAME` those of one (NLB user guide, DNS name). */
function records(
  plan: ClusterPlan,
  spec: LoadBalancerSpec,
  dnsName: string,
  nodes: readonly Node[],
): readonly DnsRecord[] {
  const all = wholeNames(spec, dnsName).flatMap((name) =>
    wholeRecords(name, givenWhole(plan, spec, name), nodes).map((record) =>
      name === dnsName ? record : { ...record, aliasOf: dnsName },
    ),
  );
  return [...all, ...nodes.flatMap(({ zone, answers }) => addressRecords(`${zone.zone}.${dnsName}`, answers))];
}

/**
 * An answer that is given is the whole answer: a zone of which nothing is given was left out for the health of its targets (NLB
 * user guide, DNS failover), in both families.
 */
function wholeRecords(name: string, given: readonly Ip[], nodes: readonly Node[]): readonly DnsRecord[] {
  const all = nodes.flatMap(({ answers }) => answers);
  const said = new Set(given.filter((address) => all.includes(address)));
  if (said.size === 0) return addressRecords(name, all);
  const there = nodes.filter(({ answers }) => answers.some((address) => said.has(address)));
  const families = new Set([...said].map(familyOf));
  const answers = there.flatMap((node) => node.answers);
  const told = answers.filter((address) => said.has(address) || !families.has(familyOf(address)));
  const isShort = there.length < nodes.length;
  return addressRecords(name, told).map((record) => (isShort ? { ...record, asGiven: true } : record));
}

function addressRecords(name: string, list: readonly Ip[]): readonly AddressRecord[] {
  const of = (family: 4 | 6): readonly Ip[] => list.filter((address) => familyOf(address) === family);
  return ([4, 6] as const).flatMap((family): AddressRecord[] =>
    of(family).length === 0 ? [] : [{ name, type: family === 4 ? 'A' : 'AAAA', addresses: of(family), ttl: DNS_TTL }],
  );
}

type AddressRecord = Extract<DnsRecord, { addresses: unknown }>;

/** Addresses of its nodes that the input does not give. */
function invented(spec: LoadBalancerSpec, nodes: readonly Node[]): readonly string[] {
  const given = new Set(spec.subnets.flatMap(({ privateIp, ipv6, publicIp }) => [privateIp, ipv6, publicIp]));
  const stand = nodes
    .flatMap(({ eni }) => [...eni.addresses, ...eni.publicAddresses.values()])
    .filter((address) => !given.has(address));
  return stand.length === 0 ? [] : [`${spec.id} ${stand.join(' ')}`];
}

const MAX_LISTED = 20;

/** One line for all of them: few walks meet one. */
function standIns(lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  return [`Addresses of load balancers stand in for those AWS picks: ${fewOf(lines, MAX_LISTED)}`];
}

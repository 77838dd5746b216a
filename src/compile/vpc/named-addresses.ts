import type { Issue } from '../../base/index.ts';
import type { Cluster, LoadBalancerSpec, LoadBalancerSubnet } from '../../cluster/index.ts';
import { groupsOf, targetsOf } from '../../fabric/index.ts';
import { cidrContains, familyOf, type Ip, isPublicIp, plainName } from '../../net/index.ts';
import type { ClusterPlan, SubnetPlan } from '../node/plan-types.ts';
import { loadBalancerDnsName } from './load-balancer-names.ts';

type Given = Cluster['dnsNames'][number];
type Draft = { -readonly [K in keyof LoadBalancerSubnet]: LoadBalancerSubnet[K] };

export const dnsNameOf = (spec: LoadBalancerSpec, cluster: Pick<Cluster, 'network'>): string =>
  spec.dnsName ?? loadBalancerDnsName(spec, cluster.network.region);

/** Names that have all of its addresses: of an application and a Classic one `dualstack.NAME` too (ELB guides). */
export const wholeNames = ({ type }: LoadBalancerSpec, dnsName: string): readonly string[] =>
  type === 'network' ? [dnsName] : [dnsName, `dualstack.${dnsName}`];

/** Addresses that DnsNames give exactly this name. */
export const namedAddresses = ({ dnsNames }: Pick<Cluster, 'dnsNames'>, name: string): readonly Ip[] =>
  namesCalled(dnsNames, name).flatMap(({ addresses }) => addresses);

const namesCalled = (dnsNames: readonly Given[], name: string): readonly Given[] =>
  byName(dnsNames).get(plainName(name)) ?? [];

const indexed = new WeakMap<readonly Given[], ReadonlyMap<string, readonly Given[]>>();

/** Those that give addresses, indexed on first use. */
function byName(dnsNames: readonly Given[]): ReadonlyMap<string, readonly Given[]> {
  const known = indexed.get(dnsNames);
  if (known !== undefined) return known;
  const made = new Map<string, Given[]>();
  for (const each of dnsNames) {
    if (each.addresses.length === 0) continue;
    const name = plainName(each.name);
    const called = made.get(name);
    if (called === undefined) made.set(name, [each]);
    else called.push(each);
  }
  indexed.set(dnsNames, made);
  return made;
}

/** Addresses that DnsNames give one of its whole names: those of this name, else those of the others, which are answered alike. */
export function givenWhole({ cluster }: ClusterPlan, spec: LoadBalancerSpec, name: string): readonly Ip[] {
  const own = namedAddresses(cluster, name);
  if (own.length > 0) return own;
  return wholeNames(spec, dnsNameOf(spec, cluster)).flatMap((each) => namedAddresses(cluster, each));
}

/**
 * A load balancer with the addresses that DnsNames give its own name, as a resolver answers it: `NAME` for all zones, `ZONE.NAME`
 * for one (NLB user guide, DNS name). A private or an IPv6 address tells its subnet; public ones of the whole name are dealt to
 * the zones in their order, which is said in `assumptions`.
 */
export function withNamedAddresses(
  { cluster, subnets: planned }: ClusterPlan,
  spec: LoadBalancerSpec,
  issues: Issue[],
  assumptions: string[],
): LoadBalancerSpec {
  if (cluster.dnsNames.length === 0) return spec;
  const dnsName = dnsNameOf(spec, cluster);
  const drafts = spec.subnets.map((subnet): Draft => ({ ...subnet }));
  for (const draft of drafts) {
    const at = planned.get(draft.id);
    if (at === undefined) continue;
    for (const given of namesCalled(cluster.dnsNames, `${at.spec.zone}.${dnsName}`))
      for (const address of given.addresses)
        if (!takesOwn(draft, at, address) && !takesPublic(spec, draft, address)) leaveOut(spec, given, address, issues);
  }
  let isDealt = false;
  const whole = wholeNames(spec, dnsName).flatMap((name) => namesCalled(cluster.dnsNames, name));
  const dealt = inTurn({ cluster, subnets: planned }, spec, drafts, whole);
  for (const given of whole)
    for (const address of given.addresses) {
      if (drafts.some((draft) => draft.publicIp === address)) continue;
      if (drafts.some((draft) => takesOwn(draft, planned.get(draft.id), address))) continue;
      if (dealt.some((draft) => takesPublic(spec, draft, address))) isDealt = drafts.length > 1;
      else leaveOut(spec, given, address, issues);
    }
  if (isDealt) assumptions.push(`which zone each address of ${dnsName} is of is not known: they are dealt in order`);
  return { ...spec, subnets: drafts };
}

/** An answer shorter than the zones are leaves out zones that have nobody to send to: these come last. */
function inTurn(
  { cluster: { targetGroups }, subnets }: Pick<ClusterPlan, 'cluster' | 'subnets'>,
  spec: LoadBalancerSpec,
  drafts: readonly Draft[],
  whole: readonly Given[],
): readonly Draft[] {
  const said = new Set(whole.flatMap(({ addresses }) => addresses.filter((each) => isPublicIpv4(each))));
  if (said.size === 0 || said.size >= drafts.length) return drafts;
  const groups = groupsOf(spec, (id) => targetGroups.find((group) => group.id === id));
  const hasTargets = ({ id }: Draft): boolean => {
    const zone = subnets.get(id)?.spec.zone ?? '';
    return groups.some((group) => targetsOf(spec, group, zone).length > 0);
  };
  return [...drafts.filter(hasTargets), ...drafts.filter((draft) => !hasTargets(draft))];
}

const isPublicIpv4 = (address: Ip): boolean => familyOf(address) === 4 && isPublicIp(address);

/** Whether it is of the subnet, and its node there has it now. */
function takesOwn(draft: Draft, at: SubnetPlan | undefined, address: Ip): boolean {
  const field = familyOf(address) === 4 ? 'privateIp' : 'ipv6';
  const block = field === 'privateIp' ? at?.cidr4 : at?.cidr6;
  if (block === undefined || !cidrContains(block, address)) return false;
  draft[field] ??= address;
  return draft[field] === address;
}

function takesPublic({ scheme }: LoadBalancerSpec, draft: Draft, address: Ip): boolean {
  if (scheme !== 'internet-facing' || !isPublicIpv4(address)) return false;
  draft.publicIp ??= address;
  return draft.publicIp === address;
}

function leaveOut({ id, subnets }: LoadBalancerSpec, { name, source }: Given, address: Ip, issues: Issue[]): void {
  const zones = subnets.length === 1 ? 'its one zone' : `its ${subnets.length} zones`;
  issues.push({
    code: 'load-balancer-address',
    severity: 'warning',
    at: source,
    message: `${address} of DnsName "${name}", load balancer "${id}"'s own name, is no address of ${zones} and is left out`,
    expected: 'one public address a zone, or addresses of its subnets',
  });
}

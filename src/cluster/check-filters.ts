import { didYouMean, type Issue, type SourceRef } from '../base/index.ts';
import type { VpcEndpointSpec } from './connections.ts';
import type { Filters, GroupRuleSpec, NetworkAclSpec } from './filters.ts';
import type { LoadBalancerSpec } from './load-balancers.ts';
import type { Network, NodeSpec, ServerSpec } from './network.ts';

/** Who wears groups. */
interface Wearers {
  readonly nodeSpecs: readonly NodeSpec[];
  readonly servers: readonly ServerSpec[];
  readonly vpcEndpoints: readonly VpcEndpointSpec[];
  readonly loadBalancers: readonly LoadBalancerSpec[];
  readonly eniConfigs: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly securityGroups: readonly string[] };
    readonly source: SourceRef;
  }[];
  readonly securityGroupPolicies: readonly {
    readonly spec: { readonly groupIds: readonly string[] };
    readonly source: SourceRef;
  }[];
}

/**
 * Filters against each other and against the network. A group or a prefix list that is named and not described is no error:
 * real inputs name more than they describe. Walks that need it end unknown, and a warning says so beforehand.
 */
export function checkFilters(filters: Filters, network: Network, wearers: Wearers, issues: Issue[]): void {
  const { securityGroups, networkAcls, prefixLists } = filters;
  unique(securityGroups, 'Security group', issues);
  unique(networkAcls, 'Network ACL', issues);
  unique(prefixLists, 'Prefix list', issues);
  const vpcs = network.vpcs.map(({ id }) => id);
  for (const { id, vpc, source } of securityGroups)
    if (vpc !== undefined && !vpcs.includes(vpc))
      unknown(issues, 'error', source, `Security group "${id}" is in VPC "${vpc}", which is not described`, vpc, vpcs);
  checkAcls(networkAcls, network, issues);
  if (securityGroups.length > 0) checkNames(filters, wearers, issues);
}

type Severity = Issue['severity'];

function unknown(
  issues: Issue[],
  severity: Severity,
  at: SourceRef,
  message: string,
  name: string,
  among: Iterable<string>,
): void {
  const rests: Issue['rests'] = ['network', 'nodes', 'filters', 'connections', 'load-balancers'];
  issues.push({ code: 'unknown-reference', severity, at, message, rests, ...didYouMean(name, among) });
}

function unique(
  items: readonly { readonly id: string; readonly source: SourceRef }[],
  what: string,
  issues: Issue[],
): void {
  const seen = new Set<string>();
  for (const { id, source } of items) {
    if (seen.has(id))
      issues.push({ code: 'duplicate', severity: 'error', at: source, message: `${what} "${id}" is given twice` });
    seen.add(id);
  }
}

/** A subnet has one network ACL; no two entries of a direction have one number (VPC guide, network ACLs). */
function checkAcls(acls: readonly NetworkAclSpec[], network: Network, issues: Issue[]): void {
  const vpcOf = new Map(network.vpcs.flatMap((vpc) => vpc.subnets.map(({ id }) => [id, vpc.id] as const)));
  const aclOf = new Map<string, string>();
  for (const { id, subnets, source, ingress, egress } of acls) {
    for (const subnet of subnets) {
      if (!vpcOf.has(subnet))
        unknown(
          issues,
          'error',
          source,
          `Network ACL "${id}" names subnet "${subnet}", which is not described`,
          subnet,
          vpcOf.keys(),
        );
      const other = aclOf.get(subnet);
      if (other !== undefined)
        issues.push({
          code: 'duplicate',
          severity: 'error',
          at: source,
          message: `Subnet "${subnet}" has network ACL "${other}" and network ACL "${id}"`,
          hint: 'a subnet has one: take it out of the other',
        });
      aclOf.set(subnet, id);
    }
    if (new Set(subnets.flatMap((subnet) => vpcOf.get(subnet) ?? [])).size > 1)
      issues.push({
        code: 'wrong-value',
        severity: 'error',
        at: source,
        message: `Network ACL "${id}" names subnets of two VPCs`,
        hint: 'give each VPC a network ACL of its own',
      });
    for (const [way, entries] of [
      ['ingress', ingress],
      ['egress', egress],
    ] as const)
      checkNumbers(id, way, entries, issues);
  }
}

function checkNumbers(
  id: string,
  way: string,
  entries: readonly { readonly ruleNumber: number; readonly source: SourceRef }[],
  issues: Issue[],
): void {
  const placeOf = new Map<number, string>();
  for (const { ruleNumber, source } of entries) {
    const place = `${source.file}:${source.line}:${source.column}`;
    const other = placeOf.get(ruleNumber);
    // One entry with several port ranges is several here, all of one number.
    if (other !== undefined && other !== place)
      issues.push({
        code: 'duplicate',
        severity: 'error',
        at: source,
        message: `Network ACL "${id}" has two ${way} entries with rule number ${ruleNumber}`,
      });
    placeOf.set(ruleNumber, place);
  }
}

function checkNames(filters: Filters, wearers: Wearers, issues: Issue[]): void {
  const described = new Set(filters.securityGroups.map(({ id }) => id));
  const worn = new Set<string>(filters.controlPlaneGroups);
  const said = new Set<string>();
  const wear = (groups: readonly string[] | undefined, at: SourceRef): void => {
    for (const id of groups ?? []) {
      worn.add(id);
      if (described.has(id) || said.has(id)) continue;
      said.add(id);
      const message = `Security group "${id}" is named and not described: a new connection at its interfaces that no other group of theirs allows ends unknown`;
      unknown(issues, 'warning', at, message, id, described);
    }
  };
  for (const { securityGroups, enis, source } of wearers.nodeSpecs) {
    wear(securityGroups, source);
    for (const eni of enis) wear(eni.securityGroups, eni.source ?? source);
  }
  for (const { securityGroups, source } of wearers.servers) wear(securityGroups, source);
  for (const { securityGroups, source } of wearers.vpcEndpoints) wear(securityGroups, source);
  // What of these is not described is said once controllers made theirs.
  for (const { securityGroups } of wearers.loadBalancers) for (const id of securityGroups) worn.add(id);
  for (const { spec, source } of wearers.eniConfigs) wear(spec.securityGroups, source);
  for (const { spec, source } of wearers.securityGroupPolicies) wear(spec.groupIds, source);
  const lists = new Set(filters.prefixLists.map(({ id }) => id));
  for (const { id, ingress, egress } of filters.securityGroups)
    for (const rule of [...ingress, ...egress]) checkPeer(id, rule, new Set([...described, ...worn]), lists, issues);
}

function checkPeer(
  group: string,
  { peer, source }: GroupRuleSpec,
  groups: ReadonlySet<string>,
  lists: ReadonlySet<string>,
  issues: Issue[],
): void {
  if (peer.kind === 'prefix-list' && !lists.has(peer.id))
    unknown(
      issues,
      'warning',
      source,
      `A rule of security group "${group}" names prefix list "${peer.id}", which is not described: a packet that only this rule could allow ends unknown`,
      peer.id,
      lists,
    );
  if (peer.kind === 'security-group' && !groups.has(peer.id))
    unknown(
      issues,
      'warning',
      source,
      `A rule of security group "${group}" names "${peer.id}", which no interface of the input has: it allows nobody`,
      peer.id,
      groups,
    );
}

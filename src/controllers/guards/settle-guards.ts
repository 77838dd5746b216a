import type { Issue, Parsed } from '../../base/index.ts';
import type {
  Admission,
  Cluster,
  GroupRuleSpec,
  LoadBalancerSpec,
  SecurityGroupSpec,
  TargetGroupBinding,
} from '../../cluster/index.ts';
import type { TargetGroup } from '../../fabric/index.ts';
import { defaultRoute } from '../../net/index.ts';
import { assume } from '../assume.ts';
import { everybody, isEverybody } from './admitted.ts';
import { admissionsOf } from './binding-admissions.ts';
import { ambiguity, groupToEdit } from './group-to-edit.ts';
import { describesGroups, withoutWritten } from './made-by.ts';
import { mergeRanges } from './merge-ranges.ts';
import { eniByAddress } from './target-enis.ts';

/**
 * What the controllers of load balancers write into security groups: a group for each, one that all share, and rules in
 * those of the targets. Where the input describes no group nothing is filtered, except by a load balancer that is told whom
 * to let in.
 */
export function settleGuards(cluster: Cluster): Parsed<Cluster> {
  const { loadBalancers, targetGroupBindings } = cluster;
  const isAsked = targetGroupBindings.some(({ spec }) => spec.networking !== undefined);
  if (!isAsked && loadBalancers.every(({ guard }) => guard === undefined)) return { value: cluster, issues: [] };
  return describesGroups(cluster) ? new Guards(cluster).settle() : { value: onlyTheirOwn(cluster), issues: [] };
}

/** Load balancers that let in some and not others wear their own group, and nobody else wears any. */
function onlyTheirOwn(cluster: Cluster): Cluster {
  const made: SecurityGroupSpec[] = [];
  const loadBalancers = cluster.loadBalancers.map((of) => {
    const own = of.guard?.own;
    if (own === undefined || isOpen(of, own.ingress)) return of;
    made.push(groupOf(of, own.name, own.ingress));
    return { ...of, securityGroups: [own.name], ownGroup: own.name };
  });
  return made.length === 0
    ? cluster
    : { ...cluster, filters: { ...cluster.filters, securityGroups: made }, loadBalancers };
}

/** Everybody may call every port of it, over each family it has. */
function isOpen({ listeners, ipAddressType }: LoadBalancerSpec, ingress: readonly Admission[]): boolean {
  const open = new Set(
    ingress.flatMap(({ peer, ports }) =>
      peer.kind === 'cidr' && isEverybody(peer) ? [`${peer.cidr.family} ${ports?.from}`] : [],
    ),
  );
  const families = everybody(ipAddressType !== 'ipv4').map(({ family }) => family);
  return listeners.every(({ port }) => families.every((family) => open.has(`${family} ${port}`)));
}

const LBC = 'aws-load-balancer-controller';
const MADE = `Network load balancers of the AWS Load Balancer Controller are taken to have a security group each, as its releases since v2.6 make them`;

/** Who writes rules, and what asked for them. */
type Writer = Pick<LoadBalancerSpec, 'by' | 'source'>;

class Guards {
  private readonly cluster: Cluster;
  private readonly issues: Issue[] = [];
  private readonly eniOf: ReturnType<typeof eniByAddress>;
  private readonly groups: Map<string, SecurityGroupSpec>;
  private readonly written = new Map<string, GroupRuleSpec[]>();
  /** Target groups whose controller stops before it registers anybody, and why. */
  private readonly unregistered = new Map<string, string>();

  constructor(cluster: Cluster) {
    this.cluster = { ...cluster, filters: withoutWritten(cluster.filters) };
    this.groups = new Map(this.cluster.filters.securityGroups.map((group) => [group.id, group]));
    this.eniOf = eniByAddress(cluster);
  }

  settle(): Parsed<Cluster> {
    const { filters, targetGroups } = this.cluster;
    const loadBalancers = this.cluster.loadBalancers.map((of) => this.guarded(of));
    for (const of of loadBalancers) this.sayUndescribed(of);
    for (const binding of this.cluster.targetGroupBindings) this.bound(binding);
    const securityGroups = [...this.groups.values()].map((group) => {
      const rules = this.written.get(group.id);
      return rules === undefined ? group : { ...group, ingress: [...group.ingress, ...mergeRanges(rules)] };
    });
    const value = {
      ...this.cluster,
      filters: { ...filters, securityGroups },
      loadBalancers,
      targetGroups: targetGroups.map((group) => withoutTargets(group, this.unregistered.get(group.id))),
    };
    const isTold = loadBalancers.some(({ guard, type }) => type === 'network' && guard?.own !== undefined);
    return { value: isTold ? assume(value, MADE) : value, issues: this.issues };
  }

  private guarded(of: LoadBalancerSpec): LoadBalancerSpec {
    const { guard, securityGroups } = of;
    if (guard === undefined) return of;
    const { own, shared } = guard;
    const ownGroup = own === undefined ? undefined : this.make(of, own.name, own.ingress);
    const made = new Map<string, string>();
    if (own !== undefined && ownGroup !== undefined) made.set(own.name, ownGroup);
    if (shared !== undefined) made.set(shared, this.make(of, shared, []));
    for (const { targetGroup, ingress } of guard.targets) {
      const group = this.cluster.targetGroups.find(({ id }) => id === targetGroup);
      for (const id of group === undefined ? [] : this.groupsToEdit(of, group)) this.write(of, id, ingress, made);
    }
    return {
      ...of,
      securityGroups: [...new Set([...securityGroups, ...made.values()])],
      ...(ownGroup === undefined ? {} : { ownGroup }),
    };
  }

  /** What a TargetGroupBinding wants for the targets it registers, whoever has its target group. */
  private bound({ metadata, spec, source, targetGroup, targets }: TargetGroupBinding): void {
    if (spec.networking === undefined || targets.length === 0) return;
    const writer = { by: LBC, source };
    const group = { id: targetGroup ?? `TargetGroupBinding ${metadata.namespace}/${metadata.name}`, targets };
    const ingress = admissionsOf(this.cluster, spec.networking, targets);
    for (const id of this.groupsToEdit(writer, group)) this.write(writer, id, ingress, new Map());
  }

  /** One of that name in the input is what the controller made: it stays as it is found. */
  private make(of: LoadBalancerSpec, name: string, ingress: readonly Admission[]): string {
    const found = [...this.groups.values()].find((group) => group.id === name || group.name === name);
    if (found === undefined) this.groups.set(name, groupOf(of, name, ingress));
    return found?.id ?? name;
  }

  /** Of the interfaces of a group's targets; none where one of them leaves it open, which stops the controller. */
  private groupsToEdit(of: Writer, group: Pick<TargetGroup, 'id' | 'targets'>): readonly string[] {
    const enis = new Set(group.targets.flatMap(({ ip }) => this.eniOf(ip) ?? []));
    const ids = new Set<string>();
    for (const eni of enis) {
      if (eni.securityGroups.length === 0) continue;
      const found = groupToEdit(this.cluster, eni);
      if (typeof found === 'string') ids.add(found);
      else {
        this.refuse(of, group, ambiguity(this.cluster, eni, found));
        return [];
      }
    }
    return [...ids];
  }

  /** The AWS Load Balancer Controller registers nobody before the rules are written (targetgroupbinding resource manager). */
  private refuse(of: Writer, group: Pick<TargetGroup, 'id'>, why: string): void {
    const registers = of.by !== LBC;
    if (!registers) this.unregistered.set(group.id, why);
    this.issues.push({
      code: 'ambiguous-security-group',
      severity: 'warning',
      at: of.source,
      message: `Nothing is let in to the targets of ${group.id}${registers ? '' : ', and none is registered'}: ${why}`,
    });
  }

  private write(of: Writer, id: string, ingress: readonly Admission[], made: ReadonlyMap<string, string>): void {
    const rules = ingress.map(({ peer, ...traffic }): GroupRuleSpec => {
      const from = peer.kind === 'security-group' ? { ...peer, id: made.get(peer.id) ?? peer.id } : peer;
      return { ...traffic, peer: from, by: of.by, source: of.source };
    });
    this.written.set(id, [...(this.written.get(id) ?? []), ...rules]);
  }

  private sayUndescribed({ id: loadBalancer, securityGroups, source }: LoadBalancerSpec): void {
    for (const id of securityGroups.filter((each) => !this.groups.has(each)))
      this.issues.push({
        code: 'unknown-reference',
        severity: 'warning',
        at: source,
        message: `Security group "${id}" of load balancer ${loadBalancer} is named and not described: a new connection there that no other group of it allows ends unknown`,
      });
  }
}

function withoutTargets(group: TargetGroup, unregistered: string | undefined): TargetGroup {
  if (unregistered === undefined) return group;
  const { unsure: _, ...rest } = group;
  return { ...rest, targets: [], unregistered };
}

/** As EC2 makes one: everything goes out (CreateSecurityGroup). */
function groupOf({ by, source, vpc }: LoadBalancerSpec, id: string, ingress: readonly Admission[]): SecurityGroupSpec {
  const egress = ([4, 6] as const).map(
    (family): GroupRuleSpec => ({ protocol: 'all', peer: { kind: 'cidr', cidr: defaultRoute(family) }, by, source }),
  );
  return { id, vpc, by, ingress: ingress.map((rule) => ({ ...rule, by, source })), egress, source };
}

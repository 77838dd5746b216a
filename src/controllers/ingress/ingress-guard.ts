import type { Admission, Cluster } from '../../cluster/index.ts';
import type { TargetGroup } from '../../fabric/index.ts';
import { peersOf, readCidrs } from '../guards/admitted.ts';
import { namedGroups } from '../guards/named-groups.ts';
import { fromBackendGroup, needsSharedGroup } from '../guards/shared-group.ts';
import { admit, onePort } from '../guards/target-traffic.ts';
import { controllerOf } from '../load-balancers/controller.ts';
import type { Guarded } from '../load-balancers/service-guard.ts';
import type { Agreement } from './agreement.ts';
import type { IngressGroup, Member } from './groups.ts';
import type { ListenPort } from './listen-ports.ts';
import { frontendGroupName } from './names.ts';

interface Asked {
  readonly ports: readonly ListenPort[];
  readonly dualstack: boolean;
  readonly agreed: Agreement;
  readonly targetGroups: readonly TargetGroup[];
  readonly conflict: (what: string, one: Member, other: Member, key: string) => void;
}

const GROUPS = 'security-groups';
const MANAGES = 'manage-backend-security-group-rules';

/**
 * An application load balancer's groups: those an annotation names, or one of its own beside the one all share
 * (aws-load-balancer-controller pkg/ingress/model_build_load_balancer.go, buildLoadBalancerSecurityGroups). Of two members' lists
 * the order counts, and one that is empty is a list too (buildFrontendSGNameOrIDsFromAnnotation).
 */
export function ingressGuard(cluster: Cluster, group: IngressGroup, asked: Asked): Guarded {
  const { ports, agreed, targetGroups } = asked;
  for (const { annotations } of group.members)
    readCidrs(annotations.list(CIDRS), (text) => annotations.complain(CIDRS, text, 'blocks such as 203.0.113.0/24'));
  const ingress = ports.flatMap((port) => inbound(port, asked));
  const named = agreed.one(GROUPS, (each) => (each.has(GROUPS) ? each.list(GROUPS) : undefined)) ?? [];
  const name = frontendGroupName(cluster.name, group);
  const targets = fromBackendGroup(cluster, name, targetGroups);
  if (named.length === 0) return { securityGroups: [], guard: { own: { name, ingress }, ...targets } };
  const manages = agreed.one(MANAGES, (each) => each.flag(MANAGES)) ?? controllerOf(cluster).managesRules;
  const refusal = manages ? needsSharedGroup(cluster) : undefined;
  if (refusal !== undefined) refuseGroups(group, refusal);
  return { securityGroups: namedGroups(cluster, named), ...(manages ? { guard: targets } : {}) };
}

function refuseGroups({ members }: IngressGroup, why: string): void {
  const said = members.find(({ annotations }) => annotations.has(GROUPS))?.annotations;
  said?.report(
    'controller-refuses',
    said.place(GROUPS),
    `${said.label} has groups of its own, and rules of its targets are asked for: ${why}`,
    `expected no annotation ${GROUPS}, or ${MANAGES}: false`,
  );
}

/**
 * Who may call one port: as the members that listen on it say, two of which may not differ, in whatever order (mergeListenPortConfigs).
 * Blocks of a family the load balancer has not are passed over once it is settled that somebody is named
 * (buildManagedSecurityGroupIngressPermissions).
 */
function inbound({ port, members }: ListenPort, { dualstack, conflict }: Asked): readonly Admission[] {
  const said = (key: string): readonly string[] | undefined => {
    const given = members.flatMap((member) => {
      const list = [...new Set(member.annotations.list(key))];
      return list.length === 0 ? [] : [{ member, list, text: list.toSorted().join(',') }];
    });
    const [first] = given;
    const other = given.find(({ text }) => text !== first?.text);
    if (first !== undefined && other !== undefined) conflict(`${key} of port ${port}`, first.member, other.member, key);
    return first?.list;
  };
  const cidrs = readCidrs(said(CIDRS) ?? [], () => undefined);
  const peers = peersOf({ cidrs, prefixLists: said('security-group-prefix-lists') }, dualstack).filter(
    (peer) => dualstack || peer.kind !== 'cidr' || peer.cidr.family === 4,
  );
  return admit([onePort('tcp', port)], peers);
}

const CIDRS = 'inbound-cidrs';

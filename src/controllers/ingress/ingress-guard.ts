import type { Admission, Cluster } from '../../cluster/index.ts';
import type { TargetGroup } from '../../fabric/index.ts';
import { peersOf, readCidrs } from '../guards/admitted.ts';
import { namedGroups } from '../guards/named-groups.ts';
import { fromSharedGroup, sharedGroupName } from '../guards/shared-group.ts';
import { admit, onePort } from '../guards/target-traffic.ts';
import type { Guarded } from '../load-balancers/service-guard.ts';
import type { IngressGroup, Member } from './groups.ts';
import type { ListenPort } from './listen-ports.ts';
import { frontendGroupName } from './names.ts';

interface Asked {
  readonly ports: readonly ListenPort[];
  readonly dualstack: boolean;
  /** `security-groups` and `manage-backend-security-group-rules`, as the members agree on them. */
  readonly named: readonly string[];
  readonly manages: boolean;
  readonly targetGroups: readonly TargetGroup[];
  readonly conflict: (what: string, one: Member, other: Member, key: string) => void;
}

/**
 * An application load balancer's groups: those an annotation names, or one of its own beside the one all share
 * (aws-load-balancer-controller pkg/ingress/model_build_load_balancer.go, buildLoadBalancerSecurityGroups).
 */
export function ingressGuard(cluster: Cluster, group: IngressGroup, asked: Asked): Guarded {
  const targets = fromSharedGroup(sharedGroupName(cluster), asked.targetGroups);
  if (asked.named.length > 0)
    return { securityGroups: namedGroups(cluster, asked.named), ...(asked.manages ? { guard: targets } : {}) };
  const ingress = asked.ports.flatMap((port) => inbound(port, asked));
  return { securityGroups: [], guard: { own: { name: frontendGroupName(cluster.name, group), ingress }, ...targets } };
}

/** Who may call one port: as the members that listen on it say, two of which may not differ (mergeListenPortConfigs). */
function inbound({ port, members }: ListenPort, { dualstack, conflict }: Asked): readonly Admission[] {
  const said = (key: string): readonly string[] => {
    const given = members.flatMap((member) => {
      const list = member.annotations.list(key);
      return list.length === 0 ? [] : [{ member, list, text: list.toSorted().join(',') }];
    });
    const [first] = given;
    const other = given.find(({ text }) => text !== first?.text);
    if (first !== undefined && other !== undefined) conflict(`${key} of port ${port}`, first.member, other.member, key);
    return first?.list ?? [];
  };
  const refuse = (text: string): void => {
    const of = members.find(({ annotations }) => annotations.list(CIDRS).includes(text))?.annotations;
    of?.complain(CIDRS, text, 'blocks such as 203.0.113.0/24');
  };
  const cidrs = readCidrs(said(CIDRS), refuse).filter(({ family }) => dualstack || family === 4);
  return admit([onePort('tcp', port)], peersOf({ cidrs, prefixLists: said('security-group-prefix-lists') }, dualstack));
}

const CIDRS = 'inbound-cidrs';

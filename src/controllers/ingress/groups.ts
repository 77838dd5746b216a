import { type Issue, showSource } from '../../base/index.ts';
import type { Cluster, Ingress } from '../../cluster/index.ts';
import { byText, keyOf } from '../labels.ts';
import { unwatched } from '../load-balancers/controller.ts';
import { Annotations } from './annotations.ts';
import { classify, leavesOpen, showDefaults } from './class-of.ts';

const GROUP_NAME = /^(?:[a-z0-9][-a-z0-9.]*)?[a-z0-9]$/;

/** Ingresses that share one load balancer, in the order of their rules. */
export interface IngressGroup {
  /** The name of an explicit group; absent: an Ingress by itself. */
  readonly name: string | undefined;
  readonly members: readonly Member[];
  /** What is wrong with the places its members ask for. */
  readonly problems: readonly Issue[];
  /** Why its load balancer is not known, whatever its members say. */
  readonly unknown?: string;
  /** Why the controller does not come to it any more: what was made of it is there, and stays. */
  readonly stopped?: string;
}

export interface Member {
  readonly ingress: Ingress;
  readonly key: string;
  readonly annotations: Annotations;
}

/** Whose load balancer the controller makes, in the namespaces it looks at. */
export const isOurs = (cluster: Cluster, ingress: Ingress): boolean =>
  isWatched(cluster, ingress) && classify(cluster, ingress).by === 'controller';

const isWatched = (cluster: Cluster, { metadata }: Ingress): boolean =>
  unwatched(cluster, metadata.namespace) === undefined;

/**
 * Groups by name, members by `group.order`, ties by `namespace/name` in byte order (group_loader.go sortGroupMembers). An
 * Ingress whose group has a name no group can have is in none, and has no load balancer (loadGroupIDIfAny).
 */
export function ingressGroups(cluster: Cluster, issues: Issue[]): readonly IngressGroup[] {
  const groups = new Map<string, Draft>();
  for (const ingress of cluster.ingresses) {
    const classified = classify(cluster, ingress);
    if (classified.by === 'unknown' && isLookedAt(cluster, ingress)) alone(groups, ingress, classified.why, issues);
    if (classified.by !== 'controller' || !isWatched(cluster, ingress)) continue;
    const { settings } = classified;
    const annotations = new Annotations(ingress, issues, { before: settings });
    const name = annotations.text('group.name');
    if (name !== undefined && !isGroupName(name)) {
      annotations.complain(
        'group.name',
        name,
        'up to 63 lower-case letters, digits, "-" and ".": it has no load balancer',
        {
          severity: 'warning',
        },
      );
      continue;
    }
    const key = keyOf(ingress);
    const id = name === undefined ? `/${key}` : name;
    const group = groups.get(id) ?? { name, members: [], problems: [] };
    groups.set(id, group);
    const order = new Annotations(ingress, group.problems).integer('group.order', -1000, 1000) ?? 0;
    group.members.push({ ingress, key, annotations, order });
  }
  const stopped = stoppedBy(cluster);
  return [...groups.entries()]
    .toSorted(([a], [b]) => byText(a, b))
    .map(([, group]) => ({
      ...group,
      ...(stopped === undefined ? {} : stoppedAt(group, stopped)),
      members: group.members.toSorted((a, b) => a.order - b.order || byText(a.key, b.key)),
    }));
}

/** One without a class, where several are the default, may be somebody else's in a namespace the controller does not look at. */
const isLookedAt = (cluster: Cluster, ingress: Ingress): boolean =>
  isWatched(cluster, ingress) || !leavesOpen(cluster, ingress);

/**
 * Why the controller comes to no group of the cluster: to load one it classifies every Ingress it looks at, and the first it fails
 * of ends it (group_loader.go Load, checkGroupMembershipType).
 */
function stoppedBy(cluster: Cluster): string | undefined {
  const by = cluster.ingresses.find((each) => isWatched(cluster, each) && leavesOpen(cluster, each));
  if (by === undefined) return undefined;
  return `the controller does nothing of any Ingress while Ingress ${keyOf(by)} (${showSource(by.source)}) has no class and several are the default: ${showDefaults(cluster)}`;
}

/** What is there stays; that a group all of whose Ingresses have a load balancer has it as they say is an assumption. */
function stoppedAt({ members, unknown }: Draft, why: string): Pick<IngressGroup, 'unknown' | 'stopped'> {
  if (unknown !== undefined) return { unknown };
  const isMade = members.every(({ ingress }) => ingress.status.hostnames.length > 0);
  return isMade ? { stopped: why } : { unknown: why };
}

/** One that nothing is known of shares no load balancer here: its parameters may name its group. */
function alone(groups: Map<string, Draft>, ingress: Ingress, unknown: string, issues: Issue[]): void {
  const key = keyOf(ingress);
  const member = { ingress, key, annotations: new Annotations(ingress, issues), order: 0 };
  groups.set(`/${key}`, { name: undefined, members: [member], problems: [], unknown });
}

interface Draft extends IngressGroup {
  readonly members: (Member & { readonly order: number })[];
  readonly problems: Issue[];
}

const isGroupName = (name: string): boolean => GROUP_NAME.test(name) && name.length <= 63;

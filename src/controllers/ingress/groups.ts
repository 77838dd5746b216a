import type { Issue } from '../../base/index.ts';
import type { Cluster, Ingress } from '../../cluster/index.ts';
import { byText, keyOf, own } from '../labels.ts';
import { controllerOf, unwatched } from '../load-balancers/controller.ts';
import { Annotations } from './annotations.ts';

const CONTROLLER = 'ingress.k8s.aws/alb';
/** What the Helm chart calls the IngressClass it makes, and the value the old annotation has. */
const ALB = 'alb';
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';
const GROUP_NAME = /^(?:[a-z0-9][-a-z0-9.]*)?[a-z0-9]$/;

/** Ingresses that share one load balancer, in the order of their rules. */
export interface IngressGroup {
  /** The name of an explicit group; absent: an Ingress by itself. */
  readonly name: string | undefined;
  readonly members: readonly Member[];
  /** What is wrong with the places its members ask for. */
  readonly problems: readonly Issue[];
}

export interface Member {
  readonly ingress: Ingress;
  readonly key: string;
  readonly annotations: Annotations;
}

/**
 * Whether the AWS Load Balancer Controller reconciles an Ingress (group_loader.go classifyIngress): the old annotation
 * decides where there is one, else the class, which the API server fills in where one class is the default. A class with
 * parameters is not among them: those overrule annotations, and are not modelled. Told of no class at all, it takes Ingresses
 * that have none.
 */
export function isOurs(cluster: Cluster, ingress: Ingress): boolean {
  return unwatched(cluster, ingress.metadata.namespace) === undefined && isOfItsClass(cluster, ingress);
}

export const hasClassAnnotation = ({ metadata }: Ingress): boolean =>
  own(metadata.annotations, CLASS_ANNOTATION) !== undefined;

export function isOfItsClass(cluster: Cluster, ingress: Ingress): boolean {
  const { ingressClasses } = cluster;
  const { ingressClass } = controllerOf(cluster);
  if (ingress.metadata.deletionTimestamp !== undefined) return false;
  const annotation = own(ingress.metadata.annotations, CLASS_ANNOTATION);
  if (annotation !== undefined) return annotation === (ingressClass || ALB);
  const byDefault = ingressClasses.find(({ metadata }) => own(metadata.annotations, DEFAULT_CLASS) === 'true');
  const name = ingress.spec.ingressClassName ?? byDefault?.metadata.name;
  const found = ingressClasses.find(({ metadata }) => metadata.name === name);
  if (name === undefined) return ingressClass === '';
  if (found === undefined) return name === (ingressClass || ALB);
  return found.spec.controller === CONTROLLER && found.spec.parameters === undefined;
}

/**
 * Groups by name, members by `group.order`, ties by `namespace/name` in byte order (group_loader.go sortGroupMembers). An
 * Ingress whose group has a name no group can have is in none, and has no load balancer (loadGroupIDIfAny).
 */
export function ingressGroups(cluster: Cluster, issues: Issue[]): readonly IngressGroup[] {
  const groups = new Map<string, Draft>();
  for (const ingress of cluster.ingresses) {
    if (!isOurs(cluster, ingress)) continue;
    const annotations = new Annotations(ingress, issues);
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
  return [...groups.entries()]
    .toSorted(([a], [b]) => byText(a, b))
    .map(([, group]) => ({
      ...group,
      members: group.members.toSorted((a, b) => a.order - b.order || byText(a.key, b.key)),
    }));
}

interface Draft extends IngressGroup {
  readonly members: (Member & { readonly order: number })[];
  readonly problems: Issue[];
}

const isGroupName = (name: string): boolean => GROUP_NAME.test(name) && name.length <= 63;

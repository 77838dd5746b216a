import { showSource } from '../../base/index.ts';
import type { Cluster, Ingress, IngressClass, IngressClassParams } from '../../cluster/index.ts';
import { own } from '../labels.ts';
import { controllerOf } from '../load-balancers/controller.ts';

/** Whose an Ingress is. */
export type Classified =
  | { readonly by: 'controller'; readonly settings?: IngressClassParams }
  /** Somebody's who makes it a load balancer, which is not followed. */
  | { readonly by: 'unknown'; readonly why: string }
  | { readonly by: 'others' };

const CONTROLLER = 'ingress.k8s.aws/alb';
const AUTO_MODE = 'eks.amazonaws.com/alb';
const PARAMETERS = { apiGroup: 'elbv2.k8s.aws', kind: 'IngressClassParams' } as const;
/** What the Helm chart calls the IngressClass it makes, and the value the old annotation has. */
const ALB = 'alb';
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';
const OTHERS: Classified = { by: 'others' };
const OURS: Classified = { by: 'controller' };

export const hasClassAnnotation = ({ metadata }: Ingress): boolean =>
  own(metadata.annotations, CLASS_ANNOTATION) !== undefined;

/**
 * Whether the AWS Load Balancer Controller reconciles an Ingress (group_loader.go classifyIngress): the old annotation
 * decides where there is one, else the class, which the API server fills in where one class is the default. Told of no class at
 * all, it takes Ingresses that have none.
 */
export function classify(cluster: Cluster, ingress: Ingress): Classified {
  const { ingressClass } = controllerOf(cluster);
  const { metadata, spec } = ingress;
  if (metadata.deletionTimestamp !== undefined) return OTHERS;
  const annotation = own(metadata.annotations, CLASS_ANNOTATION);
  if (annotation !== undefined) return annotation === (ingressClass || ALB) ? OURS : OTHERS;
  if (leavesOpen(cluster, ingress)) return ofSeveral(cluster);
  const name = spec.ingressClassName ?? defaultClass(cluster)?.metadata.name;
  if (name === undefined) return ingressClass === '' ? OURS : OTHERS;
  const found = cluster.ingressClasses.find((each) => each.metadata.name === name);
  if (found === undefined) return name === (ingressClass || ALB) ? OURS : OTHERS;
  if (found.spec.controller === AUTO_MODE)
    return { by: 'unknown', why: `its class, ${show(found)}, is EKS Auto Mode's, which is not modelled` };
  return found.spec.controller === CONTROLLER ? withParameters(cluster, found) : OTHERS;
}

const defaults = (classes: readonly IngressClass[]): readonly IngressClass[] =>
  classes.filter(({ metadata }) => own(metadata.annotations, DEFAULT_CLASS) === 'true');

/** Whether it is about to be created: a live object shows when it was, or what was made of it. */
export const isNew = ({ metadata, status }: Ingress): boolean =>
  metadata.uid === undefined && metadata.creationTimestamp === undefined && status.hostnames.length === 0;

/**
 * Whether an Ingress names no class, of several default ones: the API server chooses as it is created and never again, and the
 * controller, which takes the default of one that was created without, fails of two (class_loader.go GetDefaultIngressClass).
 */
export const leavesOpen = ({ ingressClasses }: Cluster, ingress: Ingress): boolean =>
  ingress.spec.ingressClassName === undefined &&
  ingress.metadata.deletionTimestamp === undefined &&
  !hasClassAnnotation(ingress) &&
  !isNew(ingress) &&
  defaults(ingressClasses).length > 1;

/** `IngressClass "alb" (c.yaml:1:1), IngressClass "nginx" (c.yaml:6:1)` */
export const showDefaults = ({ ingressClasses }: Cluster): string => defaults(ingressClasses).map(show).join(', ');

/** It may have been the controller's while there was one default, or none; where that can never have been it is others'. */
function ofSeveral(cluster: Cluster): Classified {
  const mayBeOurs = ({ spec }: IngressClass): boolean =>
    spec.controller === CONTROLLER || spec.controller === AUTO_MODE;
  if (controllerOf(cluster).ingressClass !== '' && !defaults(cluster.ingressClasses).some(mayBeOurs)) return OTHERS;
  const why = `it was created without a class, and of several default ones the controller takes none: ${showDefaults(cluster)}`;
  return { by: 'unknown', why };
}

/** Of several the newest, and of those as old the first by name (plugin/pkg/admission/network/defaultingressclass). */
function defaultClass({ ingressClasses }: Cluster): IngressClass | undefined {
  const [first] = defaults(ingressClasses).toSorted((a, b) => {
    const [one, other] = [a, b].map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '') || 0);
    return (other ?? 0) - (one ?? 0) || (a.metadata.name < b.metadata.name ? -1 : 1);
  });
  return first;
}

/** Parameters overrule annotations, each that is followed as its own annotation would (class_loader.go Load). */
function withParameters({ ingressClassParams }: Cluster, of: IngressClass): Classified {
  const { parameters } = of.spec;
  if (parameters === undefined) return OURS;
  const { apiGroup, kind, name } = parameters;
  const has = `its class, ${show(of)}, has parameters, ${kind} "${name}"`;
  if (apiGroup !== PARAMETERS.apiGroup || kind !== PARAMETERS.kind)
    return { by: 'unknown', why: `${has} of "${apiGroup}", which the controller does not know` };
  const settings = ingressClassParams.find((each) => each.metadata.name === name);
  if (settings === undefined) return { by: 'unknown', why: `${has}, which the input does not have` };
  const [first] = settings.open;
  if (first === undefined) return { by: 'controller', settings };
  const [field, at] = first;
  return { by: 'unknown', why: `${has}, whose ${field} is not followed (${showSource(at)})` };
}

const show = ({ metadata, source }: IngressClass): string => `IngressClass "${metadata.name}" (${showSource(source)})`;

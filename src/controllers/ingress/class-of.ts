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
  const name = spec.ingressClassName ?? defaultClass(cluster)?.metadata.name;
  if (name === undefined) return ingressClass === '' ? OURS : OTHERS;
  const found = cluster.ingressClasses.find((each) => each.metadata.name === name);
  if (found === undefined) return name === (ingressClass || ALB) ? OURS : OTHERS;
  if (found.spec.controller === AUTO_MODE)
    return { by: 'unknown', why: `its class, ${show(found)}, is EKS Auto Mode's, which is not modelled` };
  return found.spec.controller === CONTROLLER ? withParameters(cluster, found) : OTHERS;
}

/** Of several the newest, and of those as old the first by name (plugin/pkg/admission/network/defaultingressclass). */
function defaultClass({ ingressClasses }: Cluster): IngressClass | undefined {
  const [first] = ingressClasses
    .filter(({ metadata }) => own(metadata.annotations, DEFAULT_CLASS) === 'true')
    .toSorted((a, b) => {
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

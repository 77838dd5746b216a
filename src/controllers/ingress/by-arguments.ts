import type { Issue } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { own } from '../labels.ts';
import { goBool } from '../load-balancers/annotations.ts';
import {
  CONTROLLER,
  controllerOf,
  flagOf,
  isOn,
  tooManyTargets,
  unknownController,
} from '../load-balancers/controller.ts';
import { type Annotations, PREFIX } from './annotations.ts';
import { hasClassAnnotation, isNew } from './class-of.ts';
import type { IngressGroup, Member } from './groups.ts';
import type { Alb } from './load-balancer.ts';
import { NOT_FOLLOWED } from './refused-group.ts';

/** What the controller's arguments have it do that leaves the load balancer of a group unknown. */
export function byArguments(cluster: Cluster, { members }: IngressGroup, { targetGroups }: Alb): readonly Issue[] {
  const [first] = members;
  if (first === undefined) return [];
  const why = unknownController(cluster) ?? tooManyTargets(cluster, targetGroups);
  const whole = why === undefined ? [] : [unknown(first, first.ingress.source, why)];
  return [...whole, ...members.flatMap((each) => ofMember(cluster, each))];
}

function ofMember(cluster: Cluster, member: Member): readonly Issue[] {
  const { annotations, ingress } = member;
  const of = controllerOf(cluster);
  const isFresh = isNew(ingress);
  const refused = (what: string, flag: string): string =>
    `its webhook takes no new Ingress with ${what}: ${flagOf(of, flag, 'true')}`;
  const found: Issue[] = [];
  if (isFresh && of.refusesClassAnnotation && hasClassAnnotation(ingress))
    found.push(
      unknown(
        member,
        ingress.source,
        refused('annotation kubernetes.io/ingress.class', 'disable-ingress-class-annotation'),
      ),
    );
  if (isFresh && of.refusesGroupAnnotation && own(ingress.metadata.annotations, `${PREFIX}group.name`) !== undefined)
    found.push(
      unknown(
        member,
        annotations.place('group.name'),
        refused('annotation group.name', 'disable-ingress-group-name-annotation'),
      ),
    );
  if (isOn(cluster, 'EnableCertificateManagement') && asksForCertificate(annotations)) {
    const what = `what ${CONTROLLER} makes of a certificate it orders is not modelled: ${flagOf(of, 'EnableCertificateManagement')}`;
    found.push(unknown(member, annotations.place('create-acm-cert'), what));
  }
  return found;
}

/**
 * The controller reads the annotation where its gate is on, which it is not by default (pkg/config/feature_gates.go), and where no
 * certificate is named; a value that is no bool is false (pkg/ingress/model_builder.go, model_build_certificates.go).
 */
export const asksForCertificate = (annotations: Annotations): boolean =>
  goBool(annotations.text('create-acm-cert')) === true && annotations.list('certificate-arn').length === 0;

export const unknown = ({ key }: Member, at: Issue['at'], why: string): Issue => ({
  code: NOT_FOLLOWED,
  severity: 'error',
  at,
  message: `The load balancer of Ingress "${key}" is not known: ${why}`,
});

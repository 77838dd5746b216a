import type { Issue, Parsed } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { assume } from '../assume.ts';
import { keyOf } from '../labels.ts';
import { goBool } from '../load-balancers/annotations.ts';
import { unwatched } from '../load-balancers/controller.ts';
import { unknownAnnotations } from './annotations.ts';
import { asksForCertificate, byArguments, unknown } from './by-arguments.ts';
import { againstItsName, byItsName } from './by-name.ts';
import { classify } from './class-of.ts';
import { type IngressGroup, ingressGroups, isOurs } from './groups.ts';
import { BY, buildAlb } from './load-balancer.ts';
import { asWarnings, builtUnlessRefused } from './refused-group.ts';

/**
 * The AWS Load Balancer Controller's half that reads Ingresses: groups to application load balancers with listeners, rules
 * and target groups (pkg/ingress). Ingresses of other controllers are left alone.
 */
export function settleIngresses(cluster: Cluster): Parsed<Cluster> {
  if (cluster.loadBalancers.some(({ type, by }) => type === 'application' && by === BY))
    return { value: cluster, issues: [] };
  const issues: Issue[] = [];
  const groups = ingressGroups(cluster, issues);
  const albs = groups.flatMap((group) => {
    const before = issues.length;
    const made = buildAlb(cluster, group, issues);
    const found = issues.splice(before);
    const own =
      group.unknown === undefined
        ? [
            ...group.problems,
            ...found,
            ...(made === undefined ? [] : byArguments(cluster, group, made)),
            ...againstItsName(group),
          ]
        : unknownOf(group);
    issues.push(...asWarnings(own));
    return made === undefined ? [] : builtUnlessRefused(made, group, own);
  });
  issues.push(...cluster.ingresses.filter((each) => isOurs(cluster, each)).flatMap(unknownAnnotations));
  const told = [
    ...groups.flatMap((group) =>
      group.unknown === undefined ? [...said(cluster, group), ...byItsName(cluster, group)] : [],
    ),
    ...unseen(cluster),
  ];
  if (groups.length === 0) return { value: assume(cluster, ...told), issues };
  const value = {
    ...cluster,
    loadBalancers: [...cluster.loadBalancers, ...albs.map(({ loadBalancer }) => loadBalancer)],
    targetGroups: [...cluster.targetGroups, ...albs.flatMap(({ targetGroups }) => targetGroups)],
  };
  return { value: assume(value, ...told), issues: once(issues) };
}

const unknownOf = ({ members, unknown: why }: IngressGroup): readonly Issue[] =>
  why === undefined ? [] : members.map((each) => unknown(each, each.ingress.source, why));

/** What is built for a group and changes nothing here, each named. */
const UNMODELLED: readonly (readonly [string, string, (text: string) => boolean])[] = [
  ['wafv2-acl-arn', 'may answer 403 before any rule is read', isAcl],
  ['wafv2-acl-name', 'may answer 403 before any rule is read', isAcl],
  ['waf-acl-id', 'may answer 403 before any rule is read', isAcl],
  ['web-acl-id', 'may answer 403 before any rule is read', isAcl],
  ['mutual-authentication', 'may turn clients without a certificate away', () => true],
  ['enable-frontend-nlb', 'puts a network load balancer in front', (text) => goBool(text) === true],
];

/** `none` takes a list away (model_build_load_balancer_addons.go). */
function isAcl(text: string): boolean {
  return text !== '' && text !== 'none';
}

/** Ingresses of its class that the controller does not look at. */
const unseen = (cluster: Cluster): readonly string[] =>
  cluster.ingresses.flatMap((ingress) => {
    const why =
      classify(cluster, ingress).by === 'controller' ? unwatched(cluster, ingress.metadata.namespace) : undefined;
    return why === undefined ? [] : [`Ingress ${keyOf(ingress)} has no load balancer here: ${why}`];
  });

function said({ loadBalancerController }: Cluster, { members, stopped }: IngressGroup): readonly string[] {
  const made = members.map(({ key }) => key).join(', ');
  const before = `The load balancer of Ingress ${made} is taken to be as it is described, as it was made before: ${stopped}`;
  const told = members.flatMap(({ annotations, key }) => {
    const isAsked = loadBalancerController === undefined && asksForCertificate(annotations);
    const certificate = isAsked ? [certificateOf(key)] : [];
    const named = UNMODELLED.flatMap(([name, does, counts]) => {
      const text = annotations.text(name);
      if (text === undefined || !counts(text)) return [];
      return `${name} of Ingress ${key} ${does}: it is not modelled, and taken as if it were not there`;
    });
    const rewrites = annotations.keys().filter((name) => name.startsWith('transforms.'));
    return [
      ...named,
      ...certificate,
      ...rewrites.map(
        (name) => `${name} of Ingress ${key} rewrites what the target is asked for: the path shown is the client's`,
      ),
    ];
  });
  return stopped === undefined ? told : [before, ...told];
}

const certificateOf = (key: string): string =>
  `create-acm-cert of Ingress ${key} is read where the controller's feature gate EnableCertificateManagement is on, and it is taken as off, its default: on, the controller makes a certificate of the Ingress' hosts, listens on HTTPS 443 where no listen-ports say otherwise, and refuses an Ingress without a host`;

/** A backend is read for every port of its Ingress: each problem is said once. */
function once(issues: readonly Issue[]): readonly Issue[] {
  const seen = new Map(issues.map((issue) => [JSON.stringify(issue), issue]));
  return [...seen.values()];
}

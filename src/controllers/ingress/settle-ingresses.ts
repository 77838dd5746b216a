import type { Issue, Parsed } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { assume } from '../assume.ts';
import { unknownAnnotations } from './annotations.ts';
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
  if (groups.length === 0) return { value: cluster, issues };
  const albs = groups.flatMap((group) => {
    const before = issues.length;
    const made = buildAlb(cluster, group, issues);
    const own = issues.splice(before);
    issues.push(...asWarnings(own));
    return made === undefined ? [] : builtUnlessRefused(made, own);
  });
  issues.push(...cluster.ingresses.filter((each) => isOurs(cluster, each)).flatMap(unknownAnnotations));
  const value = {
    ...cluster,
    loadBalancers: [...cluster.loadBalancers, ...albs.map(({ loadBalancer }) => loadBalancer)],
    targetGroups: [...cluster.targetGroups, ...albs.flatMap(({ targetGroups }) => targetGroups)],
  };
  return { value: assume(value, ...groups.flatMap(said)), issues: once(issues) };
}

/** What is built for a group and changes nothing here, each named. */
const UNMODELLED: readonly (readonly [string, string])[] = [
  ['wafv2-acl-arn', 'may answer 403 before any rule is read'],
  ['wafv2-acl-name', 'may answer 403 before any rule is read'],
  ['waf-acl-id', 'may answer 403 before any rule is read'],
  ['mutual-authentication', 'may turn clients without a certificate away'],
  ['enable-frontend-nlb', 'puts a network load balancer in front'],
];

function said({ members }: IngressGroup): readonly string[] {
  return members.flatMap(({ annotations, key }) => {
    const named = UNMODELLED.filter(([name]) => annotations.text(name) !== undefined).map(
      ([name, does]) => `${name} of Ingress ${key} ${does}: it is not modelled, and taken as if it were not there`,
    );
    const rewrites = annotations.keys().filter((name) => name.startsWith('transforms.'));
    return [
      ...named,
      ...rewrites.map(
        (name) => `${name} of Ingress ${key} rewrites what the target is asked for: the path shown is the client's`,
      ),
    ];
  });
}

/** A backend is read for every port of its Ingress: each problem is said once. */
function once(issues: readonly Issue[]): readonly Issue[] {
  const seen = new Map(issues.map((issue) => [JSON.stringify(issue), issue]));
  return [...seen.values()];
}

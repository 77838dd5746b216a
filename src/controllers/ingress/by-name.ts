import { type Issue, showSource } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { CONTROLLER, controllerOf, flagOf } from '../load-balancers/controller.ts';
import { unknown } from './by-arguments.ts';
import type { IngressGroup, Member } from './groups.ts';
import { namedScheme } from './names.ts';

const asksIn = ({ members }: IngressGroup): Member | undefined =>
  members.find(({ annotations }) => annotations.has('scheme'));

/**
 * A scheme that is asked for and is not the one the name tells. The controller replaces such a load balancer, and the new one has
 * another name (pkg/deploy/elbv2/load_balancer_synthesizer.go, isSDKLoadBalancerRequiresReplacement): whether the question is of the
 * one that is there or of the one to come nobody says, and neither answer holds for both. So it is not known, rather than one of
 * them.
 */
export function againstItsName(group: IngressGroup): readonly Issue[] {
  const named = namedScheme(group);
  const by = asksIn(group);
  const asked = by?.annotations.text('scheme');
  if (named === undefined || by === undefined || asked === named.scheme) return [];
  const { member, hostname, scheme } = named;
  const why = `scheme is ${asked}, and the name of the one that is there, ${hostname} (${showSource(member.ingress.source)}), is an ${scheme} one's: the controller replaces it, by one of another name`;
  const expected = `expected scheme: ${scheme}, or no status for the one to come`;
  return [{ ...unknown(by, by.annotations.place('scheme'), why), expected }];
}

/** What is said of a load balancer whose scheme its name alone tells, against the controller's default. */
export function byItsName(cluster: Cluster, group: IngressGroup): readonly string[] {
  const named = namedScheme(group);
  const of = controllerOf(cluster);
  if (named === undefined || asksIn(group) !== undefined || named.scheme === of.scheme) return [];
  const { member, hostname, scheme } = named;
  const flag = flagOf(of, 'default-load-balancer-scheme', of.scheme);
  return [
    `The load balancer of Ingress ${member.key} (${showSource(member.ingress.source)}) is ${scheme}, as its name ${hostname} tells and nothing else does: ${CONTROLLER} must run, or have run, with another default than ${flag}`,
  ];
}

import type { Issue } from '../../base/index.ts';
import type { LoadBalancerSpec, Service } from '../../cluster/index.ts';
import { keyOf } from '../labels.ts';
import { Annotations } from './annotations.ts';
import type { Ordered } from './service-nlb.ts';

/** What is made of one Service. */
export interface Made {
  readonly service: Service;
  readonly ordered: Ordered;
}

/** Load balancers the input describes: it cannot mean two of one name. */
export function sameNameGiven(given: readonly LoadBalancerSpec[]): readonly Issue[] {
  const seen = new Set<string>();
  return given
    .filter(({ id }) => seen.size === seen.add(id).size)
    .map(({ id, source }) => {
      const message = `Two load balancers are called "${id}"`;
      return { code: 'duplicate', severity: 'error', at: source, message, expected: 'a name for each' };
    });
}

/**
 * A name is one load balancer's (ELBv2 API, CreateLoadBalancer: DuplicateLoadBalancerName): the one that is described, or that
 * of whichever Service came first, which nobody tells.
 */
export function unlessSameName(
  made: readonly Made[],
  given: readonly LoadBalancerSpec[],
  issues: Issue[],
): readonly Ordered[] {
  const wanted = new Map<string, number>();
  for (const id of [...given, ...made.map(({ ordered }) => ordered.loadBalancer)].map((each) => each.id))
    wanted.set(id, (wanted.get(id) ?? 0) + 1);
  return made.flatMap(({ service, ordered }) => {
    const { id } = ordered.loadBalancer;
    if (wanted.get(id) === 1) return [ordered];
    issues.push({
      code: 'duplicate',
      severity: 'warning',
      at: new Annotations(service, []).place('name'),
      message: `The load balancer of Service "${keyOf(service)}" is to be called "${id}", as another is`,
      expected: 'expected a name for each: of its load balancer nothing is known',
    });
    return [];
  });
}

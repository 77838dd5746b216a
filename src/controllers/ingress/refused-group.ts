import type { Issue } from '../../base/index.ts';
import type { IngressGroup, Member } from './groups.ts';
import { type Alb, UNSEEN_SUBNETS } from './load-balancer.ts';

/**
 * What the controller makes nothing of: it reports an event, and leaves the load balancer of the
 * whole group as it is or unmade (ingress_controller.go buildAndDeployModel). Clusters live with such Ingresses.
 */
const REFUSED: ReadonlySet<string> = new Set([
  'refused-annotation',
  'wrong-annotation',
  'ingress-group-conflict',
  'wildcard-in-path',
  'mixed-conditions',
  'too-many-conditions',
  'no-https-listener',
  'no-node-port',
  'no-such-port',
  'controller-refuses',
  'no-such-health-port',
  'wrong-authentication',
  'load-balancer-family',
  'load-balancer-subnets',
  'no-such-service',
  'no-such-action',
  'backend-without-service',
]);

/** No refusal: what the controller makes of a group is not followed. */
export const NOT_FOLLOWED = 'controller-not-followed';

const HELD: ReadonlySet<string> = new Set([...REFUSED, UNSEEN_SUBNETS, NOT_FOLLOWED]);
const isHeld = (code: string): boolean => HELD.has(code);

/** What is missed where the scheme or the families are nobody's: the controller never comes to look for it. */
const ECHOES: ReadonlySet<string> = new Set(['load-balancer-subnets', UNSEEN_SUBNETS, 'load-balancer-family']);

/** The problems of one group, those the controller refuses it for as warnings. */
export function asWarnings(issues: readonly Issue[]): readonly Issue[] {
  const isRefused = issues.some(({ code }) => code === 'refused-annotation');
  return issues
    .filter(({ code }) => !isRefused || !ECHOES.has(code))
    .map((issue) => (isHeld(issue.code) ? { ...issue, severity: 'warning' } : issue));
}

/** The load balancer of a group: as it would be built, or as one of which nothing is known but whom it is for. */
export function builtUnlessRefused(
  { loadBalancer, targetGroups }: Alb,
  { members }: IngressGroup,
  issues: readonly Issue[],
): Alb {
  const refusal = issues.find(({ code }) => REFUSED.has(code));
  const reason = refusal ?? issues.find(({ code }) => isHeld(code));
  if (reason === undefined) return { loadBalancer, targetGroups };
  const what =
    refusal === undefined
      ? reason.message
      : `the controller refuses this group of Ingresses and leaves its load balancer as it was, if there is one: ${refusal.message}`;
  const { guard: _, ...rest } = loadBalancer;
  const listeners = loadBalancer.listeners.map((listener) => ({
    ...listener,
    rules: [{ priority: 'default', conditions: [], action: { kind: 'unmodelled', what } } as const],
  }));
  return {
    loadBalancer: {
      ...rest,
      securityGroups: [],
      listeners,
      unmodelled: what,
      unbuilt: true,
      unbuiltFor: [...new Set([...members.flatMap(namedBy), ...targetGroups.flatMap(filledBy)])],
    },
    targetGroups: [],
  };
}

/** Services an Ingress names as backends; those its actions name are in target groups. */
function namedBy({ ingress: { metadata, spec } }: Member): readonly string[] {
  const backends = [spec.defaultBackend, ...spec.rules.flatMap(({ paths }) => paths.map(({ backend }) => backend))];
  return backends.flatMap((backend) =>
    backend?.service === undefined ? [] : [`${metadata.namespace}/${backend.service.name}`],
  );
}

const filledBy = ({ serviceRef }: Alb['targetGroups'][number]): readonly string[] =>
  serviceRef === undefined ? [] : [serviceRef.name];

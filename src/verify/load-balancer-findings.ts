import type { Finding, RoundTrip, Step } from '../trace/index.ts';

const MAX_LISTED = 5;

/** Targets a load balancer on the way does not use, or uses although they are down, each with what its health check met. */
export function loadBalancerFindings(trips: readonly RoundTrip[]): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const { forward } of trips)
    for (const { where, steps } of forward.hops)
      for (const step of steps) {
        const finding = where.kind === 'load-balancer' ? ofStep(where.name, step) : undefined;
        if (finding !== undefined && !found.has(finding.message)) found.set(finding.message, finding);
      }
  return [...found.values()];
}

function ofStep(loadBalancer: string, step: Step): Finding | undefined {
  if (step.kind !== 'fabric' || step.unhealthy === undefined) return undefined;
  const { unhealthy, failsOpen } = step;
  const list = listed(unhealthy);
  return failsOpen === true
    ? {
        code: 'no-healthy-target',
        severity: 'error',
        message: `No target of load balancer ${loadBalancer} is healthy, so it uses them all: ${list}`,
        fix: 'let the health check through and answer it: its port, protocol and path, and what stands between the load balancer and the target',
      }
    : {
        code: 'targets-out',
        severity: 'info',
        message: `Load balancer ${loadBalancer} leaves out ${unhealthy.length} of its targets: ${list}`,
        fix: 'none is due where the check is meant to fail (externalTrafficPolicy Local on a node without a ready pod)',
      };
}

/** One text a reason: the targets it holds for, and what it is. */
function listed(unhealthy: readonly { readonly target: string; readonly because: string }[]): string {
  const targets = new Map<string, string[]>();
  for (const { target, because } of unhealthy) targets.set(because, [...(targets.get(because) ?? []), target]);
  return [...targets]
    .slice(0, MAX_LISTED)
    .map(([because, of]) => {
      const more = of.length > MAX_LISTED ? ` and ${of.length - MAX_LISTED} more` : '';
      return `${of.slice(0, MAX_LISTED).join(', ')}${more} (${because})`;
    })
    .join('; ');
}

import { fewOf } from '../base/index.ts';
import type { Finding, RoundTrip, Step, Stickiness } from '../trace/index.ts';

const MAX_LISTED = 5;

/** Targets a load balancer on the way does not use, or uses although they are down, each with what its health check met; choices a client keeps. */
export function loadBalancerFindings(trips: readonly RoundTrip[]): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const { forward } of trips)
    for (const { where, steps } of forward.hops)
      for (const step of steps) {
        const findings = where.kind === 'load-balancer' ? ofStep(where.name, step) : [];
        for (const finding of findings) if (!found.has(finding.message)) found.set(finding.message, finding);
      }
  return [...found.values()];
}

function ofStep(loadBalancer: string, step: Step): readonly Finding[] {
  if (step.kind !== 'fabric') return [];
  const { unhealthy, failsOpen, sticky = [] } = step;
  return [
    ...(unhealthy === undefined ? [] : [healthFinding(loadBalancer, unhealthy, failsOpen)]),
    ...sticky.map(stickyFinding),
  ];
}

function stickyFinding({ keeps, targetGroup, cookie, targetSets, seconds }: Stickiness): Finding {
  const what = keeps === 'target' ? `target of ${targetGroup ?? ''}` : 'target group';
  const once = targetSets === undefined ? '' : `, once a target has set ${targetSets}`;
  return {
    code: 'sticky-session',
    severity: 'info',
    message: `A client that sends the cookie ${cookie} back stays for ${seconds} s with the ${what} that its first request got${once}: the odds here are of a request without it`,
    fix:
      keeps === 'target'
        ? 'none is due where the target remembers its clients; else turn it off (target-group-attributes: stickiness.enabled=false)'
        : 'none is due where a client is to keep its version; else turn it off (forwardConfig.targetGroupStickinessConfig.enabled)',
  };
}

function healthFinding(
  loadBalancer: string,
  unhealthy: NonNullable<Extract<Step, { kind: 'fabric' }>['unhealthy']>,
  failsOpen: boolean | undefined,
): Finding {
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
    .map(([because, of]) => `${fewOf(of, MAX_LISTED)} (${because})`)
    .join('; ');
}

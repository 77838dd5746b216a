import type { PolicyCause } from '../trace/index.ts';

/** What to do where no NetworkPolicy lets a packet through: which rule is missing, as the policy agent reads rules. */
export function policyAdvice(cause: PolicyCause): string {
  const { direction, state, of, service, entry, peer } = cause;
  const whose = of === undefined ? '' : ` (${of})`;
  if (state === 'DEFAULT_DENY')
    return `let a NetworkPolicy that selects it allow this${whose}: NETWORK_POLICY_ENFORCING_MODE=strict lets nothing through, not the node either, until one selects the pod`;
  const asked = cause.port === undefined ? String(cause.protocol) : `${String(cause.protocol)} ${cause.port}`;
  if (direction === 'egress' && service !== undefined)
    return `allow egress to Service ${service}${whose}: it is judged by its own address and port, ${peer} ${asked}, before translation. A podSelector covers it where it matches the Service's selector, with the targetPort in ports; an ipBlock ${peer} with the Service's port does too`;
  const less = entry === undefined ? '' : `: ${entry} may do other things only`;
  const ports = cause.port === undefined ? ', in a rule without ports, the only kind that covers it' : '';
  return `allow ${direction} ${direction === 'ingress' ? 'from' : 'to'} ${peer}, ${asked}${ports}, in a NetworkPolicy that selects the pod${whose}${less}`;
}

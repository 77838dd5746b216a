/** What ELBv2 has where nobody says (NLB and ALB guides, target group health): one healthy target, and no share of them. */
const DEFAULTS: ReadonlySet<string> = new Set(['1', 'off']);
const THRESHOLD = /^target_group_health\.(?:dns_failover|unhealthy_state_routing)\.minimum_healthy_targets\./;

/** Attributes that move when a zone leaves DNS, or when all targets are routed to: they are not followed. */
export const movedThresholds = (attributes: ReadonlyMap<string, string>): readonly string[] =>
  [...attributes].flatMap(([key, value]) => (THRESHOLD.test(key) && !DEFAULTS.has(value) ? [`${key}=${value}`] : []));

export const NOT_FOLLOWED =
  'thresholds of health at their defaults: one healthy target is taken to be enough for a zone';

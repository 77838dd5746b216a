import type { GroupRuleSpec } from '../../cluster/index.ts';

/**
 * Rules as they end up in one group. What one group needs from another over one protocol is a single range from the lowest
 * port to the highest, those between included; blocks keep a rule for each port (aws-load-balancer-controller
 * pkg/networking/networking_manager.go, computeRestrictedIngressPermissionsPerSG).
 */
export function mergeRanges(rules: readonly GroupRuleSpec[]): readonly GroupRuleSpec[] {
  const merged = new Map<string, GroupRuleSpec>();
  for (const rule of rules) {
    const key = keyOf(rule);
    const known = merged.get(key);
    if (known === undefined) merged.set(key, rule);
    else if (known.ports !== undefined && rule.ports !== undefined) {
      const from = Math.min(known.ports.from, rule.ports.from);
      const to = Math.max(known.ports.to, rule.ports.to);
      merged.set(key, { ...known, ports: { from, to } });
    }
  }
  return [...merged.values()];
}

const keyOf = ({ protocol, peer, ports, icmp }: GroupRuleSpec): string =>
  peer.kind === 'security-group' && ports !== undefined
    ? `${protocol} ${peer.id}`
    : `${protocol} ${peer.kind === 'cidr' ? peer.cidr.text : peer.id} ${ports?.from}-${ports?.to} ${icmp?.type}/${icmp?.code}`;

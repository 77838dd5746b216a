import type { Cause } from '../trace/index.ts';

/** Felix writes chains of these names and restores them (projectcalico/calico felix/rules/rule_defs.go, felix/iptables/table.go). */
export function felixAdvice({ table, chain, verdict }: Extract<Cause, { kind: 'rule' }>): string | undefined {
  if (!chain.startsWith('cali-')) return undefined;
  const put = `Calico's Felix keeps ${table} ${chain} and puts back what is removed from it`;
  if (chain.startsWith('cali-tw-')) return `${put}: let a policy that selects the pod allow this ingress`;
  if (chain.startsWith('cali-fw-')) return `${put}: let a policy that selects the pod allow this egress`;
  return `${put}: change the policy, host endpoint or setting that makes the rule ${verdict} this`;
}

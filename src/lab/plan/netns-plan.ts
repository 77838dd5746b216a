import type { NetnsId } from '../../linux/index.ts';
import type { PlanStep } from './types.ts';

/** What one namespace needs, before and after its devices exist. Everything in it is of this namespace alone. */
export interface NetnsPlan {
  readonly name: string;
  readonly id: NetnsId | undefined;
  readonly label: string;
  /** Before any device but `lo`: later devices copy `default`. */
  readonly before: readonly (readonly [string, string])[];
  /** `netns set` lines: how it numbers the others, before a device makes the kernel choose. */
  readonly numbers: readonly string[];
  /** Once all devices exist: raises those that could not be raised when made. */
  readonly raise: readonly string[];
  /** `ip -4 -batch` and `ip -6 -batch`. */
  readonly ip4: readonly string[];
  readonly ip6: readonly string[];
  /** Where a device differs from the `default` it copied. */
  readonly after: readonly (readonly [string, string])[];
  /** Text of `ipset restore`. */
  readonly sets: string;
  readonly netfilter: readonly NetfilterText[];
  /** Lines of `conntrack -R`, once the rules that translate are there. */
  readonly connections: readonly string[];
  readonly etc: readonly { readonly name: 'resolv.conf' | 'hosts'; readonly text: string; readonly pod?: string }[];
  readonly hostPods: readonly string[];
}

/** A text of `iptables-restore` or `nft -f`, in this namespace. */
export type NetfilterText =
  | { readonly kind: 'iptables'; readonly family: 4 | 6; readonly flavour: 'nft' | 'legacy'; readonly text: string }
  | { readonly kind: 'nft'; readonly text: string; readonly observes: boolean };

/** The steps that follow once the devices are there and up. */
export function configureSteps(plan: NetnsPlan): readonly PlanStep[] {
  const netns = plan.name;
  return [
    ...batch(netns, 4, plan.ip4),
    ...batch(netns, 6, plan.ip6),
    ...sysctls(netns, plan.after),
    ...(plan.sets === '' ? [] : [{ kind: 'ipset', netns, text: plan.sets } as const]),
    ...plan.netfilter.map(
      (text): PlanStep =>
        text.kind === 'nft'
          ? { kind: 'nft', netns, text: text.text, observes: text.observes }
          : { kind: 'iptables-restore', netns, family: text.family, flavour: text.flavour, text: text.text },
    ),
    ...(plan.connections.length === 0 ? [] : [{ kind: 'conntrack', netns, lines: plan.connections } as const]),
    ...plan.etc.map((file): PlanStep => ({ kind: 'etc-file', netns, ...file })),
  ];
}

export const batch = (netns: string | undefined, family: 4 | 6, lines: readonly string[]): readonly PlanStep[] =>
  lines.length === 0 ? [] : [{ kind: 'ip-batch', netns, family, lines }];

export const sysctls = (netns: string, values: readonly (readonly [string, string])[]): readonly PlanStep[] =>
  values.length === 0 ? [] : [{ kind: 'sysctl', netns, values }];

import type { LabPlan, PlanStep } from '../types.ts';

/** What a plan makes of one namespace, by kind. */
export interface NetnsView {
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
  readonly numbers: readonly string[];
  readonly ip: Readonly<Record<4 | 6, readonly string[]>>;
  /** `iptables 4` and the like -> the step. */
  readonly rules: ReadonlyMap<string, PlanStep & { readonly kind: 'iptables-restore' }>;
  /** Text of `ipset restore`. */
  readonly sets: string;
  readonly nft: readonly (PlanStep & { readonly kind: 'nft' })[];
  readonly connections: readonly string[];
  readonly etc: readonly (PlanStep & { readonly kind: 'etc-file' })[];
}

/** One veth pair of a plan, and the line that makes it. */
export interface CableView {
  readonly line: string;
  readonly ends: readonly [CableViewEnd, CableViewEnd];
}
export interface CableViewEnd {
  readonly netns: string;
  readonly dev: string;
  /** Absent: the kernel's choice. */
  readonly ifindex?: number;
}

export function viewNetns(plan: LabPlan, netns: string): NetnsView {
  const ofPhase = (title: string): readonly PlanStep[] =>
    phaseOf(plan, title).filter((step) => step.kind !== 'netns-add' && step.netns === netns);
  const [settings, artefacts] = [ofPhase('settings'), ofPhase('artefacts')];
  const values = (steps: readonly PlanStep[]): ReadonlyMap<string, string> =>
    new Map(steps.flatMap((step) => (step.kind === 'sysctl' ? step.values : [])));
  const lines = (steps: readonly PlanStep[], family: 4 | 6): readonly string[] =>
    steps.flatMap((step) => (step.kind === 'ip-batch' && step.family === family ? step.lines : []));
  const rules = artefacts.flatMap((step) => (step.kind === 'iptables-restore' ? [step] : []));
  return {
    before: values(settings),
    after: values(artefacts),
    numbers: lines(settings, 4),
    ip: { 4: lines(artefacts, 4), 6: lines(artefacts, 6) },
    rules: new Map(rules.map((step) => [`${step.flavour} ${step.family}`, step])),
    sets: artefacts.flatMap((step) => (step.kind === 'ipset' ? [step.text] : [])).join(''),
    nft: artefacts.flatMap((step) => (step.kind === 'nft' ? [step] : [])),
    connections: artefacts.flatMap((step) => (step.kind === 'conntrack' ? step.lines : [])),
    etc: artefacts.flatMap((step) => (step.kind === 'etc-file' ? [step] : [])),
  };
}

export function viewCables(plan: LabPlan): readonly CableView[] {
  const steps = plan.phases.flatMap((phase) => phase.steps);
  const lines = steps.flatMap((step) => (step.kind === 'ip-batch' && step.netns === undefined ? step.lines : []));
  return lines.flatMap((line) => {
    const ends = [...line.matchAll(/\bname (\S+) (?:index (\d+) )?.*?\bnetns (\S+)/g)].map(
      ([, dev = '', index, netns = '']): CableViewEnd => ({
        ...{ dev, netns },
        ...(index === undefined ? {} : { ifindex: Number(index) }),
      }),
    );
    const [a, b] = ends;
    return a === undefined || b === undefined ? [] : [{ line, ends: [a, b] as const }];
  });
}

/** Devices to raise, by namespace. */
export const raiseLines = (plan: LabPlan, netns: string): readonly string[] =>
  phaseOf(plan, 'links').flatMap((step) => (step.kind === 'ip-batch' && step.netns === netns ? step.lines : []));

export const phaseOf = (plan: LabPlan, title: string): readonly PlanStep[] =>
  plan.phases.find((phase) => phase.title === title)?.steps ?? [];

/** By which numbers each namespace knows the others. */
export const numbersOf = (plan: LabPlan): ReadonlyMap<string, ReadonlyMap<string, number>> =>
  new Map(
    phaseOf(plan, 'settings').flatMap((step) => (step.kind === 'ip-batch' ? [[step.netns ?? '', numbered(step)]] : [])),
  );

const numbered = ({ lines }: PlanStep & { readonly kind: 'ip-batch' }): ReadonlyMap<string, number> =>
  new Map(lines.map((line) => [numberedBy(line), Number(line.split(' ')[3])]));

/** Whom a line `netns set OTHER NUMBER` is about. */
export const numberedBy = (line: string): string => line.split(' ')[2] ?? '';

import type { LabPlan, PlanStep } from '../types.ts';
import { changeNetns } from './change-netns.ts';
import { type CableView, phaseOf, raiseLines, viewCables, viewNetns } from './netns-view.ts';

/**
 * A plan for what is different between two: run in a lab that holds `old`, it makes it hold `next`. What both have is not
 * touched: devices stay up, and connections go on.
 */
export function changePlan(old: LabPlan, next: LabPlan): LabPlan {
  const was = new Map(old.namespaces.map((each) => [each.name, each.label]));
  const is = new Map(next.namespaces.map((each) => [each.name, each.label]));
  const stays = (name: string): boolean => is.get(name) !== undefined && was.get(name) === is.get(name);
  const removed = [...was.keys()].filter((name) => !stays(name));
  const added = [...is.keys()].filter((name) => !stays(name));
  const wires = changeCables(viewCables(old), viewCables(next), stays);
  const fresh = new Set(added);
  const only = (steps: readonly PlanStep[]): readonly PlanStep[] =>
    steps.filter((step) => step.kind !== 'netns-add' && fresh.has(step.netns ?? ''));
  const kept = [...is.keys()].filter(stays);
  const views = kept.map((name) => ({ name, old: viewNetns(old, name), next: viewNetns(next, name) }));
  const deletions = removed.map((name) => `netns del ${name}`);
  return {
    namespaces: next.namespaces,
    gaps: next.gaps,
    wires: next.wires,
    phases: [
      { title: 'what goes', steps: wires.deleted },
      {
        title: 'namespaces',
        steps: [
          ...batchOf(undefined, deletions),
          ...(added.length === 0 ? [] : [{ kind: 'netns-add', names: added } as const]),
        ],
      },
      {
        title: 'settings',
        steps: [
          ...only(phaseOf(next, 'settings')),
          ...views.flatMap((view) =>
            batchOf(
              view.name,
              view.next.numbers.filter((line) => !view.old.numbers.includes(line)),
            ),
          ),
        ],
      },
      {
        title: 'wires',
        steps: batchOf(
          undefined,
          wires.added.map((cable) => cable.line),
        ),
      },
      {
        title: 'links',
        steps: [
          ...only(phaseOf(next, 'links')),
          ...kept.flatMap((name) =>
            batchOf(
              name,
              raiseLines(next, name).filter((line) => wires.renewed(name).has(line.split(' ')[2] ?? '')),
            ),
          ),
        ],
      },
      {
        title: 'artefacts',
        steps: [
          ...only(phaseOf(next, 'artefacts')),
          ...views.flatMap((view) =>
            changeNetns(view.name, view.old, view.next, {
              renewed: wires.renewed(view.name),
              kept: wires.kept(view.name),
            }),
          ),
        ],
      },
    ],
  };
}

const batchOf = (netns: string | undefined, lines: readonly string[]): readonly PlanStep[] =>
  lines.length === 0 ? [] : [{ kind: 'ip-batch', netns, family: 4, lines }];

/** Veth pairs that go, come and stay. One that loses a namespace is deleted by its other end: nobody waits for the kernel. */
function changeCables(old: readonly CableView[], next: readonly CableView[], stays: (netns: string) => boolean) {
  const lasting = (cable: CableView): boolean => cable.ends.every((end) => stays(end.netns));
  const before = new Set(old.filter(lasting).map((cable) => cable.line));
  const after = new Set(next.map((cable) => cable.line));
  const gone = old.filter((cable) => !lasting(cable) || !after.has(cable.line));
  const added = next.filter((cable) => !before.has(cable.line));
  const devicesOf = (cables: readonly CableView[], netns: string): ReadonlySet<string> =>
    new Set(cables.flatMap((cable) => cable.ends.filter((end) => end.netns === netns).map((end) => end.dev)));
  return {
    added,
    deleted: gone.flatMap(({ ends }) => {
      const end = ends.find((each) => stays(each.netns));
      return end === undefined ? [] : batchOf(end.netns, [`link del ${end.dev}`]);
    }),
    /** Devices whose lines did not outlive the change, or have yet to be done. */
    renewed: (netns: string): ReadonlySet<string> => devicesOf([...added, ...gone], netns),
    kept: (netns: string): ReadonlySet<string> =>
      devicesOf(
        next.filter((cable) => before.has(cable.line)),
        netns,
      ),
  };
}

/** Namespaces of the World that a change touches: the ones to be looked at afterwards. */
export const touched = (change: LabPlan): ReadonlySet<string> =>
  new Set(
    change.phases.flatMap(({ steps }) =>
      steps.flatMap((step) => (step.kind === 'netns-add' ? step.names : step.netns === undefined ? [] : [step.netns])),
    ),
  );

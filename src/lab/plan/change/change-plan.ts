import { isUncopied, settingRank } from '../host/sysctls.ts';
import type { LabPlan, PlanStep } from '../types.ts';
import { changeNetns, changeSettings } from './change-netns.ts';
import { keepsSets } from './change-sets.ts';
import {
  type CableView,
  type NetnsView,
  numberedBy,
  phaseOf,
  raiseLines,
  viewCables,
  viewNetns,
} from './netns-view.ts';
import { partedNetns } from './parted-netns.ts';

/**
 * A plan for what is different between two: run in a lab that holds `old`, it makes it hold `next`. What both have is not
 * touched: devices stay up, and connections go on. A setting that `next` does not speak of any more gets the value it has in a
 * namespace nobody touched, as `untouched` knows it; where that is not known the namespace is made anew. Numbers of devices and
 * namespaces are to be those of `old` (`keepNumbers`).
 */
export function changePlan(
  old: LabPlan,
  next: LabPlan,
  untouched: (setting: string) => string | undefined = () => undefined,
): LabPlan {
  const was = new Map(old.namespaces.map((each) => [each.name, each.label]));
  const is = new Map(next.namespaces.map((each) => [each.name, each.label]));
  const [had, has] = [settingsOf(old), settingsOf(next)];
  const forgotten = (name: string): readonly string[] =>
    [...(had.get(name) ?? [])].filter((key) => has.get(name)?.has(key) !== true);
  const [hadOwn, hasOwn] = [settingsOf(old, 'artefacts'), settingsOf(next, 'artefacts')];
  const [hadSets, hasSets] = [setsByNetns(old), setsByNetns(next)];
  const forgetsOwn = (name: string): boolean =>
    [...(hadOwn.get(name) ?? [])].some((key) => isUncopied(key) && hasOwn.get(name)?.has(key) !== true);
  const forgets = (name: string): boolean =>
    forgotten(name).some((key) => untouched(key) === undefined) ||
    forgetsOwn(name) ||
    (hadSets.get(name) !== hasSets.get(name) && !keepsSets(viewNetns(old, name), viewNetns(next, name)));
  const viewNext = (name: string): NetnsView => withSettings(viewNetns(next, name), forgotten(name), untouched);
  const same = new Set([...is.keys()].filter((name) => was.get(name) === is.get(name) && !forgets(name)));
  const parted = partedNetns(old, next, same);
  const stays = (name: string): boolean => same.has(name) && !parted.has(name);
  const removed = [...was.keys()].filter((name) => !stays(name));
  const added = [...is.keys()].filter((name) => !stays(name));
  const kept = [...is.keys()].filter(stays);
  const soles = soleOthers(next, new Set(added.filter((name) => was.has(name))));
  const wires = changeCables(viewCables(old), viewCables(next), stays);
  const fresh = freshSteps(next, new Set(added));
  const views = kept.map((name) => ({ name, old: viewNetns(old, name), next: viewNext(name) }));
  return {
    namespaces: next.namespaces,
    hostPods: next.hostPods,
    gaps: next.gaps,
    wires: next.wires,
    phases: [
      { title: 'what goes', steps: wires.deleted },
      { title: 'namespaces', steps: [...deleteNetns(removed), ...addNetns(added)] },
      {
        title: 'settings',
        steps: [...fresh('settings'), ...views.flatMap((view) => prepare(view, new Set(added), soles.get(view.name)))],
      },
      { title: 'wires', steps: batchOf(undefined, linesOf(wires.added)) },
      { title: 'links', steps: [...fresh('links'), ...kept.flatMap((name) => raise(next, name, wires.renewed(name)))] },
      {
        title: 'artefacts',
        steps: [
          ...fresh('artefacts'),
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

/** Names of what each namespace sets: before it has devices, or (`artefacts`) of these. */
function settingsOf(plan: LabPlan, phase = 'settings'): ReadonlyMap<string, ReadonlySet<string>> {
  const settings = new Map<string, Set<string>>();
  for (const step of phaseOf(plan, phase)) {
    if (step.kind !== 'sysctl') continue;
    const names = settings.get(step.netns) ?? new Set();
    for (const [name] of step.values) names.add(name);
    settings.set(step.netns, names);
  }
  return settings;
}

const setsByNetns = (plan: LabPlan): ReadonlyMap<string, string> =>
  new Map(phaseOf(plan, 'artefacts').flatMap((step) => (step.kind === 'ipset' ? [[step.netns, step.text]] : [])));

/** In the order settings are written: some overwrite others. */
function withSettings(
  view: NetnsView,
  names: readonly string[],
  untouched: (setting: string) => string | undefined,
): NetnsView {
  if (names.length === 0) return view;
  const again = names.flatMap((name) => [[name, untouched(name) ?? ''] as const]);
  const before = [...again, ...view.before].sort(([a], [b]) => settingRank(a) - settingRank(b));
  return { ...view, before: new Map(before) };
}

/** A phase's steps, whole, of the namespaces that are new. */
const freshSteps =
  (next: LabPlan, added: ReadonlySet<string>) =>
  (title: string): readonly PlanStep[] =>
    phaseOf(next, title).filter((step) => step.kind !== 'netns-add' && added.has(step.netns ?? ''));

const deleteNetns = (names: readonly string[]): readonly PlanStep[] =>
  batchOf(
    undefined,
    names.map((name) => `netns del ${name}`),
  );

const addNetns = (names: readonly string[]): readonly PlanStep[] =>
  names.length === 0 ? [] : [{ kind: 'netns-add', names }];

/**
 * Settings, and numbers for namespaces that have none here: a new one is not known by the number of the one whose name it
 * has, which is free once that one is gone for good (net/core/net_namespace.c cleanup_net).
 */
function prepare(
  { name, old, next }: { readonly name: string; readonly old: NetnsView; readonly next: NetnsView },
  added: ReadonlySet<string>,
  sole: string | undefined,
): readonly PlanStep[] {
  const had = new Set(old.numbers);
  const own = next.numbers.filter((line) => !had.has(line) || added.has(numberedBy(line)));
  const numbers = sole === undefined || next.numbers.length > 0 ? own : [`netns set ${sole} 0`];
  return [
    ...changeSettings(name, old, next),
    ...numbers.map((line) => ({ kind: 'ip-batch', netns: name, family: 4, lines: [line], awaits: true }) as const),
  ];
}

/**
 * The only other each namespace is connected to, where that is made anew: by number 0, which the kernel gives by itself, unless
 * the old one has it still.
 */
function soleOthers(plan: LabPlan, remade: ReadonlySet<string>): ReadonlyMap<string, string> {
  const others = new Map<string, Set<string>>();
  if (remade.size === 0) return new Map();
  for (const { ends } of viewCables(plan))
    for (const [{ netns }, other] of [ends, [ends[1], ends[0]]] as const)
      others.set(netns, (others.get(netns) ?? new Set()).add(other.netns));
  return new Map(
    [...others].flatMap(([netns, [only, more]]) =>
      only !== undefined && more === undefined && remade.has(only) ? [[netns, only] as const] : [],
    ),
  );
}

const linesOf = (cables: readonly CableView[]): readonly string[] => cables.map((cable) => cable.line);

/** Sets up the devices that are new in a namespace that stays. */
const raise = (next: LabPlan, name: string, renewed: ReadonlySet<string>): readonly PlanStep[] =>
  batchOf(
    name,
    raiseLines(next, name).filter((line) => renewed.has(line.split(' ')[3] ?? '')),
  );

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

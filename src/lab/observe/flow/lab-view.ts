import { closeSync, openSync } from 'node:fs';
import type { Place, PlaceKind } from '../../../trace/index.ts';
import { folderOf, placeOf } from '../../../world/index.ts';
import type { LabPlan, PlanGap, PlannedNetns } from '../../plan/index.ts';
import { Observer, type Watched } from '../observer.ts';
import type { Wiring } from '../traces.ts';

/** A lab to observe: which namespaces it has, and where this process finds them. */
export interface ObservedLab {
  readonly plan: LabPlan;
  netnsPath(name: string): string;
}

/** A lab under observation: every namespace of it. */
export interface LabView {
  readonly observer: Observer;
  readonly wiring: Wiring;
  /** A namespace by the World's id, or by what it stands for. */
  at(label: string): Watched | undefined;
  planned(watched: Watched): PlannedNetns | undefined;
  /** What the lab cannot hold of its World. */
  readonly gaps: readonly PlanGap[];
  /** Nothing of the observation is left in the lab. */
  close(): void;
}

/** Starts to observe every namespace of a lab. */
export function viewLab({ plan, netnsPath }: ObservedLab): LabView {
  const observer = new Observer();
  const byName = new Map<string, Watched>();
  const planned = new Map<Watched, PlannedNetns>();
  const close = (): void => {
    for (const watched of observer.watched) {
      observer.withdraw(watched);
      closeSync(watched.fd);
    }
    observer.close();
  };
  try {
    for (const each of plan.namespaces) {
      const folder = each.id === undefined ? `fabric/${each.label}` : folderOf(each.id);
      const place = each.id === undefined ? fabricPlace(each.label) : placeOf(each.id);
      const watched = observer.watch(folder, place, openSync(netnsPath(each.name), 'r'));
      byName.set(each.name, watched);
      planned.set(watched, each);
    }
  } catch (error) {
    close();
    throw error;
  }
  observer.drain();
  const byLabel = new Map([...planned].map(([watched, { label }]) => [label, watched]));
  return {
    observer,
    wiring: wiringOf(plan, byName, planned),
    at: (label) => byLabel.get(label),
    planned: (watched) => planned.get(watched),
    gaps: plan.gaps,
    close,
  };
}

function wiringOf(
  { wires }: LabPlan,
  byName: ReadonlyMap<string, Watched>,
  planned: ReadonlyMap<Watched, PlannedNetns>,
): Wiring {
  const ends = new Map(
    wires.flatMap(({ a, b }) => [[`${a.netns} ${a.dev}`, b] as const, [`${b.netns} ${b.dev}`, a] as const]),
  );
  return (at, dev) => {
    const end = ends.get(`${planned.get(at)?.name} ${dev}`);
    const far = end === undefined ? undefined : byName.get(end.netns);
    return end === undefined || far === undefined ? undefined : { at: far, dev: end.dev };
  };
}

/** What stands for a part of the fabric, in a trace's words. */
const FABRIC: Readonly<Record<string, PlaceKind>> = {
  vpc: 'vpc',
  resolver: 'vpc',
  'nat-gateway': 'nat-gateway',
  'internet-gateway': 'internet-gateway',
  'egress-only-internet-gateway': 'internet-gateway',
  'control-plane': 'control-plane',
  'public-endpoint': 'control-plane',
  'vpc-endpoint': 'vpc-endpoint',
  'transit-gateway': 'transit-gateway',
  'vpn-gateway': 'vpn-gateway',
  'on-premises': 'on-premises',
  'on-premises-lan': 'on-premises',
  lb: 'load-balancer',
};

function fabricPlace(label: string): Place {
  const slash = label.indexOf('/');
  const kind = slash < 0 ? label : label.slice(0, slash);
  const name = slash < 0 ? '' : label.slice(slash + 1);
  // A load balancer is one place, whichever of its nodes has the packet.
  return { kind: FABRIC[kind] ?? 'internet', name: kind === 'lb' ? (name.split('@')[0] ?? name) : name };
}

/** The World describes it artefact by artefact; other namespaces are what the fabric was lowered to. */
export const isWorlds = ({ name }: Watched): boolean => !name.startsWith('fabric/');

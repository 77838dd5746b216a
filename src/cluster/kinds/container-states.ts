import type { Container, ContainerState, Pod } from '../objects.ts';
import { hasNoProcess } from '../pod-phase.ts';
import type { Fields } from '../read/fields.ts';

type States = Pick<Pod['status'], 'containers' | 'idle'>;

/** Of a pod that nobody says anything about: every container of it runs. */
const NOTHING: States = {};

/**
 * What the kubelet last said of a pod's containers (pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses): one that
 * waits or has terminated has no process; one that runs has, ready or not. An entry without a state says nothing. A pod that
 * is Pending with an address has its sandbox, and no container that was started (getPhase).
 */
export function containerStates(status: Fields, phase: Pod['status']['phase'], spec: readonly Container[]): States {
  const own = status.children('containerStatuses');
  const inits = status.children('initContainerStatuses');
  if (own.length === 0 && inits.length === 0)
    return phase === 'Pending' && (status.has('podIP') || status.has('podIPs')) && spec.length > 0
      ? { containers: spec.map(({ name }) => ({ name, is: 'waiting' })), idle: true }
      : NOTHING;
  const states = new Map<string, ContainerState>();
  for (const each of [...own, ...inits]) {
    const state = stateOf(each);
    if (state !== undefined) states.set(state.name, state);
  }
  const containers = spec.map(({ name }) => states.get(name)).filter((state) => state !== undefined);
  if (containers.length === 0) return NOTHING;
  const others = [...inits, ...status.children('ephemeralContainerStatuses')];
  const idle = containers.every(hasNoProcess) && containers.length === spec.length && !others.some(runs);
  return idle ? { containers, idle } : { containers };
}

/** Undefined: it runs and is ready, or nobody says. */
function stateOf(fields: Fields): ContainerState | undefined {
  const name = fields.string('name') ?? '';
  const state = fields.child('state');
  if (state === undefined) return undefined;
  if (state.has('running')) return fields.get('ready') === false ? { name, is: 'not-ready' } : undefined;
  for (const is of ['waiting', 'terminated'] as const) {
    const reason = state.child(is)?.string('reason');
    if (state.has(is)) return reason === undefined || reason === '' ? { name, is } : { name, is, reason };
  }
  return undefined;
}

const runs = (fields: Fields): boolean => fields.child('state')?.has('running') === true;

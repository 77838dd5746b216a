import type { ContainerState, Pod } from './objects.ts';

/** Succeeded and Failed pods hold no address and no place. */
export const isTerminal = (pod: Pod): boolean => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';

/**
 * An API server said it is Pending: it alone sets uids, and what the scheduler or a kubelet waits for. That status wins
 * over a place or an address we could find. With an address it has a namespace (its image may still be on the way).
 */
export const isPendingForReal = ({ status, metadata }: Pod): boolean =>
  status.phase === 'Pending' && status.podIPs.length === 0 && (metadata.uid !== undefined || status.why !== undefined);

/** No process of the container is up. */
export const hasNoProcess = ({ is }: ContainerState): boolean => is !== 'not-ready';

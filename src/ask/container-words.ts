import type { ContainerEntry } from '../world/index.ts';

/** `waits (ImagePullBackOff)`, `has terminated (Completed)`: in the kubelet's words. */
export function isHow({ is, reason }: Pick<ContainerEntry, 'is' | 'reason'>): string {
  const why = reason === undefined ? '' : ` (${reason})`;
  switch (is) {
    case 'waiting':
      return `waits${why}`;
    case 'terminated':
      return `has terminated${why}`;
    case 'not-ready':
      return 'is not ready';
  }
}

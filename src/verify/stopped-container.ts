import type { Cause, Place } from '../trace/index.ts';
import type { Directory, PodEntry } from '../world/index.ts';

type Stopped = NonNullable<Extract<Cause, { kind: 'closed-port' }>['stopped']>;

/** The container of a pod at this place that would listen on `tcp/8080`, and does not run. */
export function stoppedAt({ kind, name }: Place, socket: string, { pods }: Directory): Stopped | undefined {
  for (const pod of pods) {
    if (pod.containers === undefined || !isAt(pod, kind, name)) continue;
    const found = pod.containers.find(({ is, ports }) => is !== 'not-ready' && ports.includes(socket));
    if (found !== undefined)
      return { pod: `${pod.namespace}/${pod.name}`, container: found.name, why: found.reason ?? found.is };
  }
  return undefined;
}

const isAt = ({ hostNetwork, node, namespace, name }: PodEntry, kind: Place['kind'], at: string): boolean =>
  hostNetwork ? kind === 'node' && node === at : kind === 'pod' && at === `${namespace}/${name}`;

import type { NetnsId } from '../linux/index.ts';
import type { World } from './types.ts';

const indexes = new WeakMap<World, ReadonlyMap<string, number>>();

/**
 * The status of the answer to any GET at a port of a namespace, where the program there is known: kube-proxy's health
 * server of a Service, 200 with a ready endpoint on its own node and 503 without (pkg/proxy/healthcheck/service_health.go).
 */
export function httpStatusAt(world: World, netns: NetnsId, port: number): number | undefined {
  let index = indexes.get(world);
  if (index === undefined) {
    index = build(world);
    indexes.set(world, index);
  }
  return index.get(`${netns} ${port}`);
}

function build({ directory }: World): ReadonlyMap<string, number> {
  const statuses = new Map<string, number>();
  for (const { healthCheck } of directory.services) {
    if (healthCheck === undefined) continue;
    const ready = new Map(healthCheck.localEndpoints.map((each) => [each.node, each.ready]));
    for (const { name, netns } of directory.nodes)
      statuses.set(`${netns} ${healthCheck.nodePort}`, (ready.get(name) ?? 0) > 0 ? 200 : 503);
  }
  return statuses;
}

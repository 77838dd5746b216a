import { invariant } from '../../src/base/index.ts';
import type { Cluster } from '../../src/cluster/index.ts';
import { compileWorld } from '../../src/compile/compile-world.ts';
import { nodeNetns, podNetns } from '../../src/compile/node/names.ts';
import { type Netns, showRoutes } from '../../src/linux/index.ts';
import { articleNode, toolboxA } from './test-cluster.ts';

export const NODE = nodeNetns(articleNode.name);
export const TOOLBOX = podNetns('packetlab', toolboxA.metadata.name);

export function netns(cluster: Cluster, id: Netns['id']): Netns {
  const found = compileWorld(cluster).value.netns.get(id);
  invariant(found !== undefined, `${id} is compiled`);
  return found;
}

/** Lines of `ip route show table N`. */
export const table = (of: Netns, number: number): readonly string[] =>
  showRoutes(of.routes, number).trimEnd().split('\n');

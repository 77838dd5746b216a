import { didYouMean, type Issue, type SourceRef } from '../base/index.ts';
import type { NetnsId } from '../linux/index.ts';
import type { World } from '../world/index.ts';

/** The namespace a user calls `name`: a node's or server's name, or a full id such as `pod/packetlab/toolbox-a`. */
export function findNetns(world: World, name: string, at: SourceRef, issues: Issue[]): NetnsId | undefined {
  const { nodes, hosts } = world.directory;
  const entry = [...nodes, ...hosts].find((candidate) => candidate.name === name);
  const id =
    entry?.netns ?? [`node/${name}`, name].map((text) => text as NetnsId).find((text) => world.netns.has(text));
  if (id !== undefined && world.netns.has(id)) return id;
  const names = [...nodes, ...hosts].map((candidate) => candidate.name);
  issues.push({
    code: 'unknown-node',
    severity: 'error',
    rests: ['network', 'nodes', 'pods'],
    at,
    message: `No node "${name}" in this World`,
    ...didYouMean(name, names),
  });
  return undefined;
}

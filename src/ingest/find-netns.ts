import { didYouMean, fewOf, type Issue, type SourceRef } from '../base/index.ts';
import type { NetnsId } from '../linux/index.ts';
import type { World } from '../world/index.ts';

/**
 * The namespace a user calls `name`: a node's or server's name, a node's first label where one node alone has it (what
 * `hostname -s` prints), or a full id such as `pod/packetlab/toolbox-a`.
 */
export function findNetns(world: World, name: string, at: SourceRef, issues: Issue[]): NetnsId | undefined {
  const { nodes, hosts } = world.directory;
  const short = nodes.filter((candidate) => candidate.name.startsWith(`${name}.`));
  const entry =
    [...nodes, ...hosts].find((candidate) => candidate.name === name) ?? (short.length === 1 ? short[0] : undefined);
  const id =
    entry?.netns ?? [`node/${name}`, name].map((text) => text as NetnsId).find((text) => world.netns.has(text));
  if (id !== undefined && world.netns.has(id)) return id;
  issues.push({
    code: 'unknown-node',
    severity: 'error',
    rests: ['network', 'nodes', 'pods'],
    at,
    message: `No node "${name}" in this World`,
    ...nearest(
      name,
      short.map((each) => each.name),
      [...nodes, ...hosts].map((each) => each.name),
    ),
  });
  return undefined;
}

function nearest(name: string, short: readonly string[], all: readonly string[]): Pick<Issue, 'hint'> {
  if (short.length > 1) return { hint: `several nodes start with it: ${fewOf(short, MAX_LISTED)}` };
  const near = didYouMean(name, all);
  return near.hint === undefined && all.length > 0 ? { hint: `there are ${fewOf(all, MAX_LISTED)}` } : near;
}

const MAX_LISTED = 4;

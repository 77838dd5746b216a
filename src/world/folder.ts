import type { NetnsId } from '../linux/index.ts';

const FOLDERS: Readonly<Record<string, string>> = { node: 'nodes', pod: 'pods', host: 'hosts', internet: 'internet' };
const KINDS: Readonly<Record<string, string>> = { nodes: 'node', pods: 'pod', hosts: 'host', internet: 'internet' };

/** Where a namespace's artefacts lie in a World folder: `node/a` in `nodes/a`, `pod/ns/a` in `pods/ns/a`. */
export function folderOf(netns: NetnsId | string): string {
  const slash = netns.indexOf('/');
  return `${FOLDERS[netns.slice(0, slash)] ?? netns.slice(0, slash)}/${netns.slice(slash + 1)}`;
}

/** The inverse of `folderOf`; undefined for a folder that is no namespace's. */
export function netnsOfFolder(folder: string): NetnsId | undefined {
  const slash = folder.indexOf('/');
  const kind = KINDS[folder.slice(0, slash)];
  // Only a folder of a known kind names a namespace.
  return kind === undefined || slash < 0 ? undefined : (`${kind}/${folder.slice(slash + 1)}` as NetnsId);
}

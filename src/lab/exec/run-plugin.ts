import type { CommandResult, Executor } from './executor.ts';

/** Who is wired, in the words of the contract. */
export interface PluginCall {
  /** The planned namespace the plugin runs in: its node. */
  readonly netns: string;
  readonly command: 'ADD' | 'DEL';
  readonly containerId: string;
  /** A path of the lab's own file system. */
  readonly sandbox: string;
  /** Where programs of plugins are. */
  readonly folder: string;
}

/** Plugins keep what they know under /var/lib and /run: of both a lab has its own, and nothing outside is written. */
const DRESS = `
mkdir -p /var/run/packetwalk/lib && mount --bind /var/run/packetwalk/lib /var/lib || exit 1
exec "$@"
`;

/** Runs one network plugin in a node of a lab: its network, its files, a configuration on stdin. */
export const runPlugin = (
  executor: Executor,
  { netns, command, containerId, sandbox, folder }: PluginCall,
  type: string,
  config: object,
): Promise<CommandResult> =>
  executor.run({
    netns,
    argv: [
      ...(['unshare', '--mount', '--propagation', 'private', '--'] as const),
      ...['env', `CNI_COMMAND=${command}`, `CNI_CONTAINERID=${containerId}`, `CNI_NETNS=${sandbox}`, 'CNI_IFNAME=eth0'],
      ...[`CNI_PATH=${folder}`, 'sh', '-c', DRESS, 'sh', `${folder}/${type}`],
    ],
    stdin: JSON.stringify(config),
  });

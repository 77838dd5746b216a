import { etcDir, NETNS_DIR } from '../plan/step-command.ts';
import type { HolderIdentity } from './holder.ts';

/**
 * What a command sees as its machine: this lab's processes, its own namespace's /sys, and the files kept for the namespace
 * over those of /etc (as ip-netns(8) does with /etc/netns). All of it is mounted for the command alone.
 */
const DRESS = `
etc=$1 node=$2; shift 2
[ -d "$etc" ] || etc=$node
mount -t proc proc /proc
mount -t sysfs sysfs /sys 2>/dev/null
for file in "$etc"/*; do
  [ -e "$file" ] || continue
  over=$(readlink -f "/etc/$(basename "$file")")
  case $over in /run/*|/var/run/*) mkdir -p "$(dirname "$over")"; : >> "$over" ;; esac
  [ -e "$over" ] && mount --bind "$file" "$over"
done
exec "$@"
`;

/** The process that runs `argv` in a lab's root namespace, which leads nowhere, and in its folder. It ends with the lab. */
export const enterLab = (
  { pid }: HolderIdentity,
  cwd: string,
  argv: readonly string[],
): readonly [string, ...string[]] => [
  ...(['nsenter', '-t', `${pid}`, '-m', '-p', '-n', '--'] as const),
  ...['sh', '-c', 'cd "$1" 2>/dev/null || cd /; shift; exec "$@"', 'sh', cwd, ...argv],
];

/** From inside a lab: the process that runs `argv` in one of its namespaces, dressed; as the `pod` that lives there. */
export const enterNetns = (netns: string, argv: readonly string[], pod?: string): readonly string[] => [
  ...['nsenter', `--net=${NETNS_DIR}/${netns}`, '--', 'unshare', '--mount', '--propagation', 'private', '--'],
  ...['sh', '-c', DRESS, 'sh', etcDir(netns, pod), etcDir(netns), ...argv],
];

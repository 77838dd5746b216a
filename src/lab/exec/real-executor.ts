import { mkdirSync, readFileSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { invariant } from '../../base/index.ts';
import { type Command, NETNS_DIR } from '../plan/step-command.ts';
import type { Executor } from './executor.ts';
import { SystemError, withNetns } from './ffi/index.ts';
import { runProcess } from './run-tool.ts';
import { Shell } from './shell.ts';

/** Where commands run: in this process's own namespaces, or in those of the process that holds a lab. */
export type LabPlace = { readonly kind: 'here' } | { readonly kind: 'holder'; readonly pid: number };

/**
 * Runs commands as processes, several at once for each processor: what they ask of the kernel, it makes most of them wait for
 * (a transaction of nf_tables for every processor to have passed a quiet moment, synchronize_rcu).
 */
export function realExecutor(place: LabPlace): Executor {
  if (place.kind === 'here')
    invariant(!isMachines(), 'a plan runs in a sandbox of its own, never in the network namespace of the machine');
  const inside = (path: string): string => (place.kind === 'here' ? path : insideLab(place.pid, path));
  const root = `/proc/${place.kind === 'here' ? 'self' : place.pid}/ns/net`;
  return {
    parallel: 4 * availableParallelism(),
    run: (command) => runProcess(enter(place, command), command.stdin),
    hand: () => {
      const shell = new Shell();
      return { run: (command) => shell.run(enter(place, command), command.stdin), end: () => shell.end() };
    },
    setSysctls: (netns, values) => withNetns(inside(`${NETNS_DIR}/${netns}`), () => writeSysctls(values)),
    getSysctls: (netns, names) =>
      withNetns(netns === undefined ? root : inside(`${NETNS_DIR}/${netns}`), () => readSysctls(names)),
    writeFile: (path, text) => {
      mkdirSync(dirname(inside(path)), { recursive: true });
      writeFileSync(inside(path), text);
    },
  };
}

/** True in the namespace the machine itself lives in. */
const isMachines = (): boolean => readlinkSync('/proc/self/ns/net') === readlinkSync('/proc/1/ns/net');

/** The command with what brings it to its namespace in front: `ip -n`, or nsenter(1). */
export function enter(place: LabPlace, { netns, argv }: Command): readonly [string, ...string[]] {
  const [tool, ...rest] = argv;
  if (place.kind === 'here') {
    if (netns === undefined) return argv;
    return tool === 'ip' ? ['ip', '-n', netns, ...rest] : ['nsenter', `--net=${NETNS_DIR}/${netns}`, '--', ...argv];
  }
  const target = ['-t', `${place.pid}`, '-m'];
  const net = netns === undefined ? '--net' : `--net=${insideLab(place.pid, `${NETNS_DIR}/${netns}`)}`;
  return ['nsenter', ...target, net, '--', ...argv];
}

/** /proc/sys/net shows every task the settings of its own namespace (net/sysctl_net.c net_ctl_header_lookup). */
function writeSysctls(values: readonly (readonly [name: string, value: string])[]): void {
  for (const [name, value] of values) {
    try {
      writeFileSync(sysctlPath(name), value);
    } catch (error) {
      const { errno = 0, code = '' } = error as NodeJS.ErrnoException; // what node:fs throws
      throw new SystemError(`set ${name} = ${value}`, -errno, code);
    }
  }
}

function readSysctls(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    names.flatMap((name) => {
      try {
        return [[name, readFileSync(sysctlPath(name), 'utf8').trimEnd()] as const];
      } catch {
        return [];
      }
    }),
  );
}

/** sysctl(8): a dot parts words, a slash stands for a dot inside one. */
const sysctlPath = (name: string): string =>
  `/proc/sys/${name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))}`;

/** A path of the lab's own file system, from outside. A link on the way (/var/run) is followed here: it would lead outside. */
export function insideLab(pid: number, path: string): string {
  const above = '/var/run';
  const resolved = path.startsWith(above) ? `${realpathSync(above)}${path.slice(above.length)}` : path;
  return `/proc/${pid}/root${resolved}`;
}

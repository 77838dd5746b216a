import { closeSync, constants, openSync, readFileSync, readlinkSync } from 'node:fs';
import { NETNS_DIR } from '../plan/step-command.ts';
import type { LabPlan } from '../plan/types.ts';
import { currentNetns, SystemError, withNetns } from './ffi/index.ts';
import type { HolderIdentity } from './holder.ts';
import { insideLab } from './real-executor.ts';
import { runProcess } from './run-tool.ts';

/** A network namespace somebody else made, under a name of the lab. */
export interface AdoptedNetns {
  readonly label: string;
  readonly name: string;
  /** Whether its node has a number for it already: from an earlier time in this lab. */
  readonly numbered: boolean;
}

/** A network namespace held by descriptor. */
export interface OpenNetns {
  readonly fd: number;
  /** `net:[4026532455]` */
  readonly id: string;
  /** Its devices beside `lo`. */
  readonly devices: readonly string[];
  close(): void;
}

/** Why a path cannot be the namespace of a new pod. */
export class NotForeign extends Error {
  override readonly name = 'NotForeign';
}

/**
 * Opens the namespace a runtime made. Refused are files that are none, the namespace the machine lives in, that of this
 * process and those of the lab: what is wired here would be wired there.
 */
export function openForeign(path: string, { pid }: HolderIdentity, plan: LabPlan): OpenNetns {
  const fd = openOrRefuse(path);
  try {
    const found = withNetnsOrRefuse(path, fd);
    if ([currentNetns(), netnsOf(1), netnsOf(pid)].includes(found.id))
      throw new NotForeign(`"${path}" is the namespace of a machine, not of a new pod`);
    const owner = plan.namespaces.find(({ name }) => idOf(insideLab(pid, `${NETNS_DIR}/${name}`)) === found.id);
    if (owner !== undefined) throw new NotForeign(`"${path}" is ${owner.label} of the lab already`);
    return { fd, ...found, close: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A process's namespace; undefined where this one may not look (a container's root seldom may look at process 1). */
function netnsOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

function openOrRefuse(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException; // what node:fs throws
    throw new NotForeign(`Cannot open "${path}": ${code}`);
  }
}

function withNetnsOrRefuse(path: string, fd: number): Pick<OpenNetns, 'id' | 'devices'> {
  try {
    return withNetns(fd, () => ({ id: currentNetns(), devices: devicesHere() }));
  } catch (error) {
    if (error instanceof SystemError) throw new NotForeign(`"${path}" is no network namespace`);
    throw error;
  }
}

/** The lines of /proc/net/dev, after two of headings, start with a name and a colon. */
const devicesHere = (): readonly string[] =>
  readFileSync('/proc/thread-self/net/dev', 'utf8')
    .split('\n')
    .slice(2)
    .flatMap((line) => {
      const name = line.slice(0, line.indexOf(':')).trim();
      return name === '' || name === 'lo' ? [] : [name];
    });

/** Which namespace a file is; undefined where it is none or gone. */
export function idOf(path: string): string | undefined {
  try {
    return withNetns(path, currentNetns);
  } catch {
    return undefined;
  }
}

/** Gives a namespace a name in the lab (ip-netns(8), "attach"): a mount there, which keeps it until the name goes. */
export async function nameNetns({ pid }: HolderIdentity, { fd }: OpenNetns, name: string): Promise<void> {
  const script = ': >"$2" && mount --bind "$1" "$2"';
  await orThrow(pid, ['sh', '-c', script, 'sh', `/proc/${process.pid}/fd/${fd}`, `${NETNS_DIR}/${name}`]);
}

/** Takes a name back. The namespace itself is its maker's. */
export const unnameNetns = ({ pid }: HolderIdentity, name: string): Promise<void> =>
  orThrow(pid, ['sh', '-c', 'umount "$1" 2>/dev/null; rm -f "$1"', 'sh', `${NETNS_DIR}/${name}`]);

async function orThrow(pid: number, argv: readonly string[]): Promise<void> {
  const { status, stderr } = await runProcess(['nsenter', '-t', `${pid}`, '-m', '--', ...argv], '');
  if (status !== 0) throw new Error(`"${argv.join(' ')}" failed: ${stderr.trim()}`);
}

export interface KernelNumbers {
  /** By which the namespace knows others (ip-netns(8), "list-id"), with their names where the lab has them. */
  readonly netns: readonly { readonly nsid: number; readonly name?: string }[];
  readonly highestIfindex: number;
}

/** Numbers that are taken in a namespace of the lab, whoever took them. */
export async function takenNumbers({ pid }: HolderIdentity, netns: string): Promise<KernelNumbers> {
  const path = insideLab(pid, `${NETNS_DIR}/${netns}`);
  const ask = async (...words: readonly string[]): Promise<readonly unknown[]> => {
    const argv = ['nsenter', '-t', `${pid}`, '-m', `--net=${path}`, '--', 'ip', '-j', ...words] as const;
    const { status, stdout, stderr } = await runProcess(argv, '');
    if (status !== 0) throw new Error(`"ip ${words.join(' ')}" in ${netns} failed: ${stderr.trim()}`);
    return stdout.trim() === '' ? [] : (JSON.parse(stdout) as unknown[]); // ip(8) writes a list
  };
  const known = (await ask('netns', 'list-id')) as KernelNumbers['netns']; // ip-netns(8)
  const links = (await ask('link')) as readonly { readonly ifindex: number }[]; // ip-link(8)
  return { netns: known, highestIfindex: Math.max(...links.map(({ ifindex }) => ifindex)) };
}

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { ETC_DIR, NETNS_DIR } from '../plan/step-command.ts';
import { TOOL_LIMIT, within } from './run-tool.ts';

/**
 * The one process a lab lives by. It sits in fresh network, mount and process namespaces, with a file system of its own over
 * /var/run, so that names of namespaces, locks and per-namespace files are nobody else's:
 *
 *     packetwalk ──stdin──▶ unshare ──▶ sh, process 1 of the lab ──▶ sleep, once told to stay
 *
 * Everything of the lab exists only as long as that process: namespaces, devices, rules, mounts, and whatever runs inside.
 * Until it is told to stay it ends when its stdin does, that is, with whoever started it, however that one ended.
 */
export interface Holder {
  readonly identity: HolderIdentity;
  /** From now on the lab outlives this process. */
  stay(): void;
  end(): void;
}

/** A process number is used again; with its start time (proc(5), stat field 22, in ticks since boot) it is one process. */
export interface HolderIdentity {
  readonly pid: number;
  readonly start: number;
}

const SCRIPT = `
set -e
mount -t tmpfs -o mode=0755 packetwalk "$(readlink -f /var/run)"
mkdir -p ${NETNS_DIR} ${ETC_DIR}
ip link set dev lo up
echo ready
read -r word || exit 0
[ "$word" = stay ] || exit 0
exec sleep infinity </dev/null >/dev/null 2>&1
`;
const UNSHARE = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];

export async function startHolder(): Promise<Holder> {
  const child = spawn('unshare', [...UNSHARE, '--', 'sh', '-c', SCRIPT], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  try {
    await untilReady(child);
    const identity = heldBy(child);
    return {
      identity,
      stay: () => {
        child.stdin.end('stay\n');
        letGo(child);
      },
      end: () => {
        endHolder(identity);
        // Its end is certain; how long the kernel takes to clear away what it held is not this process's to wait for.
        child.stdin.destroy();
        letGo(child);
      },
    };
  } catch (error) {
    // What it started ends with it (--kill-child).
    child.kill('SIGKILL');
    child.stdin.destroy();
    letGo(child);
    throw error;
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** From now on nothing of the child keeps this process from ending. */
function letGo(child: Child): void {
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
}

function heldBy({ pid: parent = 0 }: Child): HolderIdentity {
  const pid = childOf(parent);
  const start = pid === undefined ? undefined : startOf(pid);
  if (pid === undefined || start === undefined) throw new Error('Cannot find the process that holds the lab');
  return { pid, start };
}

function untilReady(child: Child): Promise<void> {
  const ready = new Promise<void>((resolve, reject) => {
    let said = '';
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('ready\n')) resolve();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', () => reject(new Error(`Cannot make a lab: ${complaint.trim() || 'unshare ended'}`)));
  });
  return within(ready, TOOL_LIMIT, 'there are no namespaces for a lab');
}

/** Ends a lab and everything in it. Only the very process the identity names is ever signalled. */
export function endHolder(identity: HolderIdentity): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, 'SIGKILL');
  } catch {
    // it ended by itself meanwhile
  }
}

export const isAlive = ({ pid, start }: HolderIdentity): boolean => startOf(pid) === start;

/** A running process by its number, as this process's /proc shows it. */
export function identityOf(pid: number): HolderIdentity {
  const start = startOf(pid);
  if (start === undefined) throw new Error(`Process ${pid} does not run`);
  return { pid, start };
}

/** Start time of a process that runs; a zombie does not. */
function startOf(pid: number): number | undefined {
  const fields = statOf(pid);
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19]);
}

function childOf(parent: number): number | undefined {
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name) && Number(statOf(Number(name))?.[1]) === parent) return Number(name);
  }
  return undefined;
}

/** The fields of /proc/PID/stat after the command's name, which may hold anything: state is the first. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

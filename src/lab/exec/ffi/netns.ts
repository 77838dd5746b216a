import { closeSync, openSync, readlinkSync } from 'node:fs';
import { CLONE_NEWNET, CLONE_NEWNS, MS_PRIVATE, MS_REC } from './constants.ts';
import { check, libc } from './libc.ts';

/**
 * The one module that moves this thread between network namespaces. A socket belongs to the namespace it was made in, and
 * a child to the one it was started in: so one process can own every socket of a lab. Only what runs synchronously is
 * inside: `net.connect`, name lookups and anything awaited happen later, at home.
 */
const OWN = '/proc/thread-self/ns/net';

/** A namespace by descriptor, or by path: `/run/netns/NAME`, `/proc/PID/ns/net`. */
export type NetnsHandle = number | string;

/** Runs `inside` in a namespace and comes back, whatever happens. */
export function withNetns<T>(netns: NetnsHandle, inside: () => T): T {
  const home = openSync(OWN, 'r');
  try {
    enter(netns);
    try {
      const result = inside();
      if (isPromise(result))
        throw new TypeError('Cannot await inside a namespace: what runs there has to be synchronous');
      return result;
    } finally {
      // A process that cannot come home would work on in a foreign namespace: nothing may go on from there.
      if (libc().setns(home, CLONE_NEWNET) !== 0) process.abort();
    }
  } finally {
    closeSync(home);
  }
}

const isPromise = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function';

function enter(netns: NetnsHandle): void {
  if (typeof netns === 'number') {
    check(libc().setns(netns, CLONE_NEWNET), `enter the namespace of descriptor ${netns}`);
    return;
  }
  const fd = openSync(netns, 'r');
  try {
    check(libc().setns(fd, CLONE_NEWNET), `enter the namespace ${netns}`);
  } finally {
    closeSync(fd);
  }
}

/** A new, empty namespace. It lives as long as its descriptor (or a process, socket or device in it) does. */
export function createNetns(): number {
  const home = openSync(OWN, 'r');
  try {
    check(libc().unshare(CLONE_NEWNET), 'make a network namespace');
    try {
      return openSync(OWN, 'r');
    } finally {
      if (libc().setns(home, CLONE_NEWNET) !== 0) process.abort();
    }
  } finally {
    closeSync(home);
  }
}

/** How `ip link ... netns PATH` names a namespace this process holds by descriptor. */
export const netnsPath = (fd: number): string => `/proc/${process.pid}/fd/${fd}`;

/** Which namespace this thread is in: `net:[4026531840]`. */
export const currentNetns = (): string => readlinkSync(OWN);

/** The inode of a namespace: what a BPF program sees of it. */
export function netnsInode(fd: number): number {
  return withNetns(fd, () => Number(/\d+/.exec(currentNetns())?.[0]));
}

/**
 * Leaves the machine's namespace for good: a fresh network namespace without any link, and mounts of its own. What goes
 * wrong afterwards goes wrong in there. A second call does nothing.
 */
export function enterSandbox(): void {
  if (sandbox === currentNetns()) return;
  check(libc().unshare(CLONE_NEWNET | CLONE_NEWNS), 'make a sandbox (root is needed)');
  check(libc().mount('none', '/', null, MS_REC | MS_PRIVATE, null), 'keep mounts of the sandbox to itself');
  sandbox = currentNetns();
}

let sandbox: string | undefined;

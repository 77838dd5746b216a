import { closeSync, openSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { abi, check, libc } from './ffi/index.ts';
import type { HolderIdentity } from './holder.ts';
import { insideLab } from './real-executor.ts';

const LOCK_FILE = '/var/run/packetwalk/lock';
const PAUSE = 50;

/** Somebody else changes the lab, and has done so for as long as was waited. */
export class LabBusy extends Error {
  override readonly name = 'LabBusy';
}

/**
 * Runs `act` while nobody else changes a lab. The lock is the kernel's (flock(2)): it goes with the process that has it,
 * however that one ends, and with the lab.
 */
export async function withLabLock<T>({ pid }: HolderIdentity, wait: number, act: () => Promise<T>): Promise<T> {
  const fd = openSync(insideLab(pid, LOCK_FILE), 'a', 0o600);
  try {
    for (let waited = 0; libc().flock(fd, abi.LOCK_EX | abi.LOCK_NB) !== 0; waited += PAUSE) {
      if (libc().errno() !== abi.EAGAIN) check(-1, 'lock the lab');
      if (waited >= wait) throw new LabBusy(`Another command has been changing the lab for ${wait / 1000} s`);
      await setTimeout(PAUSE);
    }
    return await act();
  } finally {
    closeSync(fd);
  }
}

/** Whether somebody changes the lab just now. */
export function isLabLocked({ pid }: HolderIdentity): boolean {
  let fd: number;
  try {
    fd = openSync(insideLab(pid, LOCK_FILE), 'r');
  } catch {
    return false; // nobody ever did
  }
  try {
    return libc().flock(fd, abi.LOCK_EX | abi.LOCK_NB) !== 0;
  } finally {
    closeSync(fd);
  }
}

import { spawn, spawnSync } from 'node:child_process';
import { type NetnsHandle, withNetns } from '../../src/lab/exec/ffi/index.ts';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
}

/** A shell command in a namespace of this process, while this process goes on: it may be the one that answers. */
export function runInside(netns: NetnsHandle, script: string): Promise<Ran> {
  const child = withNetns(netns, () => spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] }));
  return new Promise((resolve) => {
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
    });
    child.on('close', (code) => resolve({ code, stdout }));
  });
}

/** Lines of `ip -batch`; throws what ip says against them. */
export function ipBatch(netns: NetnsHandle, lines: readonly string[]): void {
  const run = withNetns(netns, () => spawnSync('ip', ['-batch', '-'], { input: lines.join('\n'), encoding: 'utf8' }));
  if (run.stderr !== '') throw new Error(run.stderr);
}

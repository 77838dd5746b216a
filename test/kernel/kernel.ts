import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { runTool } from '../../src/lab/exec/run-tool.ts';

/** Everything the kernel suite runs, inside a network namespace of its own. */
const BINARIES = [
  'unshare',
  'nsenter',
  'python3',
  'iptables-nft-restore',
  'iptables-nft-save',
  'ip6tables-nft-restore',
  'iptables-legacy-restore',
  'iptables-legacy-save',
  'nft',
  'ip',
];

export type Availability = { readonly ok: true } | { readonly ok: false; readonly missing: string };

let known: Availability | undefined;

/** Root, a namespace that can be made, and the binaries; or what is missing. */
export function kernelAvailable(): Availability {
  known ??= probe();
  return known;
}

function probe(): Availability {
  if (process.getuid?.() !== 0) return { ok: false, missing: 'root' };
  const absent = BINARIES.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
  if (absent.length > 0) return { ok: false, missing: absent.join(', ') };
  const script = 'iptables-nft -A INPUT -j ACCEPT && nft list ruleset';
  const tried = spawnSync('unshare', ['-n', 'sh', '-c', script], { encoding: 'utf8' });
  return tried.status === 0 ? { ok: true } : { ok: false, missing: `a usable namespace: ${tried.stderr.trim()}` };
}

/** Runs a shell script in a new network namespace, which ends with it. Throws what the script wrote to stderr when it fails. */
export function inNetns(script: string, stdin = ''): string {
  const run = runTool(['unshare', '-n', 'sh', '-ec', script], stdin);
  if (run.status !== 0) throw new Error(`In a namespace: ${script}\nexit ${run.status}\n${run.stderr}`);
  return run.stdout;
}

/**
 * A test that needs the kernel. Where there is none it is skipped and says so; with PACKETWALK_KERNEL=require it fails.
 */
export function kernelTest(name: string, body: () => void | Promise<void>, timeout?: number): void {
  const available = kernelAvailable();
  if (available.ok) return void test(name, timeout === undefined ? {} : { timeout }, body);
  const why = `the kernel suite needs ${available.missing}`;
  if (process.env.PACKETWALK_KERNEL === 'require') {
    test(name, () => expect.fail(why));
    return;
  }
  console.warn(`SKIPPED "${name}": ${why}`);
  test.skip(`${name} (${why})`, body);
}

import { spawn, spawnSync } from 'node:child_process';
import type { CommandResult } from './executor.ts';
import { Unavailable } from './ffi/errors.ts';

/** Milliseconds a tool has for what takes it a few hundred: on the busiest machine, one that needs more hangs. */
export const TOOL_LIMIT = 180_000;
/** What a tool may say before it is cut off. */
const MOST_OUTPUT = 1 << 28;

export const KILLED = 137;
export const hung = (limit: number, said: string): string => `it did not end within ${limit / 1000} s\n${said}`;

/** What is to come; `missing` is said where it was waited for in vain. */
export async function within<T>(coming: Promise<T>, limit: number, missing: string): Promise<T> {
  let watch: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    watch = setTimeout(
      () => reject(new Unavailable('a machine that answers', `${missing} after ${limit / 1000} s`)),
      limit,
    );
  });
  try {
    return await Promise.race([coming, late]);
  } finally {
    clearTimeout(watch);
  }
}

/**
 * Runs a tool to its end and keeps what it printed. One that hangs is killed, and has failed; whatever it left that holds its
 * output open is not waited for.
 */
export function runProcess(
  [file, ...args]: readonly [string, ...string[]],
  stdin: string,
  limit = TOOL_LIMIT,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let size = 0;
    const collect =
      (into: Buffer[]) =>
      (chunk: Buffer): void => {
        size += chunk.length;
        if (size <= MOST_OUTPUT) into.push(chunk);
      };
    const textOf = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString();
    const watch = setTimeout(() => {
      child.kill('SIGKILL');
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      child.unref();
      resolve({ status: KILLED, stdout: textOf(out), stderr: hung(limit, textOf(err)) });
    }, limit);
    child.stdout.on('data', collect(out));
    child.stderr.on('data', collect(err));
    child.on('error', (error) => {
      clearTimeout(watch);
      reject(error);
    });
    child.on('close', (code) => {
      clearTimeout(watch);
      resolve({ status: code ?? 1, stdout: textOf(out), stderr: textOf(err) });
    });
    child.stdin.on('error', () => undefined); // a tool that stops reading says so by its status
    child.stdin.end(stdin);
  });
}

/** As `runProcess`, at once: for a thread that is in another namespace meanwhile. */
export function runTool(
  [file, ...args]: readonly [string, ...string[]],
  stdin = '',
  limit = TOOL_LIMIT,
): CommandResult {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    input: stdin,
    encoding: 'utf8',
    maxBuffer: MOST_OUTPUT,
    timeout: limit,
    killSignal: 'SIGKILL',
  });
  if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT')
    return { status: KILLED, stdout, stderr: hung(limit, stderr) };
  if (error !== undefined) throw error;
  return { status: status ?? 1, stdout, stderr };
}

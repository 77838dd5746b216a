import { type ChildProcess, spawn } from 'node:child_process';
import { enterLab } from './enter-command.ts';
import { endHolder, type HolderIdentity } from './holder.ts';
import { TOOL_LIMIT, within } from './run-tool.ts';

/** The World whose sockets are served, as the serving process reads it; and what its programs have logged. */
export const WORLD_FILE = '/var/run/packetwalk/world.json';
/** The World a lab that stays was made of, whole: what its rules and routes are explained by. */
export const COMPILED_FILE = '/var/run/packetwalk/compiled.json';
export const LOG_FILE = '/var/run/packetwalk/heard.jsonl';
/** What load balancers found at the last health check of their targets. */
export const TARGETS_FILE = '/var/run/packetwalk/targets.json';

/** What the serving process says when every socket has its server. */
export interface ServingReport {
  readonly process: HolderIdentity;
  readonly listening: number;
  readonly failed: readonly string[];
}

/** The process behind every socket of a lab, started before there is anything to serve: it loads meanwhile. */
export interface Serving {
  /** `world` is what `servedWorld` gave, written to WORLD_FILE. */
  begin(): Promise<ServingReport>;
  /** The lab came to nothing: this process waits for it no longer. */
  abandon(): void;
}

/**
 * Starts `argv`, this program's own serving command, inside a lab. It lives in the lab's process namespace: whatever ends
 * the lab ends it.
 */
export function startServing(holder: HolderIdentity, argv: readonly string[]): Serving {
  const [file, ...args] = enterLab(holder, '/', argv);
  const child = spawn(file, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const report = untilReport(child);
  report.catch(() => undefined); // begin() says it
  const abandon = (): void => {
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    child.unref();
  };
  return {
    begin: () => {
      child.stdin.end('begin\n');
      return within(report, TOOL_LIMIT, "the lab's programs do not listen").catch((error: unknown) => {
        abandon();
        throw error;
      });
    },
    abandon,
  };
}

function untilReport(child: ChildProcess): Promise<ServingReport> {
  return new Promise((resolve, reject) => {
    let said = '';
    let complaint = '';
    child.stdin?.on('error', () => undefined); // it ended: 'close' says so
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const end = said.indexOf('\n');
      if (end < 0) return;
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
      resolve(JSON.parse(said.slice(0, end)) as ServingReport); // only this program writes it
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', () => reject(new Error(`Cannot serve the lab's sockets: ${complaint.trim() || 'it ended'}`)));
  });
}

/** Ends a serving process, and only the very one that reported itself. */
export const endServing = (process: HolderIdentity): void => endHolder(process);

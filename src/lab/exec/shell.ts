import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import type { CommandResult } from './executor.ts';
import { hung, KILLED, runProcess, TOOL_LIMIT } from './run-tool.ts';

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * A shell that starts one tool after another: to fork a process of hundreds of megabytes, as this one may be, takes longer
 * than most of them run. It ends when its input does, that is, with whoever started it, however that one ended.
 */
export class Shell {
  readonly #limit: number;
  #child: Child | undefined;
  /** What is done with each piece of output, and with the shell's end: the tool's that runs. */
  #said: (from: 'out' | 'err', chunk: Buffer) => void = () => undefined;
  #ended: (code: number | null) => void = () => undefined;
  #failed: (error: Error) => void = () => undefined;

  constructor(limit = TOOL_LIMIT) {
    this.#limit = limit;
  }

  /** As `runProcess`. One at a time. */
  run(argv: readonly [string, ...string[]], stdin: string): Promise<CommandResult> {
    if (!isHereDocument(stdin)) return runProcess(argv, stdin, this.#limit);
    this.#child ??= this.#start();
    return this.#ask(this.#child, argv, stdin);
  }

  /** Once it has ended. */
  async end(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    await new Promise<void>((resolve) => {
      this.#ended = () => resolve();
      child.stdin.end();
    });
  }

  #start(): Child {
    // A group of its own: what hangs is ended with the shell that waits for it.
    const child = spawn('sh', [], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    child.stdout.on('data', (chunk: Buffer) => this.#said('out', chunk));
    child.stderr.on('data', (chunk: Buffer) => this.#said('err', chunk));
    child.stdin.on('error', () => undefined); // a shell that stops reading says so by its end
    child.on('error', (error) => this.#failed(error));
    child.on('close', (code) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#ended(code);
    });
    return child;
  }

  #ask(child: Child, argv: readonly string[], stdin: string): Promise<CommandResult> {
    const mark = randomUUID();
    const out = new Said(mark);
    const err = new Said(mark);
    return new Promise<CommandResult>((resolve, reject) => {
      const settle = (status: number, stderr = err.text): void => {
        clearTimeout(watch);
        resolve({ status, stdout: out.text, stderr });
      };
      const watch = setTimeout(() => {
        this.#kill(child);
        settle(KILLED, hung(this.#limit, err.text));
      }, this.#limit);
      this.#said = (from, chunk) => {
        (from === 'out' ? out : err).add(chunk);
        if (out.status !== undefined && err.status !== undefined) settle(out.status);
      };
      this.#ended = (code) => settle(code ?? KILLED);
      this.#failed = (error) => {
        clearTimeout(watch);
        this.#child = undefined;
        reject(error);
      };
      const say = `status=$?; echo "${mark} $status"; echo "${mark} $status" >&2`;
      child.stdin.write(`${argv.map(quoted).join(' ')} <<'${mark}'\n${stdin}${mark}\n${say}\n`);
    });
  }

  #kill(child: Child): void {
    this.#child = undefined;
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    child.unref();
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // it ended by itself meanwhile
    }
  }
}

/** What a quoted here-document (sh(1)) gives as it is: whole lines of ASCII. */
const isHereDocument = (text: string): boolean =>
  text === '' || (text.endsWith('\n') && /^[\t\n\x20-\x7e]*$/.test(text));

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** One of a tool's outputs, up to the mark the shell says behind it. */
class Said {
  readonly #mark: string;
  #text = '';
  status: number | undefined;

  constructor(mark: string) {
    this.#mark = mark;
  }

  add(chunk: Buffer): void {
    this.#text += chunk.toString('latin1');
    const at = this.#text.endsWith('\n') ? this.#text.lastIndexOf(this.#mark, this.#text.length) : -1;
    if (at < 0) return;
    this.status = Number(this.#text.slice(at + this.#mark.length));
    this.#text = this.#text.slice(0, at);
  }

  /** Octets are kept as they come, which may be in the middle of a character. */
  get text(): string {
    return Buffer.from(this.#text, 'latin1').toString();
  }
}

import type { Command } from '../plan/step-command.ts';

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The only way to the machine: `real` acts inside a lab, `record` writes down what it was asked. */
export interface Executor {
  run(command: Command): Promise<CommandResult>;
  /** For many commands, one after another. */
  hand(): Hand;
  /** Writes settings of a namespace; throws SystemError with the name of the one that was refused. */
  setSysctls(netns: string, values: readonly (readonly [name: string, value: string])[]): void;
  /** Reads settings of a namespace, of the lab's root where none is named; one that is not there is left out. */
  getSysctls(netns: string | undefined, names: readonly string[]): ReadonlyMap<string, string>;
  /** Writes a file of the lab's own file system, with its folders. */
  writeFile(path: string, text: string): void;
  /** How many commands are worth running at once. */
  readonly parallel: number;
}

/** Runs one command after another, each sooner than one that is run by itself. Who takes it lets it go. */
export interface Hand {
  run(command: Command): Promise<CommandResult>;
  end(): Promise<void>;
}

export type Recorded =
  | ({ readonly kind: 'command' } & Command)
  | { readonly kind: 'sysctl'; readonly netns: string; readonly values: readonly (readonly [string, string])[] }
  | { readonly kind: 'file'; readonly path: string; readonly text: string };

/** Writes down what it is asked; nothing happens. */
export function recordExecutor(): Executor & { readonly recorded: readonly Recorded[] } {
  const recorded: Recorded[] = [];
  const run = (command: Command): Promise<CommandResult> => {
    recorded.push({ kind: 'command', ...command });
    return Promise.resolve({ status: 0, stdout: '', stderr: '' });
  };
  return {
    recorded,
    parallel: 1,
    run,
    hand: () => ({ run, end: () => Promise.resolve() }),
    setSysctls: (netns, values) => void recorded.push({ kind: 'sysctl', netns, values }),
    getSysctls: () => new Map(),
    writeFile: (path, text) => void recorded.push({ kind: 'file', path, text }),
  };
}

import type { Command } from '../plan/step-command.ts';

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The only way to the machine: `real` runs processes inside a lab, `record` writes down what it was asked. */
export interface Executor {
  run(command: Command): Promise<CommandResult>;
  /** How many commands are worth running at once. */
  readonly parallel: number;
}

/** Writes down every command; nothing happens. */
export function recordExecutor(): Executor & { readonly commands: readonly Command[] } {
  const commands: Command[] = [];
  return {
    commands,
    parallel: 1,
    run: (command) => {
      commands.push(command);
      return Promise.resolve({ status: 0, stdout: '', stderr: '' });
    },
  };
}

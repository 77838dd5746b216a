import { enterLab, enterNetns } from './enter-command.ts';
import type { CommandResult } from './executor.ts';
import type { HolderIdentity } from './holder.ts';
import { runProcess } from './run-tool.ts';

/** Runs a command in a planned namespace as `lab exec` does, with its resolver and hosts, and keeps what it printed. */
export const runInside = (holder: HolderIdentity, netns: string, argv: readonly string[]): Promise<CommandResult> =>
  runProcess(enterLab(holder, '/', enterNetns(netns, argv)), '');

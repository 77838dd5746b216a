import { type Issue, showIssue } from '../base/index.ts';
import type { KnobSetting } from '../cluster/index.ts';
import { type AttachedPod, type Loaded, loadWorld } from '../load/index.ts';
import type { World } from '../world/index.ts';
import { CommandError, EXIT, type Io } from './io.ts';
import type { LabInput } from './lab-input.ts';
import type { InputOptions } from './options.ts';
import { readInput } from './read-input.ts';

const MAX_SHOWN = 50;

/** Reads, loads and compiles what `-f` and `--set` name. Warnings go to stderr; errors end the command with exit 2. */
export function openWorld(options: InputOptions, io: Io): World {
  const { world } = openInput(options, io);
  if (world === undefined) throw new CommandError('Nothing could be compiled from the input', EXIT.usage);
  return world;
}

/** What was loaded, and of what. */
export interface Opened extends Loaded {
  readonly input: LabInput;
}

/** `attached`: pods that runtimes brought to a lab of it. */
export function openInput(options: InputOptions, io: Io, attached: readonly AttachedPod[] = []): Opened {
  if (options.file.length === 0) {
    throw new CommandError(
      'No input: name a file or folder with -f (or - for stdin); "packetwalk demo" needs none',
      EXIT.usage,
    );
  }
  const sets = options.set.map(readSetting);
  const input = readInput(options.file, io.stdin);
  const loaded = loadWorld(input.files, sets, attached, input.issues);
  const errors = loaded.issues.filter((issue) => issue.severity === 'error');
  const warnings = loaded.issues.filter((issue) => issue.severity === 'warning');
  report(warnings, 'warning', io);
  if (errors.length > 0) fail(errors, io);
  return { ...loaded, input: { files: input.files, sets } };
}

function readSetting(text: string): KnobSetting {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new CommandError(`--set "${text}" has no value; expected KEY=VALUE`, EXIT.usage);
  return {
    key: text.slice(0, equals),
    value: text.slice(equals + 1),
    source: { file: `--set ${text.slice(0, equals)}` },
  };
}

function fail(issues: readonly Issue[], io: Io): never {
  report(issues, 'error', io);
  throw new CommandError(`${issues.length} ${issues.length === 1 ? 'problem' : 'problems'} in the input`, EXIT.usage);
}

function report(issues: readonly Issue[], severity: 'error' | 'warning', io: Io): void {
  const mark = severity === 'error' ? io.style.bad('error') : io.style.faint('warning');
  for (const issue of issues.slice(0, MAX_SHOWN)) io.stderr(`${mark}: ${showIssue(issue)}\n`);
  if (issues.length > MAX_SHOWN) io.stderr(`${mark}: and ${issues.length - MAX_SHOWN} more\n`);
}

import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { enterLab, type LabPlan } from '../../lab/index.ts';
import { enterPlace, findLab, placeNames } from '../find-lab.ts';
import { CommandError, EXIT, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import type { InputOptions } from '../options.ts';
import { type LabFlags, type ServeFlags, serveCommand } from './lab.ts';
import { type CaptureFlags, captured, refuseFile } from './lab-capture.ts';
import { checkEnvironment, openOrExplain, reportGaps, reportServing } from './lab-up.ts';

/** `lab exec WHERE -- CMD...`: a command in a namespace of the lab, with its resolver and hosts; its exit code is ours. */
export function labExec(where: string, command: readonly string[], flags: LabFlags): Promise<number> {
  const { holder, record } = findLab(flags.name);
  return runAttached(enterLab(holder, process.cwd(), enterPlace(record.plan, where, command)));
}

/**
 * `lab run -f ... SCRIPT`: a lab for as long as a shell script runs. In the script, `on WHERE CMD...` runs a command in a
 * namespace; anything else happens in the lab's root namespace, which leads nowhere. Whatever ends this process ends the lab.
 */
export async function labRun(script: string, flags: InputOptions & ServeFlags & CaptureFlags, io: Io): Promise<number> {
  refuseNoScript(script);
  refuseFile(flags);
  checkEnvironment();
  const lab = await openOrExplain(openWorld(flags, io), 'run', serveCommand(flags));
  reportGaps(lab.plan, io);
  reportServing(lab.serving, io);
  try {
    lab.executor.writeFile(ON_FILE, onFunction(lab.plan));
    const shell = ['sh', '-c', `. ${ON_FILE}; . "$0"`, resolve(script)];
    const run = (): Promise<number> => runAttached(enterLab(lab.holder.identity, process.cwd(), shell));
    return await captured(lab, flags.pcap, io, run);
  } finally {
    lab.holder.end();
  }
}

function refuseNoScript(script: string): void {
  if (!existsSync(script)) throw new CommandError(`There is no script "${script}"`, EXIT.usage);
  if (statSync(script).isDirectory())
    throw new CommandError(`"${script}" is a folder; name the script to run`, EXIT.usage);
}

/** Where the shell of `lab run` finds `on`: longer than one argument may be (execve(2), MAX_ARG_STRLEN). */
const ON_FILE = '/var/run/packetwalk/on.sh';

/** `on WHERE CMD...` as a function of the shell, for every name `lab exec` takes. */
function onFunction(plan: LabPlan): string {
  const namesByAct = new Map<string, string[]>();
  for (const name of placeNames(plan)) {
    const act = actAt(plan, name);
    namesByAct.set(act, [...(namesByAct.get(act) ?? []), name]);
  }
  return [
    'on() {',
    'where=$1; shift',
    'case $where in',
    ...[...namesByAct].map(([act, names]) => `${names.map(quote).join('|')}) ${act} ;;`),
    '*) echo "on: no namespace $where in this lab" >&2; return 127 ;;',
    'esac; }',
    '',
  ].join('\n');
}

function actAt(plan: LabPlan, name: string): string {
  try {
    return `${enterPlace(plan, name, []).map(quote).join(' ')} "$@"`;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return `echo ${quote(`on: ${error.message}`)} >&2; return 127`;
  }
}

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** A terminal sends Ctrl-C to the process itself too: it decides. The others are passed on. */
const PASSED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs a process on this terminal; a signal that ended it gives 128 and its number, as a shell says it. */
function runAttached(argv: readonly string[]): Promise<number> {
  const [file = '', ...args] = argv;
  return new Promise((done, reject) => {
    const child = spawn(file, args, { stdio: 'inherit' });
    const pass = (signal: NodeJS.Signals): void => void (signal !== 'SIGINT' && child.kill(signal));
    for (const signal of PASSED) process.on(signal, pass);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      for (const each of PASSED) process.off(each, pass);
      done(code ?? 128 + (signal === null ? 0 : (constants.signals[signal] ?? 0)));
    });
  });
}

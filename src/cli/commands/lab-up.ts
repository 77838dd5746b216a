import {
  changeLab,
  endHolder,
  findHolder,
  type HolderIdentity,
  insideLab,
  keepLab,
  type Lab,
  type LabPlan,
  missingSet,
  openLab,
  PlanError,
  readRecord,
  realExecutor,
  releaseName,
  requireLab,
  type ServingReport,
  SystemError,
  TARGETS_FILE,
  Unavailable,
  unheldSet,
  withLabLock,
} from '../../lab/index.ts';
import type { World } from '../../world/index.ts';
import { readAttachments } from '../cni/attachments.ts';
import { halfChanged } from '../find-lab.ts';
import { CommandError, EXIT, type Io } from '../io.ts';
import { saveInput } from '../lab-input.ts';
import { type Opened, openInput } from '../open-world.ts';
import type { InputOptions } from '../options.ts';
import { readTargets, targetLines } from '../target-reports.ts';
import { type LabFlags, type ServeFlags, serveCommand } from './lab.ts';

const MOST_GAPS = 10;
/** How long another change of the lab is waited for, in milliseconds. */
const PATIENCE = 60_000;

/** `lab up`: the World on this machine's kernel, until `lab down`. A lab that is up is changed, and only where it differs. */
export async function labUp(flags: InputOptions & LabFlags & ServeFlags, io: Io): Promise<number> {
  checkEnvironment();
  const holder = findHolder(flags.name);
  if (holder !== undefined) return withLabLock(holder, PATIENCE, () => change(holder, flags, io));
  const { world, input } = openForLab(flags, io);
  const started = performance.now();
  const lab = await openOrExplain(world, flags.name, serveCommand(flags));
  saveInput(lab.executor.writeFile, input);
  if (!keepLab(lab, world, flags.name))
    throw new CommandError(`Another lab "${flags.name}" came up meanwhile; name this one with --name`, EXIT.failed);
  reportGaps(lab.plan, io);
  reportServing(lab.serving, io);
  const served = lab.serving === undefined ? '' : `, ${lab.serving.listening} sockets served`;
  io.stdout(`lab "${flags.name}" is up: ${countOf(lab.plan)}${served}, in ${seconds(started)}\n`);
  return EXIT.ok;
}

/** Pods that runtimes brought stay, as long as the input leaves room for them. */
async function change(holder: HolderIdentity, flags: InputOptions & LabFlags & ServeFlags, io: Io): Promise<number> {
  const { name } = flags;
  const record = readRecord(holder) ?? halfChanged(name);
  const { world, input } = openForLab(flags, io, readAttachments(holder).attached);
  const started = performance.now();
  try {
    const { plan, commands, differences, serving } = await changeLab(holder, record, world, serveCommand(flags));
    if (differences.length > 0) {
      const what = differences.slice(0, 3).join(', ');
      throw new CommandError(
        `The lab "${name}" could not be changed in place (${what}); take it down and up again`,
        EXIT.failed,
      );
    }
    saveInput(realExecutor({ kind: 'holder', pid: holder.pid }).writeFile, input);
    reportGaps(plan, io);
    reportServing(serving, io);
    const done =
      commands === 0 ? 'is up to date' : `is changed by ${commands} ${commands === 1 ? 'command' : 'commands'}`;
    io.stdout(`lab "${name}" ${done}: ${countOf(plan)} in ${seconds(started)}\n`);
    return EXIT.ok;
  } catch (error) {
    throw explained(error, 'the lab is half changed; "packetwalk lab down" ends it');
  }
}

/** `lab down`: ends the process that holds the lab, and with it everything. */
export function labDown(flags: LabFlags, io: Io): number {
  const holder = findHolder(flags.name);
  if (holder === undefined) {
    io.stdout(`no lab "${flags.name}" is up\n`);
    return EXIT.ok;
  }
  endHolder(holder);
  releaseName(flags.name, holder);
  io.stdout(`lab "${flags.name}" is gone\n`);
  return EXIT.ok;
}

/** `lab status`: exit 0 when it is up, 1 when it is not. */
export function labStatus(flags: LabFlags, io: Io): number {
  const holder = findHolder(flags.name);
  const record = holder === undefined ? undefined : readRecord(holder);
  if (holder === undefined || record === undefined) {
    io.stdout(holder === undefined ? `no lab "${flags.name}" is up\n` : `lab "${flags.name}" is being made\n`);
    return EXIT.failed;
  }
  io.stdout(`lab "${record.name}" is up since ${record.since}, process ${holder.pid}: ${countOf(record.plan)}\n`);
  for (const { name, label } of record.plan.namespaces) io.stdout(`  ${name.padEnd(15)}  ${label}\n`);
  const targets = targetLines(readTargets(insideLab(holder.pid, TARGETS_FILE)));
  if (targets.length > 0) io.stdout(`${['targets of load balancers', ...targets].join('\n')}\n`);
  return EXIT.ok;
}

/** Opens a lab, or says in one line why not. */
export async function openOrExplain(world: World, name: string, serve?: readonly string[]): Promise<Lab> {
  refuseUnheld(world);
  try {
    return await openLab(world, { name, since: new Date().toISOString() }, serve);
  } catch (error) {
    throw explained(error, 'nothing is left of the lab');
  }
}

/** What a lab does not load: its rules would name sets that are not there, and its nodes would balance nothing. */
function openForLab(...[flags, io, attached]: Parameters<typeof openInput>): Opened & { readonly world: World } {
  const opened = openInput(flags, io, attached);
  const { world } = opened;
  if (world === undefined) throw new CommandError('Nothing could be compiled from the input', EXIT.usage);
  refuseUnheld(world);
  return { ...opened, world };
}

function refuseUnheld({ netns }: World): void {
  for (const each of netns.values()) {
    const { id, ipvs, ipsets, lbMap } = each;
    if (lbMap !== undefined)
      throw new CommandError(
        `A lab holds no maps of eBPF load balancers (cilium-bpf-lb-list), which ${id} has: only the model balances sockets; leave --plane and lab out, or turn it with --set kubeProxy.mode=iptables`,
        EXIT.unavailable,
      );
    if (ipvs !== undefined && ipvs.length > 0)
      throw new CommandError(
        `A lab holds no virtual services of IPVS (ipvsadm-save), which ${id} has: only the model walks kube-proxy's IPVS mode; leave --plane and lab out, or turn it with --set kubeProxy.mode=iptables`,
        EXIT.unavailable,
      );
    const missing = missingSet(each);
    if (missing !== undefined)
      throw new CommandError(
        `No kernel takes the rules of ${id}: they ask set ${missing}, ${ipsets === undefined ? 'and the input has no ipset-save of it' : 'which its ipset-save does not have'}; collect "ipset save" along with iptables-save, or leave --plane and lab out`,
        EXIT.unavailable,
      );
    const set = ipsets === undefined ? undefined : unheldSet(each);
    if (set !== undefined)
      throw new CommandError(
        `A lab holds no set like ${set.name} (${set.unsupported ?? set.type}), which a rule of ${id} asks: nothing but sets of ipset as docs/fidelity.md lists them is modelled; leave --plane and lab out`,
        EXIT.unavailable,
      );
  }
}

export function checkEnvironment(): void {
  try {
    requireLab();
  } catch (error) {
    throw explained(error);
  }
}

function explained(error: unknown, left = ''): unknown {
  if (error instanceof Unavailable) return new CommandError(error.message, EXIT.unavailable);
  if (error instanceof PlanError || error instanceof SystemError)
    return new CommandError(`This kernel does not take the World: ${error.message}; ${left}`, EXIT.unavailable);
  return error;
}

export function reportGaps({ gaps }: LabPlan, io: Io): void {
  for (const { where, what, because } of gaps.slice(0, MOST_GAPS))
    io.stderr(`${io.style.faint('not held')}: ${where}: ${what}: ${because}\n`);
  if (gaps.length > MOST_GAPS) io.stderr(`${io.style.faint('not held')}: and ${gaps.length - MOST_GAPS} more\n`);
}

export function reportServing(serving: ServingReport | undefined, io: Io): void {
  const failed = serving?.failed ?? [];
  for (const what of failed.slice(0, MOST_GAPS)) io.stderr(`${io.style.faint('not served')}: ${what}\n`);
  if (failed.length > MOST_GAPS) io.stderr(`${io.style.faint('not served')}: and ${failed.length - MOST_GAPS} more\n`);
}

function countOf({ namespaces }: LabPlan): string {
  const count = (kind: string): number => namespaces.filter((each) => each.id?.startsWith(`${kind}/`) === true).length;
  const fabric = namespaces.filter((each) => each.id === undefined).length;
  const parts = [
    [count('node'), 'node'],
    [count('pod'), 'pod'],
    [count('host') + count('internet'), 'host'],
  ] as const;
  const shown = [
    ...parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}${number === 1 ? '' : 's'}`),
    ...(fabric > 0 ? [`${fabric} for what is between them`] : []),
  ];
  return `${namespaces.length} namespaces (${shown.join(', ')})`;
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

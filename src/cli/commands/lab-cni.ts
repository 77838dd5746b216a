import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  COMPILED_FILE,
  type Executor,
  NETNS_DIR,
  RECORD_FILE,
  realExecutor,
  runPlugin,
  ShortNames,
  withLabLock,
} from '../../lab/index.ts';
import type { NetnsId } from '../../linux/index.ts';
import { worldFiles } from '../../world/index.ts';
import { type ForeignPod, worldWithForeign } from '../cni/foreign-pod.ts';
import { type ChainedPlugin, type PortMapping, readChain } from '../cni/plugin-chain.ts';
import { type FoundLab, findLab, findNetns } from '../find-lab.ts';
import { CommandError, EXIT, type Io } from '../io.ts';
import { refuseOther, saveWorld } from './compile.ts';
import type { LabFlags } from './lab.ts';
import { observedLab } from './lab-observe.ts';

export interface LabCniFlags extends LabFlags {
  /** A network configuration or a list of plugins. */
  readonly conf: string;
  /** The folder of the plugins' programs. */
  readonly plugins: string;
  readonly publish: readonly PortMapping[];
  /** Where the World is written that the kernel holds afterwards. */
  readonly output: string;
}

const PATIENCE = 60_000;

/** `lab cni NODE NS/NAME`: a pod of a node wired by plugins of others, and the World that makes, to be walked. */
export function labCni(node: string, pod: string, flags: LabCniFlags, io: Io): Promise<number> {
  const [, namespace, name] = /^([a-z0-9][a-z0-9-]{0,62})\/([a-z0-9][a-z0-9.-]{0,252})$/.exec(pod) ?? [];
  if (namespace === undefined || name === undefined)
    throw new CommandError(`Cannot call a pod "${pod}"; expected NAMESPACE/NAME`, EXIT.usage);
  refuseOther(flags.output);
  const chain = readChain(readConf(flags.conf), flags.conf, flags.publish);
  requirePlugins(chain, flags.plugins);
  const { holder } = findLab(flags.name);
  return withLabLock(holder, PATIENCE, async () => {
    // Under the lock there is no waiting for a record.
    const found = findLab(flags.name);
    const { name: netns, id, label } = findNetns(found.record.plan, node.startsWith('node/') ? node : `node/${node}`);
    if (id === undefined) throw new CommandError(`"${label}" is no node`, EXIT.usage);
    const foreign: ForeignPod = {
      ...{ namespace, name, label: `pod/${namespace}/${name}` as NetnsId }, // how pods are called in a World
      node: { label: id, netns, name: id.slice('node/'.length) },
      published: flags.publish,
    };
    await wire(found, foreign, chain, flags);
    io.stdout(`${foreign.label}: wired by ${chain.map(({ type }) => type).join(', ')} on ${label}\n`);
    io.stdout(`${flags.output}: what the kernel holds now; walk it with "packetwalk trace -f ${flags.output} ..."\n`);
    return EXIT.ok;
  });
}

function readConf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(`Cannot read "${file}": ${(error as NodeJS.ErrnoException).code ?? ''}`, EXIT.usage); // what node:fs throws
  }
}

/** One line for a machine that lacks them. */
function requirePlugins(chain: readonly ChainedPlugin[], folder: string): void {
  const isThere = (type: string): boolean => {
    try {
      accessSync(join(folder, type), constants.X_OK);
      return statSync(join(folder, type)).isFile();
    } catch {
      return false;
    }
  };
  const missing = chain.flatMap(({ type }) => (isThere(type) ? [] : [type]));
  if (missing.length === 0) return;
  const hint = 'install them with "apt-get install containernetworking-plugins", or name their folder with --plugins';
  throw new CommandError(`No plugin ${missing.join(', ')} in "${folder}": ${hint}`, EXIT.unavailable);
}

async function wire(
  found: FoundLab,
  pod: ForeignPod,
  chain: readonly ChainedPlugin[],
  { plugins, output }: LabCniFlags,
): Promise<void> {
  const { record, holder } = found;
  const { world } = observedLab(found);
  const executor = realExecutor({ kind: 'holder', pid: holder.pid });
  if (world.netns.has(pod.label)) throw new CommandError(`"${pod.label}" is in this lab already`, EXIT.usage);
  if (world.netns.get(pod.node.label)?.iptables.variant === 'legacy')
    throw new CommandError(
      `"${pod.node.label}" keeps its rules in iptables-legacy; plugins call iptables-nft here`,
      EXIT.usage,
    );
  const short = new ShortNames(record.plan.namespaces.map(({ name }) => name)).make(pod.name, pod.label);
  await orThrow(executor, undefined, ['ip', 'netns', 'add', short]);
  try {
    await orThrow(executor, short, ['ip', 'link', 'set', 'lo', 'up']);
    await addAll(executor, pod, chain, { short, folder: plugins });
    const namespaces = [...record.plan.namespaces, { name: short, id: pod.label, label: pod.label }];
    const plan = { ...record.plan, namespaces };
    const grown = await worldWithForeign(world, plan, executor, pod);
    saveWorld(grown, output);
    executor.writeFile(COMPILED_FILE, JSON.stringify([...worldFiles(grown)].map(({ path, text }) => [path, text])));
    const wires = grown.fabric.wires.slice(world.fabric.wires.length).map(({ b }) => ({
      a: { netns: short, dev: 'eth0' },
      b: { netns: pod.node.netns, dev: b.dev },
    }));
    const wired = { ...plan, wires: [...plan.wires, ...wires] };
    executor.writeFile(RECORD_FILE, JSON.stringify({ ...record, plan: wired }));
  } catch (error) {
    await executor.run({ netns: undefined, argv: ['ip', 'netns', 'del', short], stdin: '' });
    throw error;
  }
}

/** ADD one after another, each with the result of the one before; what fails is taken back, last first. */
async function addAll(
  executor: Executor,
  pod: ForeignPod,
  chain: readonly ChainedPlugin[],
  { short, folder }: { readonly short: string; readonly folder: string },
): Promise<void> {
  const call = { netns: pod.node.netns, containerId: `${pod.namespace}.${pod.name}`, folder } as const;
  const sandbox = `${NETNS_DIR}/${short}`;
  let prevResult: unknown;
  for (const [place, { type, config }] of chain.entries()) {
    const given = prevResult === undefined ? config : { ...config, prevResult };
    const { status, stdout, stderr } = await runPlugin(executor, { ...call, sandbox, command: 'ADD' }, type, given);
    if (status === 0) {
      prevResult = JSON.parse(stdout) as unknown; // the contract's
      continue;
    }
    for (const done of chain.slice(0, place + 1).toReversed())
      await runPlugin(executor, { ...call, sandbox, command: 'DEL' }, done.type, { ...done.config, prevResult });
    throw new CommandError(`Plugin "${type}" says: ${complaintOf(stdout, stderr)}`, EXIT.failed);
  }
}

/** `msg` of the contract's error object; whatever was said where there is none. */
function complaintOf(stdout: string, stderr: string): string {
  try {
    const { msg = '', details = '' } = JSON.parse(stdout) as { readonly msg?: string; readonly details?: string }; // the contract's
    return [msg, details].filter((text) => text !== '').join(': ');
  } catch {
    return (stderr.trim() || stdout.trim()).split('\n').slice(0, 3).join(' · ');
  }
}

async function orThrow(
  executor: Executor,
  netns: string | undefined,
  argv: readonly [string, ...string[]],
): Promise<void> {
  const { status, stderr } = await executor.run({ netns, argv, stdin: '' });
  if (status !== 0) throw new CommandError(`"${argv.join(' ')}" failed: ${stderr.trim()}`, EXIT.unavailable);
}

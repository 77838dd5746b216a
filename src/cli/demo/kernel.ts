import {
  type CommandResult,
  changeLab,
  echoTtl,
  endHolder,
  type Heard,
  type HolderIdentity,
  insideLab,
  isInstalled,
  type Lab,
  LOG_FILE,
  type PlannedNetns,
  readRecord,
  realExecutor,
  runInside,
} from '../../lab/index.ts';
import type { Ip } from '../../net/index.ts';
import type { World } from '../../world/index.ts';
import { serveCommand } from '../commands/lab.ts';
import { checkEnvironment, openOrExplain } from '../commands/lab-up.ts';
import { readHeard } from '../heard-log.ts';
import { CommandError, EXIT } from '../io.ts';

/** A command and its arguments. */
export type Argv = readonly [string, ...string[]];

/** A World on this machine's kernel, with the few things the demo asks of it. */
export interface Kernel {
  /** How this machine's iptables, working on nf_tables, is called, and whether its `-L -n` names protocols. */
  readonly iptables: string;
  readonly protocolNames: boolean;
  has(tool: string): boolean;
  run(where: string, argv: Argv): Promise<CommandResult>;
  /** TTL of the answer to one echo request sent without ping. */
  echoTtl(where: string, dst: Ip): Promise<number | undefined>;
  /** Sets one sysctl of a namespace. */
  set(where: string, name: string, value: string): void;
  /** Makes the lab hold another World, where it differs. */
  change(world: World): Promise<void>;
  /** What the programs behind the sockets have logged, oldest first. */
  heard(): readonly Heard[];
  end(): void;
}

/** No command of the demo takes longer. */
const MOST_SECONDS = '30';

/** Puts a World on the kernel, with a server behind every socket. It is gone with this process, or before by `end`. */
export async function openKernel(world: World): Promise<Kernel> {
  checkEnvironment();
  const serve = serveCommand({ serve: true });
  const lab = await openOrExplain(world, 'demo', serve);
  const { identity } = lab.holder;
  const run = (where: string, argv: Argv): Promise<CommandResult> =>
    runInside(identity, placeOf(lab, where).name, ['timeout', MOST_SECONDS, ...argv]);
  const [first] = lab.plan.namespaces;
  const { stdout: version } = await run(first?.label ?? '', ['iptables', '--version']);
  const executor = realExecutor({ kind: 'holder', pid: identity.pid });
  return {
    iptables: version.includes('nf_tables') ? 'iptables' : 'iptables-nft',
    protocolNames: namesProtocols(version),
    has: isInstalled,
    run,
    echoTtl: (where, dst) => echoTtl(lab.netnsPath(placeOf(lab, where).name), dst),
    set: (where, name, value) => executor.setSysctls(placeOf(lab, where).name, [[name, value]]),
    change: (next) => changeInPlace(identity, next, serve),
    heard: () => readHeard(insideLab(identity.pid, LOG_FILE)),
    end: () => endHolder(identity),
  };
}

/** `-L -n` of 1.8.9 and 1.8.10 prints a protocol's number, of others its name (iptables/xshared.c, print_rule_details). */
export const namesProtocols = (version: string): boolean => !/\bv1\.8\.(9|10)\b/.test(version);

async function changeInPlace(
  holder: HolderIdentity,
  world: World,
  serve: ReturnType<typeof serveCommand>,
): Promise<void> {
  const record = readRecord(holder);
  if (record === undefined) throw new CommandError('The lab of the demo has ended', EXIT.failed);
  const { differences } = await changeLab(holder, record, world, serve);
  if (differences.length > 0)
    throw new CommandError(`The lab could not be changed in place: ${differences.join(', ')}`, EXIT.failed);
}

function placeOf({ plan }: Lab, where: string): PlannedNetns {
  const found = plan.namespaces.find(({ label }) => label === where);
  if (found === undefined) throw new CommandError(`The lab has no ${where}`);
  return found;
}

import { appendFileSync, readFileSync, readlinkSync, statSync, truncateSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { resolverAddresses } from '../../fabric/index.ts';
import {
  type Heard,
  identityOf,
  type LabPlan,
  LOG_FILE,
  NETNS_DIR,
  RECORD_FILE,
  type ServingReport,
  startServers,
  WORLD_FILE,
} from '../../lab/index.ts';
import type { NetnsId } from '../../linux/index.ts';
import { readWorld, type World } from '../../world/index.ts';
import { EXIT, type Io } from '../io.ts';

/** Logged lines kept: what is older goes when there are more. */
const MOST_LOGGED = 64 << 20;

/**
 * `lab serve`, started by `lab up` inside the lab: waits until there is something to serve, starts every server, says so in
 * one line and stays until the lab ends.
 */
export async function labServe(io: Io): Promise<number> {
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'begin') break;
    return EXIT.ok;
  }
  const files = new Map(JSON.parse(readFileSync(WORLD_FILE, 'utf8')) as [string, string][]); // written by lab up
  const world = readWorld(files).value;
  const { plan } = JSON.parse(readFileSync(RECORD_FILE, 'utf8')) as { readonly plan: LabPlan };
  const names = new Map(plan.namespaces.map(({ id, name }) => [id, name]));
  const openNetns = (id: NetnsId): string | undefined => {
    const name = names.get(id);
    return name === undefined ? undefined : pathOf(name);
  };
  const servers = await startServers(world, openNetns, writeLog, { resolvers: resolversOf(world, plan) });
  const report: ServingReport = {
    process: identityOf(Number(readlinkSync('/proc/self'))),
    listening: servers.listening,
    failed: servers.failed.map(
      ({ netns, socket, because }) => `${netns}: ${socket.protocol} ${socket.local}:${socket.port}: ${because}`,
    ),
  };
  io.stdout(`${JSON.stringify(report)}\n`);
  return new Promise(() => undefined);
}

const pathOf = (name: string): string => `${NETNS_DIR}/${name}`;

const resolversOf = (
  world: World,
  { namespaces }: LabPlan,
): readonly { readonly netns: string; readonly addresses: ReturnType<typeof resolverAddresses> }[] =>
  world.fabric.vpcs.flatMap((vpc) => {
    const at = namespaces.find(({ label }) => label === `resolver/${vpc.id}`);
    return at === undefined ? [] : [{ netns: pathOf(at.name), addresses: resolverAddresses(vpc) }];
  });

function writeLog(heard: Heard): void {
  appendFileSync(LOG_FILE, `${JSON.stringify(heard)}\n`);
  if (statSync(LOG_FILE).size > MOST_LOGGED) truncateSync(LOG_FILE);
}

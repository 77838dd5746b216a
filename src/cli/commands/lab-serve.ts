import { readFileSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { resolverAddresses } from '../../fabric/index.ts';
import {
  type Heard,
  identityOf,
  type LabPlan,
  LOG_FILE,
  NETNS_DIR,
  RECORD_FILE,
  type ServedResolver,
  type ServingReport,
  startServers,
  WORLD_FILE,
} from '../../lab/index.ts';
import type { NetnsId } from '../../linux/index.ts';
import { readWorld, type World } from '../../world/index.ts';
import { appendHeard } from '../heard-log.ts';
import { EXIT, type Io } from '../io.ts';

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
  const sink = (heard: Heard): void => appendHeard(LOG_FILE, heard);
  const servers = await startServers(world, openNetns, sink, { resolvers: resolversOf(world, plan) });
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

const resolversOf = (world: World, { namespaces }: LabPlan): readonly ServedResolver[] =>
  world.fabric.vpcs.flatMap((vpc) => {
    const label = `resolver/${vpc.id}`;
    const at = namespaces.find((each) => each.label === label);
    return at === undefined ? [] : [{ label, netns: pathOf(at.name), addresses: resolverAddresses(vpc) }];
  });

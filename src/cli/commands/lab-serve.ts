import { appendFileSync, readFileSync, readlinkSync, statSync, truncateSync } from 'node:fs';
import { createInterface } from 'node:readline';
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
import { readWorld } from '../../world/index.ts';
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
  const names = new Map(plan.namespaces.map(({ label, name }) => [label, name]));
  const openNetns = (label: string): string | undefined => {
    const name = names.get(label);
    return name === undefined ? undefined : `${NETNS_DIR}/${name}`;
  };
  const servers = await startServers(world, openNetns, writeLog);
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

function writeLog(heard: Heard): void {
  appendFileSync(LOG_FILE, `${JSON.stringify(heard)}\n`);
  if (statSync(LOG_FILE).size > MOST_LOGGED) truncateSync(LOG_FILE);
}

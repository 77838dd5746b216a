import { readFileSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  identityOf,
  type LabPlan,
  LOG_FILE,
  NETNS_DIR,
  RECORD_FILE,
  type ServingReport,
  startServers,
  TARGETS_FILE,
  WORLD_FILE,
} from '../../lab/index.ts';
import { readWorld } from '../../world/index.ts';
import { appendHeard } from '../heard-log.ts';
import { EXIT, type Io } from '../io.ts';
import { writeTargets } from '../target-reports.ts';

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
  const servers = await startServers(world, openNetns, (heard) => appendHeard(LOG_FILE, heard), {
    onTargets: (reports) => writeTargets(TARGETS_FILE, reports),
  });
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

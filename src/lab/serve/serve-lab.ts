import { networkInterfaces } from 'node:os';
import type { World } from '../../world/index.ts';
import { type NetnsHandle, withNetns } from '../exec/ffi/index.ts';
import type { LabPlan } from '../plan/index.ts';
import { ipOf } from './addresses.ts';
import { type Servers, startServers } from './start-servers.ts';
import type { Sink } from './types.ts';

/** A lab that is up, as far as its servers need it. */
export interface ServedLab {
  readonly plan: LabPlan;
  /** A planned namespace as a path this process can open and enter. */
  netnsPath(name: string): string;
}

const RESOLVER = 'resolver/';

/** Real servers for everything that listens in a lab: the World's sockets, and the resolver of each VPC. They end with this process. */
export function serveLab(lab: ServedLab, world: World, sink: Sink): Promise<Servers> {
  const names = new Map(lab.plan.namespaces.flatMap(({ id, name }) => (id === undefined ? [] : [[id, name] as const])));
  const resolvers = lab.plan.namespaces
    .filter(({ label }) => label.startsWith(RESOLVER))
    .map(({ name }) => lab.netnsPath(name));
  return startServers(
    world,
    (id) => {
      const name = names.get(id);
      return name === undefined ? undefined : lab.netnsPath(name);
    },
    sink,
    { resolvers: resolvers.map((netns) => ({ netns, addresses: addressesIn(netns) })) },
  );
}

/** The addresses a namespace has beside those every namespace has. */
const addressesIn = (netns: NetnsHandle): ReturnType<typeof ipOf>[] =>
  Object.values(withNetns(netns, networkInterfaces))
    .flatMap((list) => list ?? [])
    .filter(({ address }) => !/^(?:127\.|::1$|fe80:)/.test(address))
    .map(({ address }) => ipOf(address));

import type { NetnsId } from '../linux/index.ts';
import { type Ip, parseIp } from '../net/index.ts';
import { folderOf, implicitInternetHost, type World } from '../world/index.ts';
import { type FabricIndex, indexFabric } from './fabric/fabric-index.ts';
import { NatTable } from './fabric/nat-table.ts';
import { createHost } from './host/index.ts';
import type { Host } from './types.ts';

/** What packets leave behind between walks: connection tables of namespaces, translations of NAT gateways. */
export interface SessionState {
  readonly world: World;
  readonly index: FabricIndex;
  host(netns: NetnsId): Host | undefined;
  readonly natTable: (gateway: string) => NatTable;
}

/** Hosts come into being when a packet first visits them. A public address nobody declared is a host of its own. */
export function createSessionState(world: World): SessionState {
  const hosts = new Map<NetnsId, Host>();
  const tables = new Map<string, NatTable>();
  return {
    world,
    index: indexFabric(world.fabric),
    host(id) {
      const known = hosts.get(id);
      if (known !== undefined) return known;
      const netns = world.netns.get(id) ?? undeclared(id);
      if (netns === undefined) return undefined;
      const host = createHost(netns, folderFor(id));
      hosts.set(id, host);
      return host;
    },
    natTable(gateway) {
      const known = tables.get(gateway);
      if (known !== undefined) return known;
      const table = new NatTable();
      tables.set(gateway, table);
      return table;
    },
  };
}

const implicit = new Map<Ip, ReturnType<typeof implicitInternetHost>>();

function undeclared(id: NetnsId): ReturnType<typeof implicitInternetHost> | undefined {
  if (!id.startsWith('internet/')) return undefined;
  const address = parseIp(id.slice('internet/'.length));
  if (address === undefined) return undefined;
  const made = implicit.get(address) ?? implicitInternetHost(address);
  implicit.set(address, made);
  return made;
}

const folders = new Map<NetnsId, string>();
const MAX_FOLDERS = 100_000;

function folderFor(id: NetnsId): string {
  const known = folders.get(id);
  if (known !== undefined) return known;
  if (folders.size >= MAX_FOLDERS) folders.clear();
  const made = folderOf(id);
  folders.set(id, made);
  return made;
}

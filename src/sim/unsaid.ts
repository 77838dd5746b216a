import type { ListenSocket, Netns, TableName, Unmodelled } from '../linux/index.ts';
import { type Family, familyOf, type Ip } from '../net/index.ts';
import { unreadAnywhere } from './unread-chains.ts';

/** Why nothing is known of what any packet meets in a namespace, or on one device of it. */
export const hiddenAt = (netns: Netns, dev?: string): string | undefined =>
  netns.unmodelled.find(({ scope }) => scope.kind === 'netns' || (scope.kind === 'dev' && scope.dev === dev))?.what ??
  unreadAnywhere(netns, dev);

/** Why it is not known whether anybody listens on a port of a namespace. */
export const hiddenSocket = (netns: Netns, protocol: ListenSocket['protocol'], port: number): string | undefined =>
  what(
    netns,
    (scope) =>
      (scope.kind === 'sockets' && (scope.protocol ?? protocol) === protocol) ||
      (scope.kind === 'socket' && scope.protocol === protocol && scope.port === port),
  );

/** The addresses of which it is not known what happens to packets for them, and why; undefined: there are none. */
export function hiddenDestinations({ unmodelled }: Netns, family: Family): ReadonlyMap<Ip, string> | undefined {
  const found = unmodelled.flatMap(({ scope, what }) =>
    scope.kind === 'destination' && familyOf(scope.address) === family ? [[scope.address, what] as const] : [],
  );
  return found.length === 0 ? undefined : new Map(found);
}

/** Why a setting's value is not known. */
export const hiddenSetting = (netns: Netns, name: string): string | undefined =>
  what(netns, (scope) => scope.kind === 'sysctl' && scope.name === name);

/** Why it is not known what a table of iptables holds. */
export const hiddenTable = (netns: Netns, family: Family, table: TableName): string | undefined =>
  what(netns, (scope) => scope.kind === 'table' && scope.family === family && scope.table === table);

/** Why it is not known which route of a family a lookup finds, or one that asks a table. */
export const hiddenRoutes = (netns: Netns, family: Family, table?: number): string | undefined =>
  what(netns, (scope) => scope.kind === 'routes' && scope.family === family && scope.table === table);

/** Whether something nobody told hangs at a hook of a family, which may be a translation. */
export const hidesHook = ({ unmodelled }: Netns, family: Family): boolean =>
  unmodelled.some(({ scope }) => scope.kind === 'hook' && scope.family === family);

const what = ({ unmodelled }: Netns, bites: (scope: Unmodelled['scope']) => boolean): string | undefined =>
  unmodelled.length === 0 ? undefined : unmodelled.find(({ scope }) => bites(scope))?.what;

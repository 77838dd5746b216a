import {
  type Address,
  DEFAULT_TABLE,
  type IpRule,
  kernelRoutes,
  type Link,
  LOCAL_TABLE,
  MAIN_TABLE,
  type Neighbour,
  type Netns,
  notWritten,
  type Route,
  tableName,
  UNNUMBERED_TABLE,
  type Unmodelled,
  writeSysctl,
} from '../linux/index.ts';
import { type Family, familyOf } from '../net/index.ts';
import { askedTables, type PartialNetns, toldTables } from '../world/index.ts';
import type { Told } from './told.ts';

const FAMILIES = [4, 6] as const;

/**
 * A namespace with what was collected instead of what was compiled. What a collection tells nothing of stays as it was: the
 * other family, table, device or protocol. Where the routes come without the local table, the kernel's own are added: no
 * namespace with addresses lacks them.
 */
export function mergeDump(old: Netns, dump: PartialNetns, told: Told): Netns {
  const addresses = dump.addresses === undefined ? old.addresses : mergeAddresses(old.addresses, dump.addresses, told);
  const links = dump.links === undefined ? old.links : mergeLinks(old.links, dump.links, told);
  const routes = dump.routes === undefined ? old.routes : mergeRoutes(old, dump, dump.routes, addresses, links);
  const { sockets, rules, neighbours, sysctls } = dump;
  return {
    ...old,
    ...dump,
    addresses,
    links,
    routes,
    sysctls: sysctls === undefined ? old.sysctls : withSettings(old.sysctls, sysctls),
    rules: rules === undefined ? old.rules : bothFamilies(old.rules, rules, ofEntry, 'ip-rule.json'),
    neighbours:
      neighbours === undefined
        ? old.neighbours
        : bothFamilies(old.neighbours, neighbours, ofNeighbour, 'ip-neigh.json'),
    sockets:
      sockets === undefined
        ? old.sockets
        : [...sockets, ...old.sockets.filter(({ protocol }) => !told.sockets.has(protocol))],
    iptables: { ...old.iptables, ...dump.iptables },
    unmodelled: [
      ...(dump.unmodelled ?? old.unmodelled).filter(({ scope }) => !isTold(scope, dump, told)),
      ...untoldTables(dump, routes),
      ...told.unmodelled,
    ],
  };
}

const ofEntry = ({ family }: Route | IpRule): Family => family;
const ofNeighbour = ({ dst }: Neighbour): Family => familyOf(dst);

/** A family with no entry at all was not collected. */
function bothFamilies<T extends Route | IpRule | Neighbour>(
  old: readonly T[],
  dumped: readonly T[],
  familyOfEntry: (entry: T) => Family,
  file: string,
): readonly T[] {
  const families = new Set(dumped.map(familyOfEntry));
  return [
    ...dumped,
    ...notWritten(
      old.filter((entry) => !families.has(familyOfEntry(entry))),
      file,
    ),
  ];
}

function mergeRoutes(
  old: Netns,
  { addresses: newAddresses, links: newLinks }: PartialNetns,
  dumped: readonly Route[],
  addresses: readonly Address[],
  links: readonly Link[],
): readonly Route[] {
  const told = { 4: toldTables(dumped, 4), 6: toldTables(dumped, 6) };
  const hasLocal = (family: Family): boolean =>
    dumped.some((route) => route.table === LOCAL_TABLE && route.family === family);
  const moved = newAddresses !== undefined || newLinks !== undefined;
  const kept = old.routes.filter(({ family, table }) => {
    if (told[family] === 'none') return true;
    if (table === LOCAL_TABLE) return !moved && !hasLocal(family);
    return told[family] === 'main' && table !== MAIN_TABLE;
  });
  const local = moved
    ? kernelRoutes(addresses, links).filter(
        ({ family, table }) => table === LOCAL_TABLE && told[family] !== 'none' && !hasLocal(family),
      )
    : [];
  return [...dumped, ...notWritten([...kept, ...local], 'ip-route.json')];
}

/** Of a table that is called by a name nobody can tell whether a number means it. */
const hasUnnumbered = (routes: readonly Route[], of: Family): boolean =>
  routes.some(({ family, table }) => family === of && table === UNNUMBERED_TABLE);

/** Tables that rules of the dump ask and of which neither the dump nor the cluster has anything. */
const untoldTables = ({ rules = [], routes: dumped = [] }: PartialNetns, routes: readonly Route[]): Unmodelled[] =>
  FAMILIES.filter((family) => toldTables(dumped, family) !== 'all' || hasUnnumbered(dumped, family)).flatMap((family) =>
    askedTables(rules, family)
      .filter(
        (table) => table !== DEFAULT_TABLE && !routes.some((each) => each.family === family && each.table === table),
      )
      .map((table) => ({
        scope: { kind: 'routes', family, table },
        what: `what table ${tableName(table)} holds is not known: rules of the dump ask it, and no collected route names it`,
      })),
  );

function mergeAddresses(
  old: readonly Address[],
  dumped: readonly Address[],
  { addressesOf }: Told,
): readonly Address[] {
  const families = new Set(dumped.map(({ family }) => family));
  const isTold = ({ dev, family }: Address): boolean =>
    (families.size === 0 || families.has(family)) && (addressesOf === undefined || addressesOf.has(dev));
  return [...dumped, ...old.filter((address) => !isTold(address))];
}

function mergeLinks(old: readonly Link[], dumped: readonly Link[], { allLinks }: Told): readonly Link[] {
  if (allLinks) return dumped;
  const listed = new Set(dumped.map(({ ifname }) => ifname));
  const kept = old.filter(({ ifname }) => !listed.has(ifname));
  return [...dumped, ...notWritten(kept, 'ip-link.json')];
}

/** A setting the dump does not name stays as it was, save what the kernel changes along with one it does. */
function withSettings(old: Netns['sysctls'], dumped: Netns['sysctls']): Netns['sysctls'] {
  const merged = new Map(old);
  for (const [name, value] of dumped)
    if (/^net\.ipv[46]\.(?:ip_forward|conf\.all\.forwarding)$/.test(name)) writeSysctl(merged, name, value);
  for (const [name, value] of dumped) merged.set(name, value);
  return merged;
}

/** What was not known of the compiled namespace, and the dump tells. */
const isTold = (scope: Unmodelled['scope'], { sockets, unmodelled }: PartialNetns, told: Told): boolean =>
  scope.kind === 'socket' && sockets !== undefined && unmodelled === undefined && told.sockets.has(scope.protocol);

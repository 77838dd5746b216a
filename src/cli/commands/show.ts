import { readEnds } from '../../ask/index.ts';
import { nearest } from '../../base/index.ts';
import type { TableName } from '../../linux/index.ts';
import {
  kernelRules,
  listChain,
  type Netns,
  printConntrack,
  printIptablesSave,
  printLbList,
  printNftTables,
  printResolvConf,
  printSysctl,
  type ResolvConf,
  showAddresses,
  showIpsets,
  showIpvs,
  showLinks,
  showNeighbours,
  showRoutes,
  showRules,
} from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';
import type { World } from '../../world/index.ts';
import { CommandError, EXIT, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import type { InputOptions } from '../options.ts';
import { conntrackAfter } from './show-conntrack.ts';
import { showEnis } from './show-enis.ts';

export const SHOWABLE = [
  'addr',
  'route',
  'rule',
  'neigh',
  'link',
  'iptables',
  'ip6tables',
  'nft',
  'ipset',
  'ipvs',
  'lb',
  'conntrack',
  'sysctl',
  'resolv.conf',
  'enis',
] as const;

export interface ShowFlags extends InputOptions {
  /** route: one table. iptables, ip6tables: `nat`, or `nat:KUBE-SERVICES` for one chain as `iptables -L -n` lists it. */
  readonly table?: string;
  readonly chain?: string;
  /** conntrack: walks made first, as FROM=TO. */
  readonly after: readonly string[];
}

/** `show NODE|POD WHAT`: the state as the real tool prints it. */
export async function show(where: string, what: string, flags: ShowFlags, io: Io): Promise<number> {
  if (!(SHOWABLE as readonly string[]).includes(what)) {
    const near = nearest(what, SHOWABLE);
    throw new CommandError(
      `Cannot show "${what}"${near === undefined ? '' : ` (did you mean "${near}"?)`}; expected one of ${SHOWABLE.join(', ')}`,
    );
  }
  const world = openWorld(flags, io);
  const { netns, resolvConf } = stateOf(world, where);
  io.stdout(await text(world, resolvConf === undefined ? netns : { ...netns, resolvConf }, what, flags));
  return EXIT.ok;
}

function stateOf(world: World, where: string): { readonly netns: Netns; readonly resolvConf?: ResolvConf | undefined } {
  const ends = readEnds(world, { from: where, to: '127.0.0.1' });
  if (!ends.ok) {
    throw new CommandError(
      ends.problems.map(({ message, hint }) => (hint === undefined ? message : `${message} (${hint})`)).join('\n'),
    );
  }
  const netns = world.netns.get(ends.sender.netns);
  if (netns === undefined) throw new CommandError(`${where} has no state of its own in the input`);
  return { netns, resolvConf: ends.sender.resolvConf };
}

async function text(world: World, netns: Netns, what: string, flags: ShowFlags): Promise<string> {
  switch (what) {
    case 'addr':
      return showAddresses(netns.links, netns.addresses);
    case 'link':
      return showLinks(netns.links);
    case 'route':
      if (flags.table !== undefined && !hasTable(netns, flags.table))
        throw new CommandError(
          `No routing table "${flags.table}" here (ip route: FIB table does not exist); it has ${tablesOf(netns).join(', ')}`,
        );
      return inBothFamilies('ip route', 'ip -6 route', (family) =>
        showRoutes(
          netns.routes.filter((route) => route.family === family),
          flags.table ?? 'main',
        ),
      );
    case 'rule':
      return inBothFamilies('ip rule', 'ip -6 rule', (family) =>
        family === 4 || hasIpv6(netns) || hasRules6(netns) ? showRules(netns.rules, family) : '',
      );
    case 'neigh':
      return showNeighbours(netns.neighbours);
    case 'iptables':
      return flags.table === undefined && flags.chain === undefined && hasIpv6(netns)
        ? inBothFamilies('iptables-save', 'ip6tables-save', (family) => iptables(netns, family, flags))
        : iptables(netns, 4, flags);
    case 'ip6tables':
      return iptables(netns, 6, flags);
    case 'nft':
      return printNftTables(netns.nft);
    case 'ipset':
      return showIpsets(netns.ipsets ?? []);
    case 'ipvs':
      return showIpvs(netns.ipvs ?? []);
    case 'lb':
      return printLbList(netns.lbMap ?? []);
    case 'sysctl':
      return printSysctl(netns.sysctls);
    case 'resolv.conf':
      return netns.resolvConf === undefined ? '' : printResolvConf(netns.resolvConf);
    case 'conntrack':
      return printConntrack(await conntrackAfter(world, netns.id, flags.after));
    default:
      return showEnis(world, netns.id);
  }
}

const tablesOf = (netns: Netns): string[] => [...new Set(netns.routes.map(({ table }) => String(table)))].sort();

/** `all` is every table, and the kernel's own three are always there. */
const hasTable = (netns: Netns, table: string): boolean =>
  ['all', 'main', 'local', 'default', ...tablesOf(netns)].includes(table);

/** What two commands print, one a family; under its own name where that is not the plain one. */
function inBothFamilies(command4: string, command6: string, print: (family: Family) => string): string {
  const [text4, text6] = [print(4), print(6)];
  if (text6 === '') return text4;
  return `${text4 === '' ? '' : `# ${command4}\n${text4}`}# ${command6}\n${text6}`;
}

const hasIpv6 = (netns: Netns): boolean => netns.addresses.some(({ family, dev }) => family === 6 && dev !== 'lo');

/** Rules of IPv6 beside those that every namespace starts with. */
const hasRules6 = ({ rules }: Netns): boolean =>
  showRules(rules, 6) !== '' && showRules(rules, 6) !== showRules(kernelRules(6), 6);

function iptables(netns: Netns, family: Family, flags: ShowFlags): string {
  const ruleset = family === 4 ? netns.iptables.ip : netns.iptables.ip6;
  if (flags.table === undefined && flags.chain === undefined) return printIptablesSave(ruleset);
  const table = (flags.table ?? 'nat') as TableName; // an unknown name finds no table, and says so below
  const found = ruleset.get(table);
  if (found === undefined) throw new CommandError(`No table "${table}" here; it has ${[...ruleset.keys()].join(', ')}`);
  if (flags.chain !== undefined && !found.chains.has(flags.chain)) {
    const near = nearest(flags.chain, found.chains.keys());
    throw new CommandError(
      `No chain "${flags.chain}" in table ${table}${near === undefined ? '' : ` (did you mean "${near}"?)`}`,
    );
  }
  return listChain(ruleset, table, flags.chain, { protocolNames: true, family });
}

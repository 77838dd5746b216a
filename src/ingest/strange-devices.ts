import { fewOf, type Issue } from '../base/index.ts';
import { MAIN_TABLE, type NetnsId, ROUTE_TYPES_WITHOUT_DEVICE, type Route } from '../linux/index.ts';
import type { NamedText, PartialNetns, World } from '../world/index.ts';
import type { Told } from './told.ts';

/** Devices a dump names that its node does not have, as far as is known. */
export interface Strange {
  readonly issues: readonly Issue[];
  /** Those that may be the node's first interface under its real name: what a match on one does is not known. */
  readonly unsure: ReadonlySet<string>;
}

/**
 * A device that routes, rules or addresses of a dump name and the node lacks. Rules may name one that is not there, and match
 * nothing then (net/ipv4/netfilter/ip_tables.c compares names). A route or an address cannot be over one: the devices the dump
 * tells nothing of are others than those the cluster's description has.
 */
export function strangeDevices(
  world: World,
  id: NetnsId,
  dump: PartialNetns,
  { allLinks }: Told,
  files: ReadonlyMap<string, NamedText>,
): Strange {
  const named = new Set([...devicesOfRoutes(dump.routes ?? []), ...devicesOf(dump)]);
  const own = new Set([...(dump.links ?? []).map(({ ifname }) => ifname), LOOPBACK]);
  let strange = [...named].filter((dev) => !own.has(dev));
  const [some] = strange;
  if (some === undefined) return NONE;
  if (!allLinks) {
    // The namespace is compiled for it: of a dump without devices only the cluster says which there are.
    for (const { ifname } of world.netns.get(id)?.links ?? []) own.add(ifname);
    strange = strange.filter((dev) => !own.has(dev));
  }
  const [first] = strange;
  if (first === undefined) return NONE;
  const card = world.fabric.enis.find(
    ({ attachment, deviceIndex, trunking }) =>
      attachment?.netns === id && deviceIndex === 0 && trunking?.as !== 'branch',
  );
  const primary = allLinks ? undefined : card?.attachment?.dev;
  const renamed = primary !== undefined && !named.has(primary);
  const other = renamed ? strange.find((dev) => isFirst(dev, dump, card?.addresses[0])) : undefined;
  const said =
    other === undefined ? '' : `; its first interface is ${other}, and the cluster's description makes it ${primary}`;
  return {
    issues: [
      {
        code: 'unknown-device',
        severity: 'warning',
        at: placeOf(first, files) ?? { file: id },
        message: `The dump names what is no device of ${id} as far as is known: ${fewOf(strange, MAX_LISTED)}${said}`,
        hint: allLinks
          ? 'collect `ip -d -j link` and the rest at one time; a walk that takes a route over one ends unknown'
          : `collect \`ip -d -j link\` too${other === undefined ? '' : ', and describe the node by its image (its os, amiFamily or osImage), which names the interfaces'}; a walk that takes a route over one ends unknown`,
      },
    ],
    unsure: new Set(renamed ? strange.filter((dev) => CARD.test(dev)) : []),
  };
}

const NONE: Strange = { issues: [], unsure: new Set() };
const LOOPBACK = 'lo';
const MAX_LISTED = 8;
/** How the kernel and systemd name a network card (net/ethernet/eth.c alloc_etherdev_mqs; systemd.net-naming-scheme(7)). */
const CARD = /^(?:eth\d+|en(?:P\d+)?[bopsx]\w+)$/;

const devicesOfRoutes = (routes: readonly Route[]): readonly string[] =>
  routes.flatMap(({ type, dev, nexthops = [] }) =>
    ROUTE_TYPES_WITHOUT_DEVICE.has(type) || dev === undefined ? nexthops.map((hop) => hop.dev) : [dev],
  );

function* devicesOf({ addresses = [], rules = [], iptables = {}, nft = [] }: PartialNetns): Iterable<string> {
  for (const { dev } of addresses) yield dev;
  for (const { iif, oif } of rules) {
    if (iif !== undefined) yield iif;
    if (oif !== undefined) yield oif;
  }
  for (const ruleset of [iptables.ip, iptables.ip6])
    for (const { chains } of ruleset?.values() ?? [])
      for (const chain of chains.values())
        for (const { matches } of chain.rules)
          for (const match of matches)
            if ((match.kind === 'in-interface' || match.kind === 'out-interface') && !match.wildcard) yield match.name;
  for (const { chains } of nft)
    for (const { rules: own } of chains)
      for (const { statements } of own)
        for (const each of statements) if (each.kind === 'match-interface' && !each.wildcard) yield each.name;
}

/** Has the node's own address, or its default route. */
const isFirst = (dev: string, { routes = [], addresses = [] }: PartialNetns, own: string | undefined): boolean =>
  addresses.some((each) => each.dev === dev && each.local === own) ||
  routes.some(
    (each) => each.dev === dev && (each.prefsrc === own || (each.dst.prefix === 0 && each.table === MAIN_TABLE)),
  );

/** The first line that has the name as a word. */
function placeOf(dev: string, files: ReadonlyMap<string, NamedText>): Issue['at'] | undefined {
  const isWord = (text: string): boolean => text.split(/[\s"]+/).includes(dev);
  for (const { path, text } of files.values()) {
    if (!text.includes(dev)) continue;
    const line = text.split('\n').findIndex((each) => each.includes(dev) && isWord(each));
    if (line >= 0) return { file: path, line: line + 1 };
  }
  return undefined;
}

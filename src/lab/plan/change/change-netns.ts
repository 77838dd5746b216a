import { endConnection } from '../host/connections.ts';
import { isUncopied } from '../host/sysctls.ts';
import type { PlanStep } from '../types.ts';
import { changeSets } from './change-sets.ts';
import { invertLine } from './invert-line.ts';
import type { NetnsView } from './netns-view.ts';

/** The steps that turn one namespace into another, given the devices it lost or got anew meanwhile. */
export function changeNetns(
  netns: string,
  old: NetnsView,
  next: NetnsView,
  devices: { readonly renewed: ReadonlySet<string>; readonly kept: ReadonlySet<string> },
): readonly PlanStep[] {
  const sets = changeSets(netns, old, next);
  return [
    ...changeDevices(netns, old, next, devices.kept),
    ...([4, 6] as const).flatMap((family) => changeLines(netns, family, old, next, devices.renewed)),
    ...sets.before,
    ...changeRules(netns, old, next),
    ...inTurn(netns, next, changeNft(netns, old, next, devices.renewed)),
    ...sets.after,
    ...changeConnections(netns, old.connections, next.connections),
    ...changeEtc(old.etc, next.etc),
  ];
}

/** A pod that no longer has a file of its own reads its node's. */
function changeEtc(old: NetnsView['etc'], next: NetnsView['etc']): NetnsView['etc'] {
  const same = (a: NetnsView['etc'][number], b: NetnsView['etc'][number]): boolean =>
    a.name === b.name && a.pod === b.pod;
  const given = old
    .filter((file) => file.pod !== undefined && !next.some((each) => same(each, file)))
    .map((file) => ({
      ...file,
      text: next.find(({ name, pod }) => name === file.name && pod === undefined)?.text ?? '',
    }));
  return [...given, ...next.filter((file) => !old.some((each) => same(each, file) && each.text === file.text))];
}

/**
 * Old lines that are no longer wanted are taken back, last first; then new ones are done. Lines about a device that was
 * made anew are done again: what they did went with the old one. With an address the kernel takes routes and neighbours of its
 * device (net/ipv4/fib_frontend.c fib_disable_ip), so those are all said again.
 */
function changeLines(
  netns: string,
  family: 4 | 6,
  old: NetnsView,
  next: NetnsView,
  renewed: ReadonlySet<string>,
): readonly PlanStep[] {
  const isRenewed = (line: string): boolean =>
    [...line.matchAll(/\bdev (\S+)/g)].some(([, dev = '']) => renewed.has(dev));
  const kept = keepOrder(old.ip[family], next.ip[family]);
  const undo = old.ip[family].filter((line) => !kept.has(line) && !isRenewed(line));
  const lostAddress = undo.some((line) => line.startsWith('addr add'));
  const again = next.ip[family].filter(
    (line) => !kept.has(line) || isRenewed(line) || (lostAddress && /^(?:route|neigh) /.test(line)),
  );
  const taken = undo.reverse().flatMap((line) => invertLine(line) ?? []);
  const batch = (lines: readonly string[], force: boolean): readonly PlanStep[] =>
    lines.length === 0 ? [] : [{ kind: 'ip-batch', netns, family, lines, ...(force ? { force: true as const } : {}) }];
  return [...batch(taken, true), ...batch(again, lostAddress)];
}

/**
 * Lines both have; but where the order they are done in shows, only what the new list begins with, as far as the old one has
 * it in that order; what the old one has between goes. With an IPv4 address may go others of its subnet (devinet.c
 * __inet_del_ifa), so behind an address that goes none is taken to stay.
 */
function keepOrder(old: readonly string[], next: readonly string[]): ReadonlySet<string> {
  const wanted = new Set(next);
  const kept = new Set(old.filter((line) => wanted.has(line)));
  const before = byPlace(old);
  for (const [place, lines] of byPlace(next)) {
    const had = before.get(place) ?? [];
    let last = -1;
    const again = lines.findIndex((line, i) => {
      last = had.indexOf(line, last + 1);
      return last < 0 || (place.startsWith('addr ') && last !== i);
    });
    if (again >= 0) for (const line of lines.slice(again)) kept.delete(line);
  }
  return kept;
}

function byPlace(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of lines) {
    const place = placeOf(line);
    if (place !== undefined) found.set(place, [...(found.get(place) ?? []), line]);
  }
  return found;
}

/**
 * Where a line stands among its like: rules of one priority are tried in the order they were added, and so are routes of one
 * prefix and metric; a device's addresses are listed, and taken as sources, by the order they came in.
 */
function placeOf(line: string): string | undefined {
  const rule = /^rule add .* priority (\d+)/.exec(line);
  if (rule !== null) return `rule ${rule[1]}`;
  const address = /^addr add .* dev (\S+)$/.exec(line);
  if (address !== null) return `addr ${address[1]}`;
  const route = /^route (?:add|append) (.*?)(?: (?:via|dev|nexthop) .*)?( table \S+)/.exec(line);
  return route === null ? undefined : `route ${route[1]}${route[2]}${/ metric \d+/.exec(line)?.[0] ?? ''}`;
}

/** Writing these overwrites every device's own, and `all.accept_redirects` (net/ipv4/devinet.c inet_forward_change; net/ipv6/addrconf.c). */
const SWEEPING = /\.ip_forward$|\.conf\.all\.(?:forwarding|disable_ipv6)$/;
const SWEPT = /\.conf\.[^.]+\.(?:forwarding|disable_ipv6)$|\.conf\.all\.accept_redirects$/;

const isSwept = (old: NetnsView, next: NetnsView): ((name: string) => boolean) => {
  const swept = [...next.before].some(([name, value]) => SWEEPING.test(name) && old.before.get(name) !== value);
  return (name) => swept && SWEPT.test(name);
};

/** What `default` is now `lo` may have taken with it, where nobody ever wrote its own (net/ipv4/devinet.c devinet_copy_dflt_conf). */
const changedSettings = (old: NetnsView, next: NetnsView): readonly (readonly [string, string])[] => {
  const again = isSwept(old, next);
  const isChanged = (name: string): boolean => old.before.get(name) !== next.before.get(name);
  return [...next.before].filter(
    ([name]) => isChanged(name) || again(name) || isChanged(name.replace('.conf.lo.', '.conf.default.')),
  );
};

/** What a namespace sets before it has devices: one that is made anew copies `default`. */
export function changeSettings(netns: string, old: NetnsView, next: NetnsView): readonly PlanStep[] {
  const values = changedSettings(old, next);
  return values.length === 0 ? [] : [{ kind: 'sysctl', netns, values }];
}

/** A device that stays copied `default` when it was made: what `default` is now has to be said to it. */
function changeDevices(netns: string, old: NetnsView, next: NetnsView, kept: ReadonlySet<string>): readonly PlanStep[] {
  const again = isSwept(old, next);
  const devices = new Map([...next.after].filter(([name, value]) => old.after.get(name) !== value || again(name)));
  const inherited = (name: string): string | undefined =>
    isUncopied(name) ? undefined : next.before.get(name.replace(/\.conf\.[^.]+\./, '.conf.default.'));
  for (const name of old.after.keys()) {
    const value = next.after.get(name) ?? inherited(name);
    if (value !== undefined && value !== old.after.get(name)) devices.set(name, value);
  }
  for (const [name, value] of changedSettings(old, next)) {
    if (!name.includes('.conf.default.') || isUncopied(name)) continue;
    for (const dev of kept) {
      const own = name.replace('.conf.default.', `.conf.${dev.replaceAll('.', '/')}.`);
      if (!next.after.has(own)) devices.set(own, value);
    }
  }
  return devices.size === 0 ? [] : [{ kind: 'sysctl', netns, values: [...devices] }];
}

/** Whole tables are replaced at once; connections stay as they are (conntrack is no part of a table). */
function changeRules(netns: string, old: NetnsView, next: NetnsView): readonly PlanStep[] {
  const steps: PlanStep[] = [];
  for (const [key, step] of next.rules) {
    const gone = missingTables(old.rules.get(key)?.text, step.text);
    steps.push(...dropTables(netns, step.family, gone));
    if (old.rules.get(key)?.text !== step.text) steps.push(step);
  }
  for (const [key, step] of old.rules)
    if (!next.rules.has(key)) steps.push(...dropTables(netns, step.family, missingTables(step.text, '')));
  return steps;
}

/**
 * Of two chains with one priority the later one registered runs first, which is taken to be iptables': its tables are made
 * again behind new native ones. What is tracked stays.
 */
function inTurn(netns: string, next: NetnsView, nft: readonly PlanStep[]): readonly PlanStep[] {
  if (nft.length === 0 || next.nft.length === 0) return nft;
  const again = [...next.rules.values()]
    .filter((step) => step.flavour === 'nft')
    .flatMap((step) => [...dropTables(netns, step.family, tablesOf(step.text)), step]);
  return [...nft, ...again];
}

/** Those the World no longer has end, if they have not yet; those that began with packets go on. */
function changeConnections(netns: string, old: readonly string[], next: readonly string[]): readonly PlanStep[] {
  const [had, wanted] = [new Set(old), new Set(next)];
  const lines = [
    ...old.filter((line) => !wanted.has(line)).map(endConnection),
    ...next.filter((line) => !had.has(line)),
  ];
  return lines.length === 0 ? [] : [{ kind: 'conntrack', netns, lines }];
}

const tablesOf = (text: string): readonly string[] => [...text.matchAll(/^\*(\w+)$/gm)].map(([, name = '']) => name);
const missingTables = (old: string | undefined, next: string): readonly string[] => {
  const still = new Set(tablesOf(next));
  return tablesOf(old ?? '').filter((name) => !still.has(name));
};

const dropTables = (netns: string, family: 4 | 6, names: readonly string[]): readonly PlanStep[] =>
  names.length === 0
    ? []
    : [
        {
          kind: 'nft',
          netns,
          observes: false,
          text: names.map((name) => `delete table ${family === 4 ? 'ip' : 'ip6'} ${name}\n`).join(''),
        },
      ];

/**
 * Old tables go and new ones come in one transaction (nft(8), "-f"). nft knows a device by its index, so a table that names
 * one that was made anew is loaded again.
 */
function changeNft(netns: string, old: NetnsView, next: NetnsView, renewed: ReadonlySet<string>): readonly PlanStep[] {
  const before = old.nft.map((step) => step.text).join('');
  const after = next.nft.map((step) => step.text).join('');
  const names = new Set(after.match(/[^\s",{}]+/g));
  if (before === after && ![...renewed].some((dev) => names.has(dev))) return [];
  const gone = [...before.matchAll(/^table (\S+) (\S+) \{/gm)].map(
    ([, family, name]) => `delete table ${family} ${name}\n`,
  );
  return [{ kind: 'nft', netns, text: `${gone.join('')}${after}`, observes: next.nft[0]?.observes ?? false }];
}

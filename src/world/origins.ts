import type { Issue } from '../base/index.ts';
import {
  addressJson,
  type Chain,
  classifierJson,
  type IpSet,
  type Iptables,
  linkJson,
  type Netns,
  type NftTable,
  neighbourJson,
  type Origin,
  parseJsonText,
  prefixEntriesJson,
  printElement,
  printIpSetElement,
  printNftRule,
  printRule,
  type Ruleset,
  routeJson,
  ruleJson,
  SAVE_ORDER,
  showFrontend,
  showVirtualServer,
  type Table,
} from '../linux/index.ts';
import { DecodeContext, list } from './decode.ts';
import { decodeOrigin } from './directory-json.ts';

type HasOrigin = { readonly origin?: Origin };
type Visit = <T extends HasOrigin>(artefact: string, key: string, item: T) => T;

/** The parts of a namespace whose entries say who wrote them. */
export type WithOrigins = Partial<
  Pick<Netns, 'links' | 'addresses' | 'routes' | 'rules' | 'neighbours' | 'nft' | 'bpf' | 'ipsets' | 'ipvs' | 'lbMap'>
> & {
  readonly iptables?: Partial<Iptables>;
};

/**
 * `origins.json`: for each artefact file, the entry's canonical text and who wrote it, an index into `origins`. Keyed by
 * text, not by line, so that it still fits after a user deleted or moved lines; entries with the same text are counted
 * off in order, -1 where one has no origin.
 */
export function printOrigins(netns: WithOrigins): string | undefined {
  const origins = new Map<string, number>();
  const artefacts = new Map<string, Map<string, number[]>>();
  eachEntry(netns, (artefact, key, item) => {
    const keys = artefacts.get(artefact) ?? new Map<string, number[]>();
    artefacts.set(artefact, keys);
    const text = item.origin === undefined ? undefined : JSON.stringify(item.origin);
    const index = text === undefined ? -1 : (origins.get(text) ?? origins.size);
    if (text !== undefined) origins.set(text, index);
    const found = keys.get(key);
    if (found === undefined) keys.set(key, [index]);
    else found.push(index);
    return item;
  });
  if (origins.size === 0) return undefined;
  const sections = [`  "origins": [\n${[...origins.keys()].map((text) => `    ${text}`).join(',\n')}\n  ]`];
  for (const [artefact, keys] of artefacts) {
    const lines = [...keys].filter(([, indexes]) => indexes.some((index) => index >= 0));
    if (lines.length === 0) continue;
    const body = lines.map(([key, indexes]) => `    ${JSON.stringify([key, ...indexes])}`).join(',\n');
    sections.push(`  ${JSON.stringify(artefact)}: [\n${body}\n  ]`);
  }
  return `{\n${sections.join(',\n')}\n}\n`;
}

/** Puts the origins of `origins.json` back on the entries they name. */
export function attachOrigins<T extends WithOrigins>(netns: T, text: string, file: string, issues: Issue[]): T {
  const parsed = parseJsonText(text, file);
  issues.push(...parsed.issues);
  if (parsed.issues.length > 0) return netns;
  const context = new DecodeContext(file, text);
  const top = typeof parsed.value === 'object' && parsed.value !== null ? Object.entries(parsed.value) : [];
  const raw = top.find(([key]) => key === 'origins')?.[1] as unknown;
  const origins = list(decodeOrigin)(raw, context, '.origins') ?? [];
  const wanted = new Map<string, number[]>();
  for (const [artefact, lines] of top as readonly (readonly [string, unknown])[]) {
    if (artefact === 'origins') continue;
    (Array.isArray(lines) ? (lines as unknown[]) : []).forEach((line, index) => {
      const [key, ...indexes] = Array.isArray(line) ? (line as unknown[]) : [];
      const numbers = indexes.filter((item) => typeof item === 'number');
      if (typeof key === 'string' && numbers.length === indexes.length) wanted.set(`${artefact}\n${key}`, numbers);
      else context.report(`.${artefact}[${index}]`, 'Not a line with its origins', 'a list such as ["TEXT", 0]');
    });
  }
  issues.push(...context.issues);
  const used = new Map<string, number>();
  return eachEntry(netns, (artefact, key, item) => {
    const full = `${artefact}\n${key}`;
    const at = used.get(full) ?? 0;
    used.set(full, at + 1);
    const origin = origins[wanted.get(full)?.[at] ?? -1];
    return origin === undefined ? item : { ...item, origin };
  });
}

/** Visits every entry that may have an origin, in artefact order, and rebuilds what holds it. */
function eachEntry<T extends WithOrigins>(netns: T, visit: Visit): T {
  const json = <E extends HasOrigin>(artefact: string, items: readonly E[], text: (item: E) => unknown): readonly E[] =>
    items.map((item) => visit(artefact, JSON.stringify(text(item)), item));
  const { links, addresses, routes, rules, neighbours, nft, iptables, bpf, ipsets, ipvs, lbMap } = netns;
  return {
    ...netns,
    ...(links === undefined ? {} : { links: json('ip-link.json', links, linkJson) }),
    ...(addresses === undefined ? {} : { addresses: json('ip-addr.json', addresses, addressJson) }),
    ...(routes === undefined ? {} : { routes: json('ip-route.json', routes, routeJson) }),
    ...(rules === undefined ? {} : { rules: json('ip-rule.json', rules, ruleJson) }),
    ...(neighbours === undefined ? {} : { neighbours: json('ip-neigh.json', neighbours, neighbourJson) }),
    ...(iptables === undefined
      ? {}
      : {
          iptables: {
            ...iptables,
            ...(iptables.ip === undefined ? {} : { ip: eachRule('iptables-save', iptables.ip, visit) }),
            ...(iptables.ip6 === undefined ? {} : { ip6: eachRule('ip6tables-save', iptables.ip6, visit) }),
          },
        }),
    ...(bpf === undefined
      ? {}
      : {
          bpf: {
            classifiers: json('bpf-net.json', bpf.classifiers, classifierJson),
            entries: json('bpf-map.json', bpf.entries, prefixEntriesJson),
          },
        }),
    ...(nft === undefined ? {} : { nft: nft.map((table) => eachNftRule(table, visit)) }),
    ...(ipsets === undefined ? {} : { ipsets: ipsets.map((set) => eachSetElement(set, visit)) }),
    ...(ipvs === undefined
      ? {}
      : { ipvs: ipvs.map((service) => visit('ipvsadm-save', showVirtualServer(service), service)) }),
    ...(lbMap === undefined
      ? {}
      : { lbMap: lbMap.map((front) => visit('cilium-bpf-lb-list', showFrontend(front), front)) }),
  };
}

/** Visited in one order whoever made the maps, so that the same World is the same bytes; rebuilt in their own. */
function eachRule(artefact: string, ruleset: Ruleset, visit: Visit): Ruleset {
  const visited = new Map<string, Table>();
  for (const name of SAVE_ORDER) {
    const table = ruleset.get(name);
    if (table === undefined) continue;
    const chains = new Map<string, Chain>();
    for (const chain of [...table.chains.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const rules = chain.rules.map((rule) => visit(artefact, `${name} ${printRule(chain.name, rule)}`, rule));
      chains.set(chain.name, { ...chain, rules });
    }
    const inOrder = [...table.chains].map(([key, chain]) => [key, chains.get(key) ?? chain] as const);
    visited.set(name, { ...table, chains: new Map(inOrder) });
  }
  return new Map([...ruleset].map(([name, table]) => [name, visited.get(name) ?? table]));
}

const eachSetElement = (set: IpSet, visit: Visit): IpSet => ({
  ...set,
  elements: set.elements.map((element) => visit('ipset-save', `${set.name} ${printIpSetElement(element)}`, element)),
});

function eachNftRule(table: NftTable, visit: Visit): NftTable {
  const where = `${table.family} ${table.name}`;
  const objects = table.objects.map((each) => {
    if (each.kind === 'unsupported') return each;
    const elements = each.elements.map((element) =>
      visit('nft-list-ruleset', `${where} @${each.name} ${printElement(element, each.type)}`, element),
    );
    return { ...each, elements };
  });
  const chains = table.chains.map((chain) => ({
    ...chain,
    rules: chain.rules.map((rule) =>
      visit('nft-list-ruleset', `${where} ${chain.name} ${printNftRule(rule, table.family)}`, rule),
    ),
  }));
  return { ...table, objects, chains };
}

import type { Issue, Parsed } from '../base/index.ts';
import {
  type IpRule,
  type Origin,
  parseIpJsonRoute,
  parseIpJsonRule,
  parseIpRouteText,
  parseIpRuleText,
  type Route,
  type Rule,
  type Ruleset,
} from '../linux/index.ts';
import type { Family } from '../net/index.ts';
import { ARTEFACT_FILES, type NamedText, type PartialNetns, readArtefacts } from '../world/index.ts';

/** Text forms people collect instead of JSON, and IPv6 in files of its own. */
const TEXT_FORMS: Readonly<Record<string, { readonly kind: 'route' | 'rule'; readonly family: Family }>> = {
  'ip-route': { kind: 'route', family: 4 },
  'ip-6-route': { kind: 'route', family: 6 },
  'ip-rule': { kind: 'rule', family: 4 },
  'ip-6-rule': { kind: 'rule', family: 6 },
};

/** Lists that are read as JSON alone. */
const JSON_ALONE: Readonly<Record<string, string>> = {
  'ip-link.json': 'ip -d -j link',
  'ip-addr.json': 'ip -j addr',
  'ip-neigh.json': 'ip -j neigh',
};

const isOtherForm = ({ path, text }: NamedText): boolean => !path.endsWith('.json') && !/^\s*\[/.test(text);

const textForm = ({ path }: NamedText, command: string): Issue => ({
  code: 'unknown-file',
  severity: 'warning',
  at: { file: path },
  message: 'The text form of this list is not read',
  hint: `collect "${command}"`,
});

/**
 * A node's dump: any subset of a World folder's artefacts, and the text forms `ip-route`, `ip-rule`, `ip-6-route`,
 * `ip-6-rule` (with or without `.txt` or `.json`). `iptables -S` output is taken where iptables-save is expected.
 */
export function readNodeDump(_name: string, files: ReadonlyMap<string, NamedText>): Parsed<PartialNetns> {
  const issues: Issue[] = [];
  const routes: Route[] = [];
  const rules: IpRule[] = [];
  const rest = new Map<string, NamedText>();
  let texts = 0;
  for (const [name, file] of files) {
    const form = (ARTEFACT_FILES as readonly string[]).includes(name)
      ? undefined
      : TEXT_FORMS[name.replace(/\.(?:txt|json)$/, '')];
    if (form === undefined) {
      const command = JSON_ALONE[name];
      if (command !== undefined && isOtherForm(file)) issues.push(textForm(file, command));
      else rest.set(name, file);
      continue;
    }
    texts++;
    const json = /^\s*\[/.test(file.text);
    if (form.kind === 'route')
      collect(
        (json ? parseIpJsonRoute : parseIpRouteText)(file.text, file.path, form.family, 'printed'),
        routes,
        issues,
      );
    else
      collect((json ? parseIpJsonRule : parseIpRuleText)(file.text, file.path, form.family, 'printed'), rules, issues);
  }
  const read = readArtefacts(rest);
  issues.push(...read.issues);
  const value =
    texts === 0
      ? read.value
      : {
          ...read.value,
          ...(routes.length === 0 ? {} : { routes: [...(read.value.routes ?? []), ...routes] }),
          ...(rules.length === 0 ? {} : { rules: [...(read.value.rules ?? []), ...rules] }),
        };
  return { value: withOrigins(value, files), issues };
}

function collect<T>(parsed: Parsed<readonly T[]>, into: T[], issues: Issue[]): void {
  for (const item of parsed.value) into.push(item);
  issues.push(...parsed.issues);
}

/** Every entry says that it was dumped, and from which file, unless the dump itself knows better. */
function withOrigins(partial: PartialNetns, files: ReadonlyMap<string, NamedText>): PartialNetns {
  const originOf = (...names: readonly string[]): Origin => {
    const file = names.map((name) => files.get(name)).find((found) => found !== undefined);
    return { by: 'dump', ...(file === undefined ? {} : { at: { file: file.path } }) };
  };
  const mark = <T extends { readonly origin?: Origin }>(items: readonly T[], origin: Origin): readonly T[] =>
    items.map((item) => (item.origin === undefined ? { ...item, origin } : item));
  const { links, addresses, routes, rules, neighbours, iptables } = partial;
  return {
    ...partial,
    ...(links === undefined ? {} : { links: mark(links, originOf('ip-link.json')) }),
    ...(addresses === undefined ? {} : { addresses: mark(addresses, originOf('ip-addr.json')) }),
    ...(routes === undefined ? {} : { routes: mark(routes, originOf('ip-route.json', 'ip-route', 'ip-route.txt')) }),
    ...(rules === undefined ? {} : { rules: mark(rules, originOf('ip-rule.json', 'ip-rule', 'ip-rule.txt')) }),
    ...(neighbours === undefined ? {} : { neighbours: mark(neighbours, originOf('ip-neigh.json')) }),
    ...(iptables === undefined
      ? {}
      : {
          iptables: {
            ...iptables,
            ...(iptables.ip === undefined
              ? {}
              : { ip: markRules(iptables.ip, (own) => mark(own, originOf('iptables-save'))) }),
            ...(iptables.ip6 === undefined
              ? {}
              : { ip6: markRules(iptables.ip6, (own) => mark(own, originOf('ip6tables-save'))) }),
          },
        }),
  };
}

const markRules = (ruleset: Ruleset, mark: (rules: readonly Rule[]) => readonly Rule[]): Ruleset =>
  new Map(
    [...ruleset].map(([name, table]) => [
      name,
      {
        ...table,
        chains: new Map([...table.chains].map(([chain, value]) => [chain, { ...value, rules: mark(value.rules) }])),
      },
    ]),
  );

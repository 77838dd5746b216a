import type { Ip } from '../../net/index.ts';
import type { Listener, ListenerCondition, ListenerRule } from '../load-balancers.ts';
import { matchesGlobInAnyCase } from './glob.ts';
import { type ListenerRequest, matchRule } from './match-rule.ts';

/** Of what a rule lists, as many hosts with as many paths are tried: ELBv2 allows five values a rule. */
const MAX_TRIED = 100;

/**
 * A GET that meets `rule` of a listener, and no rule before it, over a connection from `peer`: by the first host and path of its
 * conditions that do, a wildcard filled with as little as it takes. `hosts` are names to prefer, and those called where the rule
 * has none. Undefined where no such request is found.
 */
export function requestFor(
  listener: Pick<Listener, 'rules'>,
  rule: ListenerRule,
  peer: Ip,
  hosts: readonly string[],
): ListenerRequest | undefined {
  const { conditions } = rule;
  const headers = conditions.flatMap((each) =>
    each.field === 'http-header' ? [{ name: each.name, value: each.values.map(filled)[0] ?? '' }] : [],
  );
  const query = conditions.flatMap((each) => (each.field === 'query-string' ? each.values.slice(0, 1) : []));
  const rest = {
    method: 'GET',
    query: query.map(({ key = 'x', value }) => `${filled(key)}=${filled(value)}`).join('&'),
    headers,
  };
  for (const { host, path } of tried(conditions, hosts)) {
    const request = { ...rest, host, path };
    const match = matchRule(listener, request, { ip: peer, standIn: undefined });
    if (match?.kind === 'matched' && match.rule === rule) return request;
  }
  return undefined;
}

const filled = (glob: string): string => glob.replaceAll('*', '').replaceAll('?', 'x') || 'x';

function tried(
  conditions: readonly ListenerCondition[],
  names: readonly string[],
): readonly Pick<ListenerRequest, 'host' | 'path'>[] {
  const hosts = valuesOf(conditions, 'host-header')?.flatMap((glob) => hostsOf(glob, names)) ?? names;
  const paths = valuesOf(conditions, 'path-pattern')?.map(pathOf) ?? ['/'];
  return hosts.flatMap((host) => paths.map((path) => ({ host, path })).slice(0, MAX_TRIED)).slice(0, MAX_TRIED);
}

function valuesOf(
  conditions: readonly ListenerCondition[],
  field: 'host-header' | 'path-pattern',
): readonly string[] | undefined {
  const found = conditions.find((each) => each.field === field);
  return found?.field === field ? found.values : undefined;
}

/** `*.example.com`: a name that is known, else one made up. */
function hostsOf(glob: string, names: readonly string[]): readonly string[] {
  if (!/[*?]/.test(glob)) return [glob.toLowerCase()];
  const known = names.filter((name) => matchesGlobInAnyCase(glob, name));
  return [...known, glob.toLowerCase().replaceAll(/[*?]/g, 'x')];
}

function pathOf(glob: string): string {
  const text = glob.replaceAll('*', '').replaceAll('?', 'x');
  return text.startsWith('/') ? text : `/${text}`;
}

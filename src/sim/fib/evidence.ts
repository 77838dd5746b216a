import type { IpRule, Origin, Route } from '../../linux/index.ts';
import { DEFAULT_TABLE, LOCAL_TABLE, MAIN_TABLE } from '../../linux/index.ts';
import type { Evidence } from '../../trace/index.ts';
import type { Host } from '../types.ts';
import type { Indexed } from './create-fib.ts';

export const tableName = (table: number): string =>
  table === MAIN_TABLE ? 'main' : table === LOCAL_TABLE ? 'local' : table === DEFAULT_TABLE ? 'default' : String(table);

export function ruleEvidence(host: Host, rule: Indexed<IpRule>): Evidence {
  rule.evidence ??= evidence(`${host.folder}/ip-rule.json`, rule.index, showRule(rule.entry), rule.entry.origin);
  return rule.evidence;
}

export function routeEvidence(host: Host, route: Indexed<Route>): Evidence {
  route.evidence ??= evidence(`${host.folder}/ip-route.json`, route.index, showRoute(route.entry), route.entry.origin);
  return route.evidence;
}

/** One entry a line between the brackets of a JSON list: entry 0 is on line 2. */
function evidence(file: string, index: number, text: string, origin: Origin | undefined): Evidence {
  return {
    plane: 'sim',
    artefact: { file, line: index + 2 },
    text,
    ...(origin === undefined ? {} : { by: origin.by }),
    ...(origin?.because === undefined ? {} : { setting: origin.because }),
  };
}

/** As `ip rule` prints it. */
function showRule(rule: IpRule): string {
  const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;
  const ports = (range: { from: number; to: number }): string =>
    range.from === range.to ? `${range.from}` : `${range.from}-${range.to}`;
  const { src, dst, fwmark, fwmask, action } = rule;
  const words = [`${rule.priority}:`, ...(rule.not ? ['not'] : []), 'from', src === undefined ? 'all' : bare(src)];
  if (dst !== undefined) words.push('to', bare(dst));
  if (rule.tos !== undefined) words.push('tos', hex(rule.tos));
  if (fwmark !== undefined) {
    words.push(
      'fwmark',
      fwmask === undefined || fwmask >>> 0 === 0xffffffff ? hex(fwmark) : `${hex(fwmark)}/${hex(fwmask)}`,
    );
  }
  if (rule.iif !== undefined) words.push('iif', rule.iif);
  if (rule.oif !== undefined) words.push('oif', rule.oif);
  if (rule.ipproto !== undefined) words.push('ipproto', rule.ipproto);
  if (rule.sport !== undefined) words.push('sport', ports(rule.sport));
  if (rule.dport !== undefined) words.push('dport', ports(rule.dport));
  if (rule.unsupported !== undefined) words.push(rule.unsupported);
  if (action.kind === 'lookup') {
    words.push('lookup', tableName(action.table));
    if (action.suppressPrefixlength !== undefined)
      words.push('suppress_prefixlength', `${action.suppressPrefixlength}`);
  } else words.push(action.kind, ...(action.kind === 'goto' ? [`${action.target}`] : []));
  return words.join(' ');
}

/** As `ip route show table all` prints it. */
function showRoute(route: Route): string {
  const words: string[] = route.type === 'unicast' ? [] : [route.type];
  words.push(route.dst.prefix === 0 ? 'default' : bare(route.dst));
  if (route.gateway !== undefined) words.push('via', route.gateway);
  if (route.dev !== undefined) words.push('dev', route.dev);
  if (route.table !== MAIN_TABLE) words.push('table', tableName(route.table));
  if (route.protocol !== 'boot') words.push('proto', route.protocol);
  if (route.scope !== 'global' && route.family === 4) words.push('scope', route.scope);
  if (route.prefsrc !== undefined) words.push('src', route.prefsrc);
  if (route.metric !== undefined) words.push('metric', `${route.metric}`);
  if (route.mtu !== undefined) words.push('mtu', `${route.mtu}`);
  for (const hop of route.nexthops ?? []) {
    words.push(
      'nexthop',
      ...(hop.gateway === undefined ? [] : ['via', hop.gateway]),
      'dev',
      hop.dev,
      'weight',
      `${hop.weight}`,
    );
  }
  return [...words, ...route.flags].join(' ');
}

const bare = (block: { readonly family: 4 | 6; readonly prefix: number; readonly text: string }): string =>
  block.prefix === (block.family === 4 ? 32 : 128) ? block.text.slice(0, block.text.indexOf('/')) : block.text;

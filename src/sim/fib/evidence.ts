import { type IpRule, type Origin, type Route, showRoute, showRule, tableName } from '../../linux/index.ts';
import type { Evidence } from '../../trace/index.ts';
import type { Host } from '../types.ts';
import type { Indexed } from './indexed.ts';

export { tableName };

export function ruleEvidence(host: Host, rule: Indexed<IpRule>): Evidence {
  rule.evidence ??= evidence(
    `${host.folder}/ip-rule.json`,
    rule.index,
    showRule(rule.entry).replace('\t', ' '),
    rule.entry.origin,
  );
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

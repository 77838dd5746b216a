import {
  type IpRule,
  type Origin,
  placeOfEntry,
  type Route,
  showRoute,
  showRule,
  tableName,
  type Written,
} from '../../linux/index.ts';
import type { Evidence } from '../../trace/index.ts';
import type { Host } from '../types.ts';
import type { Indexed } from './indexed.ts';

export { tableName };

export function ruleEvidence(host: Host, rule: Indexed<IpRule>): Evidence {
  const { entry } = rule;
  rule.evidence ??= evidence(host, 'ip-rule.json', rule, showRule(entry).replace('\t', ' '));
  return rule.evidence;
}

export function routeEvidence(host: Host, route: Indexed<Route>): Evidence {
  route.evidence ??= evidence(host, 'ip-route.json', route, showRoute(route.entry));
  return route.evidence;
}

function evidence(
  host: Host,
  artefact: string,
  { entry, index }: Indexed<{ readonly written?: Written; readonly origin?: Origin }>,
  text: string,
): Evidence {
  const { written, origin } = entry;
  return {
    plane: 'sim',
    artefact: placeOfEntry(host.folder, artefact, index, written),
    text,
    ...(origin === undefined ? {} : { by: origin.by }),
    ...(origin?.because === undefined ? {} : { setting: origin.because }),
  };
}

import { fewOf } from '../../../base/index.ts';
import { type Eni, type FabricOrigin, type SecurityGroup, showRule } from '../../../fabric/index.ts';
import type { Guard } from './filter-index.ts';
import type { Way } from './tracked-flows.ts';

/** `vpc.yaml:12`: where a rule stands in the input. */
export function lineOf(origin: FabricOrigin | undefined): string | undefined {
  const at = origin?.at;
  if (at === undefined) return origin?.by;
  return at.line === undefined ? at.file : `${at.file}:${at.line}`;
}

/** The same, behind whoever wrote it where that was not the user: `aws-load-balancer-controller, service.yaml:2`. */
export function writerOf(origin: FabricOrigin | undefined): string | undefined {
  const line = lineOf(origin);
  return origin === undefined || origin.by === 'input' || line === origin.by ? line : `${origin.by}, ${line}`;
}

/** `sg-db (database), sg-ops` */
export const namesOf = (groups: readonly SecurityGroup[]): string =>
  groups.map(({ id, name }) => (name === undefined || name === id ? id : `${id} (${name})`)).join(', ');

const MOST_RULES = 6;

/** The rules that were read and did not fit. */
export function rulesText(eni: Eni, { groups, rules }: Guard, way: Way): string {
  const read = rules[way].map(({ rule }) => showRule(way, rule));
  const said = read.length === 0 ? 'no rule' : fewOf(read, MOST_RULES, '; ');
  return `${eni.id} ${groups.map(({ id }) => id).join(', ')} ${way}: ${said}`;
}

/** Where its groups are described. */
export const placesOf = ({ groups }: Guard): string =>
  [...new Set(groups.flatMap(({ origin }) => writerOf(origin) ?? []))].join(', ');

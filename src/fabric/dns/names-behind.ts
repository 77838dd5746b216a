import { plainName } from '../../net/index.ts';
import type { Dns } from '../types.ts';
import { recordsByName } from './records-by-name.ts';

/**
 * These names, and those whose addresses they are answered with: an alias record has none of its own (Route 53 guide, alias
 * records). Not those whose answer is given: nothing stands behind it.
 */
export function namesBehind({ upstream }: Pick<Dns, 'upstream'>, names: readonly string[]): ReadonlySet<string> {
  const zone = recordsByName(upstream);
  const found = new Set<string>();
  for (const text of names) {
    const name = plainName(text);
    const records = (zone.get(name) ?? []).filter((record) => 'addresses' in record);
    if (records.some(({ asGiven }) => asGiven === true)) continue;
    found.add(name);
    for (const { aliasOf } of records) if (aliasOf !== undefined) found.add(aliasOf);
  }
  return found;
}

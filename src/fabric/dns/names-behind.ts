import { plainName } from '../../net/index.ts';
import type { Dns } from '../types.ts';
import { recordsByName } from './records-by-name.ts';

/** These names, and those whose addresses they are answered with: an alias record has none of its own (Route 53 guide, alias records). */
export function namesBehind({ upstream }: Pick<Dns, 'upstream'>, names: readonly string[]): ReadonlySet<string> {
  const zone = recordsByName(upstream);
  const found = new Set<string>();
  for (const text of names) {
    const name = plainName(text);
    found.add(name);
    for (const record of zone.get(name) ?? [])
      if ('addresses' in record && record.aliasOf !== undefined) found.add(record.aliasOf);
  }
  return found;
}

import { plainName } from '../../net/index.ts';
import type { Dns } from '../types.ts';
import { recordsByName } from './records-by-name.ts';

/** Longer than any chain a server follows: what does not close within it is no circle to tell of. */
const MAX_ALIASES = 32;

/** The aliases behind a name that lead back to one of themselves, `[a, b, a]`: behind them no server finds an address. */
export function aliasCircle(dns: Dns, name: string): readonly string[] | undefined {
  const cluster = recordsByName(dns.cluster);
  const upstream = recordsByName(dns.upstream);
  const met: string[] = [];
  let owner = plainName(name);
  while (met.length < MAX_ALIASES) {
    const before = met.indexOf(owner);
    if (before >= 0) return [...met.slice(before), owner];
    met.push(owner);
    const records = owner.endsWith(`.${dns.clusterDomain}`) ? cluster.get(owner) : upstream.get(owner);
    const alias = records?.find((record) => record.type === 'CNAME');
    if (alias?.type !== 'CNAME' || records?.some(({ type }) => type === 'A' || type === 'AAAA')) return undefined;
    owner = plainName(alias.target);
  }
  return undefined;
}

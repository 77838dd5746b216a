import { aliasCircle, type DnsUnmodelled } from '../fabric/index.ts';
import type { NetnsId, ResolvConf } from '../linux/index.ts';
import { plainName } from '../net/index.ts';
import type { World } from '../world/index.ts';
import type { Resolution } from './question.ts';
import type { Sender } from './target.ts';

interface UnknownName {
  readonly name: string;
  readonly what: string;
}

const NO_CONF: ResolvConf = { nameservers: [], search: [], options: [] };

/**
 * What stands between a lookup and a sure answer: something the input has and the model does not, or a name of the
 * public DNS that nobody in the input gave an address. The cluster's and the VPC's own zones are known whole, so that a
 * name missing there does not exist.
 */
export function unknownName(
  world: World,
  { netns, resolvConf }: Pick<Sender, 'netns' | 'resolvConf'>,
  name: string,
  resolved: Resolution,
): UnknownName | undefined {
  if (resolved.queries.some(({ answeredBy }) => answeredBy === 'hosts')) return undefined;
  if (circleAmong(world, resolved) !== undefined) return undefined;
  const conf = resolvConf ?? world.netns.get(netns)?.resolvConf ?? NO_CONF;
  const asked = plainName(name);
  const led = [asked, ...resolved.queries.map((query) => plainName(query.name))].find(
    (each) => endOfAliases(world, each) !== each,
  );
  const end = endOfAliases(world, led ?? asked);
  const heard = heardOf(resolved);
  const candidates = new Set([asked, ...resolved.queries.map((query) => query.name)].filter(heard));
  if (heard(led ?? asked)) candidates.add(end);
  for (const entry of world.fabric.dns.unmodelled ?? []) {
    if (!concerns(entry, netns)) continue;
    const hit = [...candidates].find((candidate) => isUnder(candidate, entry.zone));
    if (hit !== undefined) return { name: hit, what: entry.what };
  }
  const last = resolved.queries.find((query) => plainName(query.name) === asked);
  const outside = resolved.silent.every(({ by }) => by === undefined);
  const missed = outside && (led === undefined ? last?.rcode === 'NXDOMAIN' : heard(led));
  if (resolved.addresses.length > 0 || !missed || !end.includes('.') || isKnownWhole(world, conf, end))
    return undefined;
  const zones = new Set(
    world.fabric.dns.upstream.flatMap(({ name: own, vpc }) => (own === end && vpc !== undefined ? [vpc] : [])),
  );
  const beside = zones.size === 0 ? '' : ` outside ${[...zones].join(', ')}, whose private zone has it`;
  return {
    name: asked,
    what: `Nobody in the input says what address ${end} has${beside}: a DnsName, or "dnsNames" of a Server, does`,
  };
}

/** The aliases one of the names led into, where they lead back to one of themselves and a name server said something of it. */
export function circleAmong({ fabric }: World, resolved: Resolution): readonly string[] | undefined {
  if (resolved.addresses.length > 0) return undefined;
  for (const name of new Set(resolved.queries.map((query) => query.name))) {
    const circle = aliasCircle(fabric.dns, name);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** Whether a name server said anything of a name that was asked for: where none did, what stands behind the name is no matter. */
function heardOf({ queries }: Resolution): (name: string) => boolean {
  const asked = new Set(queries.map((query) => plainName(query.name)));
  const answered = new Set(queries.filter(({ rcode }) => rcode !== 'SERVFAIL').map((query) => plainName(query.name)));
  return (name) => !asked.has(plainName(name)) || answered.has(plainName(name));
}

const isUnder = (name: string, zone: string): boolean => zone === '' || name === zone || name.endsWith(`.${zone}`);

const concerns = ({ asker }: DnsUnmodelled, netns: NetnsId): boolean =>
  asker.kind === 'anyone' || asker.netns === netns;

/** The cluster's zone, reverse zones, and the domains of the VPC that the search list names. */
const isKnownWhole = (world: World, conf: ResolvConf, name: string): boolean =>
  [world.fabric.dns.clusterDomain, 'in-addr.arpa', 'ip6.arpa', ...conf.search].some((zone) => isUnder(name, zone));

const MAX_ALIASES = 8;

/** Where CNAMEs of the input lead (an ExternalName Service): the last name, known or not. */
function endOfAliases(world: World, name: string): string {
  const { cluster, upstream } = world.fabric.dns;
  let end = name;
  for (let i = 0; i < MAX_ALIASES; i++) {
    const alias = [...cluster, ...upstream].find((record) => record.type === 'CNAME' && record.name === end);
    if (alias?.type !== 'CNAME') break;
    end = plainName(alias.target);
  }
  return end;
}

import { familyOf, type Ip, parseIp } from '../../net/index.ts';
import type { Corefile, Dns, DnsRecord } from '../types.ts';
import { answerUpstream, rrsOf } from './answer-upstream.ts';
import { recordsByName } from './records-by-name.ts';
import { reverseAddress, reverseName } from './reverse-name.ts';
import type { DnsAnswer, DnsQuestion, Rr } from './types.ts';

/** The Corefile EKS installs (coredns add-on). */
const EKS: Corefile = {
  pods: 'insecure',
  ttl: 5,
  cacheTtl: 30,
  reverseZones: ['in-addr.arpa', 'ip6.arpa'],
  fallthrough: ['in-addr.arpa', 'ip6.arpa'],
  unmodelled: [],
};
/** The least TTL the cache plugin gives (plugin/cache, minTTL), and that of `dns-version` (plugin/kubernetes). */
const MIN_TTL = 5;
const VERSION_TTL = 28_800;
/** plugin/backend_lookup.go, maxCnameChainLength. */
const MAX_CNAMES = 10;
/** `_port._protocol.service.namespace.svc`: a longer name is none (parseRequest). */
const MAX_LABELS = 5;

/** Records of a name the zone has (none of them may be of the asked type), or that it has no such name. */
type Found = readonly DnsRecord[] | 'no-name';

/**
 * CoreDNS with the Corefile of the input, else the one EKS installs, `kubernetes cluster.local in-addr.arpa ip6.arpa {
 * pods insecure; fallthrough in-addr.arpa ip6.arpa }`, `forward . /etc/resolv.conf`, `cache 30` (coredns 1.12.4,
 * plugin/kubernetes/handler.go, parse.go, kubernetes.go; plugin/backend_lookup.go). Shared by the model's resolver and by
 * the server of the lab. `loadbalance` shuffles the addresses of an answer: here they keep the zone's order. Nothing is
 * remembered, so a TTL never counts down.
 */
export function answerCluster(dns: Dns, question: DnsQuestion): DnsAnswer {
  const made = answer(dns, question);
  const unknown = gapOf(dns, question, made);
  return unknown === undefined ? capTtl(made, configOf(dns).cacheTtl) : { ...failure, unknown };
}

/** Whether the server had to ask outside: for the name, or for what an alias leads to there. */
export const isFromOutside = ({ clusterDomain }: Dns, { answeredBy, answers }: DnsAnswer): boolean =>
  answeredBy === 'upstream' || answers.some((rr) => rr.type === 'CNAME' && !rr.target.endsWith(`.${clusterDomain}`));

const configOf = (dns: Dns): Corefile => dns.corefile ?? EKS;

const failure: DnsAnswer = {
  rcode: 'SERVFAIL',
  authoritative: false,
  recursionAvailable: false,
  answers: [],
  authority: [],
  additional: [],
  answeredBy: 'coredns',
};

const within = (name: string, zone: string): boolean => zone === '.' || name === zone || name.endsWith(`.${zone}`);

/** Something in the Corefile may change what is said of the name, or of one an alias leads to. */
function gapOf(dns: Dns, { name }: DnsQuestion, { answers, answeredBy }: DnsAnswer): string | undefined {
  const { unmodelled } = configOf(dns);
  if (unmodelled.length === 0) return undefined;
  const outside = (target: string): boolean => !within(target, dns.clusterDomain);
  const names = [
    { name: name.toLowerCase(), forwarded: answeredBy === 'upstream' },
    ...answers.flatMap((rr) => (rr.type === 'CNAME' ? [{ name: rr.target, forwarded: outside(rr.target) }] : [])),
  ];
  return unmodelled.find((gap) =>
    names.some((each) => within(each.name, gap.zone) && (each.forwarded || !gap.forwarded)),
  )?.what;
}

function answer(dns: Dns, question: DnsQuestion): DnsAnswer {
  const name = question.name.toLowerCase();
  const { reverseZones, fallthrough, ttl } = configOf(dns);
  const zone = [dns.clusterDomain, ...reverseZones].find((each) => within(name, each));
  if (zone === undefined) return answerUpstream(dns, question);
  const { type } = question;
  if (type === 'AXFR' || type === 'IXFR') return { ...own([], [], []), rcode: 'REFUSED', authoritative: false };
  const soa = soaOf(zone, ttl);
  if (name === zone && type === 'SOA') return own([soa], [], []);
  if (name === zone && type === 'NS') return nameServers(dns, zone, soa);
  if (type === 'TXT' && name === `dns-version.${zone}`) return own([version(question.name)], [], []);
  const found = find(dns, name, zone, type);
  if (found === 'no-name' || (type === 'TXT' && found.length === 0))
    return fallthrough.some((each) => within(name, each))
      ? answerUpstream(dns, question)
      : { ...own([], [soa], []), rcode: 'NXDOMAIN' };
  const answers = answersFrom(dns, question, found, []);
  if (answers.length === 0) return own([], [soa], []);
  return own(answers, [], type === 'SRV' ? glue(dns, answers) : []);
}

const own = (answers: readonly Rr[], authority: readonly Rr[], additional: readonly Rr[]): DnsAnswer => ({
  rcode: 'NOERROR',
  authoritative: true,
  recursionAvailable: false,
  answers,
  authority,
  additional,
  answeredBy: 'coredns',
});

/**
 * What stands at a name: parseRequest, findPods, findServices and serviceRecordForIP in one. A name of the reverse zones
 * exists for PTR only; for TXT a name that only has children does not exist.
 */
function find(dns: Dns, name: string, zone: string, type: string): Found {
  const labels = name === zone ? [] : name.slice(0, -zone.length - 1).split('.');
  const kind = labels.at(-1);
  if (kind === undefined) return [];
  if (type === 'PTR' && zone !== dns.clusterDomain) return pointers(dns, name);
  if (name === `ns.dns.${zone}` && type !== 'PTR') return addressRecords(dns, name, dns.clusterDns);
  if (zone !== dns.clusterDomain || (kind !== 'svc' && kind !== 'pod') || labels.length > MAX_LABELS) return 'no-name';
  const [service, namespace] = [labels.at(-3), labels.at(-2)];
  if (namespace === undefined) return [];
  if (!dns.namespaces.includes(namespace)) return 'no-name';
  if (service === undefined) return [];
  if (kind === 'pod') return podRecords(dns, name, `${service}.${namespace}.pod.${zone}`);
  const named = recordsByName(dns.cluster).get(namedPort(labels, zone) ?? name);
  return named === undefined || named.length === 0 ? 'no-name' : named;
}

function pointers(dns: Dns, name: string): Found {
  const address = reverseAddress(name);
  const named = address === undefined ? [] : (recordsByName(dns.cluster).get(reverseName(address)) ?? []);
  return named.length === 0 ? 'no-name' : named;
}

/** `http.tcp.NAME.NAMESPACE.svc` asks for what `_http._tcp` does: stripUnderscore takes the signs away where they are. */
function namedPort(labels: readonly string[], zone: string): string | undefined {
  if (labels.length !== 5) return undefined;
  const [port = '', protocol = '', ...service] = labels;
  return [`_${port.replace(/^_/, '')}`, `_${protocol.replace(/^_/, '')}`, ...service, zone].join('.');
}

/**
 * `pods insecure`: 10-0-1-51.NAMESPACE.pod is 10.0.1.51, whoever that is; `verified`: only where such a pod is. What stands
 * left of it is not read (findPods).
 */
function podRecords(dns: Dns, name: string, pod: string): Found {
  const { pods } = configOf(dns);
  if (pods === 'disabled') return 'no-name';
  if (pods === 'verified') {
    const records = recordsByName(dns.cluster).get(pod) ?? [];
    return records.length === 0 ? 'no-name' : records;
  }
  const label = pod.split('.')[0] ?? '';
  const dashes = label.split('-').length - 1;
  const address = parseIp(label.replaceAll('-', dashes === 3 && !label.includes('--') ? '.' : ':'));
  return address === undefined ? 'no-name' : addressRecords(dns, name, [address]);
}

function addressRecords(dns: Dns, name: string, addresses: readonly Ip[]): readonly DnsRecord[] {
  const record = (type: 'A' | 'AAAA', family: 4 | 6): DnsRecord => ({
    name,
    type,
    addresses: addresses.filter((address) => familyOf(address) === family),
    ttl: configOf(dns).ttl,
  });
  return [record('A', 4), record('AAAA', 6)];
}

function answersFrom(dns: Dns, question: DnsQuestion, found: Exclude<Found, 'no-name'>, chain: readonly Rr[]): Rr[] {
  const { name, type } = question;
  const direct = found.filter((record) => record.type === type).flatMap((record) => rrsOf(record, name));
  if (direct.length > 0 || (type !== 'A' && type !== 'AAAA')) return direct;
  const alias = found.find((record) => record.type === 'CNAME');
  if (alias?.type === 'CNAME') return followAlias(dns, question, alias.target, chain);
  const ports = found.find((record) => record.type === 'SRV');
  if (ports?.type !== 'SRV') return [];
  // An address question for `_http._tcp.NAME` is answered with the addresses behind the port.
  const targets = new Set(ports.targets.map(({ target }) => target));
  return [...targets].flatMap((target) => addressesOf(dns, target, type, name));
}

/** plugin.A: inside the zone the alias is shown only when it leads to an address; outside, with whatever upstream says. */
function followAlias(dns: Dns, question: DnsQuestion, target: string, chain: readonly Rr[]): Rr[] {
  const alias: Rr = { name: question.name, ttl: configOf(dns).ttl, type: 'CNAME', target };
  const again = chain.some((rr) => rr.type === 'CNAME' && rr.target === target);
  const loops = target === question.name.toLowerCase() || target.endsWith(`.${question.name.toLowerCase()}`);
  if (again || loops || chain.length > MAX_CNAMES) return [];
  const next = { ...question, name: target };
  if (!within(target, dns.clusterDomain)) return [alias, ...answer(dns, next).answers];
  const found = find(dns, target, dns.clusterDomain, question.type);
  const beyond = found === 'no-name' ? [] : answersFrom(dns, next, found, [...chain, alias]);
  return beyond.length === 0 ? [] : [alias, ...beyond];
}

/** Addresses of the targets of SRV records, under their own names. */
function glue(dns: Dns, answers: readonly Rr[]): Rr[] {
  const targets = new Set(answers.flatMap((rr) => (rr.type === 'SRV' ? [rr.target] : [])));
  return [...targets].flatMap((target) => [
    ...addressesOf(dns, target, 'A', target),
    ...addressesOf(dns, target, 'AAAA', target),
  ]);
}

function addressesOf(dns: Dns, of: string, type: 'A' | 'AAAA', name: string): readonly Rr[] {
  const records = recordsByName(dns.cluster).get(of.toLowerCase()) ?? [];
  return records.filter((record) => record.type === type).flatMap((record) => rrsOf(record, name));
}

/** The version of the schema of names this server follows. */
const version = (name: string): Rr => ({ name, ttl: VERSION_TTL, type: 'TXT', text: '1.1.0' });

/** The Service in front of the name server itself, found by its own address (plugin/kubernetes/ns.go). */
function nameServers(dns: Dns, zone: string, soa: Rr): DnsAnswer {
  const { ttl } = configOf(dns);
  const owners = dns.clusterDns.map((address) => {
    const records = recordsByName(dns.cluster).get(reverseName(address)) ?? [];
    const pointer = records.find((record) => record.type === 'PTR');
    return { address, target: pointer?.type === 'PTR' ? pointer.target : `ns.dns.${zone}` };
  });
  if (owners.length === 0) return own([], [soa], []);
  const names = [...new Set(owners.map(({ target }) => target))];
  return own(
    names.map((target) => ({ name: zone, ttl, type: 'NS', target })),
    [],
    owners.map(({ address, target }) => ({
      name: target,
      ttl,
      type: familyOf(address) === 4 ? 'A' : 'AAAA',
      address,
    })),
  );
}

/** plugin/backend_lookup.go, SOA: what a denial carries. */
const soaOf = (zone: string, ttl: number): Rr => ({
  name: zone,
  ttl: Math.min(ttl, 300),
  type: 'SOA',
  mname: `ns.dns.${zone}`,
  rname: `hostmaster.${zone}`,
  refresh: 7200,
  retry: 1800,
  expire: 86400,
  minimum: ttl,
});

/** The cache plugin gives every record of a message the least TTL among them, between its bounds (ResponseWriter.WriteMsg). */
function capTtl(answer: DnsAnswer, longest: number | null): DnsAnswer {
  const all = [...answer.answers, ...answer.authority, ...answer.additional];
  if (all.length === 0 || longest === null) return answer;
  const least = all.reduce((ttl, rr) => Math.min(ttl, rr.ttl), longest);
  const ttl = Math.min(Math.max(MIN_TTL, least), longest);
  const capped = (list: readonly Rr[]): readonly Rr[] => list.map((rr) => ({ ...rr, ttl }));
  return {
    ...answer,
    answers: capped(answer.answers),
    authority: capped(answer.authority),
    additional: capped(answer.additional),
  };
}

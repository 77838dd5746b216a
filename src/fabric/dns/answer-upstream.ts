import { type Ip, nat64Of } from '../../net/index.ts';
import type { Dns, DnsRecord } from '../types.ts';
import { recordsByName } from './records-by-name.ts';
import type { DnsAnswer, DnsQuestion, Rr } from './types.ts';

/** Every resolver follows as many (unbound had the least, MAX_RESTART_COUNT, NLnetLabs/unbound#438); how many the VPC's follows is not published. */
const MAX_CNAMES = 8;

/** What CoreDNS makes of servers that do not answer (plugin/forward/forward.go, ServeDNS); behind an alias of its own, no record. */
const SERVFAIL: DnsAnswer = {
  rcode: 'SERVFAIL',
  authoritative: false,
  recursionAvailable: true,
  answers: [],
  authority: [],
  additional: [],
  answeredBy: 'coredns',
};

/**
 * The VPC's resolver, and any other outside the cluster: the question's records, aliases followed (RFC 1034 section 4.3.2).
 * Aliases in a circle end as unbound and PowerDNS end them (PowerDNS/pdns#14310); where another resolver answers with the
 * aliases alone, a client has no address either.
 * A name the input does not give does not exist. The denial carries no SOA: nobody said whose zone it is. With DNS64 a name
 * that has IPv4 addresses only has IPv6 ones of NAT64's block too (VPC guide, DNS64; RFC 6147 section 5.1.6).
 */
export function answerUpstream(dns: Dns, question: DnsQuestion): DnsAnswer {
  if (question.silent === true) return SERVFAIL;
  const own = recorded(dns, question);
  const { type, dns64 } = question;
  if (type !== 'AAAA' || dns64 !== true || own.answers.some((rr) => rr.type === 'AAAA')) return own;
  const { answers } = recorded(dns, { ...question, type: 'A' });
  return {
    ...own,
    answers: answers.map((rr) => (rr.type === 'A' ? { ...rr, type, address: nat64Of(rr.address) } : rr)),
  };
}

function recorded(dns: Dns, question: DnsQuestion): DnsAnswer {
  const zone = recordsByName(dns.upstream);
  const answers: Rr[] = [];
  const met = new Set<string>();
  let owner = question.name;
  let exists = false;
  while (true) {
    if (met.has(owner.toLowerCase())) return { ...SERVFAIL, answeredBy: 'upstream' };
    if (met.size > MAX_CNAMES) return { ...SERVFAIL, answeredBy: 'upstream', unknown: tooLong(question.name) };
    met.add(owner.toLowerCase());
    const records = zone.get(owner.toLowerCase());
    exists = records !== undefined; // of the last name of a chain (RFC 6604 section 3)
    if (records === undefined) break;
    const direct = records.filter((record) => record.type === question.type || question.type === 'ANY');
    const alias = records.find((record) => record.type === 'CNAME');
    if (direct.length > 0 || alias?.type !== 'CNAME') {
      answers.push(...direct.flatMap((record) => rrsOf(record, owner)));
      break;
    }
    answers.push(...rrsOf(alias, owner));
    owner = alias.target;
  }
  return {
    rcode: exists ? 'NOERROR' : 'NXDOMAIN',
    authoritative: false,
    recursionAvailable: true,
    answers,
    authority: [],
    additional: [],
    answeredBy: 'upstream',
  };
}

const tooLong = (name: string): string =>
  `${name} leads through more than ${MAX_CNAMES} aliases: whether a resolver outside the cluster follows so many is not known`;

/** A record of a zone as the records of a message, under the name that was asked. */
export function rrsOf(record: DnsRecord, name: string): readonly Rr[] {
  const { ttl } = record;
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return record.addresses.map((address: Ip): Rr => ({ name, ttl, type: record.type, address }));
    case 'CNAME':
    case 'PTR':
      return [{ name, ttl, type: record.type, target: record.target }];
    case 'SRV':
      return record.targets.map((target): Rr => ({ name, ttl, type: 'SRV', ...target }));
  }
}

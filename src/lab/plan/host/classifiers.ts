import {
  ANY_IP_PROTOCOL,
  type Bpf,
  type Classifier,
  type PrefixEntries,
  RESERVED_IP_PROTOCOL,
  type TrieValue,
} from '../../../linux/index.ts';
import { type Cidr, type Family, type Ip, type IpBits, ipFromBits, PrefixTrie, widthOf } from '../../../net/index.ts';
import { CLASSIFIER_TABLE } from '../names.ts';

/** Flows remembered in one direction of one device. */
const FLOWS = 65_536;
const WITH_PORTS = 'tcp, udp, sctp';

/**
 * Classifiers as one netdev table, for no program of the agent's is loaded here: hooks on the very sides of the devices
 * (net/core/dev.c: tc and netfilter's ingress follow one another, and so do netfilter's egress and tc). A set a direction
 * holds the flows that were let through, a map of intervals says which entry has an address.
 *
 *     chain ── seen before, or answers what was? accept ── map ── chain of the entry: return, or drop ── remember
 */
export function classifierTable({ classifiers, entries }: Bpf): string | undefined {
  if (classifiers.length === 0) return undefined;
  const maps = new Map<string, string>();
  const parts: string[] = [];
  const devices = [...new Set(classifiers.map(({ dev }) => dev))];
  for (const classifier of classifiers) {
    const key = `${classifier.family} ${classifier.state} ${classifier.map}`;
    if (maps.has(key)) continue;
    const name = `m${maps.size}`;
    maps.set(key, name);
    parts.push(mapText(name, classifier, entries));
  }
  devices.forEach((dev, at) => {
    const on = classifiers.filter((classifier) => classifier.dev === dev);
    for (const family of [4, 6] as const) {
      if (on.some((classifier) => classifier.family === family)) parts.push(...setTexts(`d${at}`, family));
    }
    on.forEach((classifier, nth) => {
      const map = maps.get(`${classifier.family} ${classifier.state} ${classifier.map}`) ?? '';
      parts.push(chainText(`d${at}`, nth, classifier, map));
    });
  });
  return `table netdev ${CLASSIFIER_TABLE} {\n${parts.join('')}}\n`;
}

const addressType = (family: Family): string => (family === 4 ? 'ipv4_addr' : 'ipv6_addr');
const header = (family: Family): string => (family === 4 ? 'ip' : 'ip6');

/** Flows by who let them through: what handle_ingress did, handle_egress answers for, and the other way round. */
const setTexts = (device: string, family: Family): readonly string[] => {
  const address = addressType(family);
  return (['handle_ingress', 'handle_egress'] as const).flatMap((program) => [
    `\tset ${setName(device, family, program)}_ports { type ${address} . inet_service . ${address} . inet_service . inet_proto; flags dynamic; size ${FLOWS}; }\n`,
    `\tset ${setName(device, family, program)}_flat { type ${address} . ${address} . inet_proto; flags dynamic; size ${FLOWS}; }\n`,
  ]);
};

const setName = (device: string, family: Family, program: Classifier['program']): string =>
  `${device}_${family}_${program}`;

function chainText(device: string, nth: number, { dev, side, program, family }: Classifier, map: string): string {
  const ip = header(family);
  const peer = program === 'handle_ingress' ? 'saddr' : 'daddr';
  const own = setName(device, family, program);
  const other = setName(device, family, program === 'handle_ingress' ? 'handle_egress' : 'handle_ingress');
  const name = `${device}_${nth}`;
  const way = `${ip} saddr . th sport . ${ip} daddr . th dport . meta l4proto`;
  const back = `${ip} daddr . th dport . ${ip} saddr . th sport . meta l4proto`;
  const flat = `${ip} saddr . ${ip} daddr . meta l4proto`;
  const flatBack = `${ip} daddr . ${ip} saddr . meta l4proto`;
  return [
    `\tchain ${name} {`,
    `\t\ttype filter hook ${side} device "${dev}" priority 0; policy accept;`,
    `\t\tmeta protocol != ${ip} accept`,
    ...(family === 6 ? ['\t\tmeta l4proto ipv6-icmp accept'] : []),
    `\t\tmeta l4proto { ${WITH_PORTS} } ${way} @${own}_ports accept`,
    `\t\tmeta l4proto { ${WITH_PORTS} } ${back} @${other}_ports accept`,
    `\t\tmeta l4proto != { ${WITH_PORTS} } ${flat} @${own}_flat accept`,
    `\t\tmeta l4proto != { ${WITH_PORTS} } ${flatBack} @${other}_flat accept`,
    `\t\t${ip} ${peer} vmap @${map}`,
    `\t\tmeta l4proto { ${WITH_PORTS} } add @${own}_ports { ${way} }`,
    `\t\tmeta l4proto != { ${WITH_PORTS} } add @${own}_flat { ${flat} }`,
    '\t}\n',
  ].join('\n');
}

/** Every address of the family in one interval: of its longest prefix, or of none. */
function mapText(name: string, { family, state, map }: Classifier, all: readonly PrefixEntries[]): string {
  const keys: Cidr[] = [];
  const trie = new PrefixTrie<readonly TrieValue[]>();
  for (const entries of all.filter(({ maps }) => maps.includes(map))) {
    for (const key of entries.keys.filter((each) => each.family === family)) {
      keys.push(key);
      trie.add(key, entries.values);
    }
  }
  const chains = new Map<string, string>();
  const chainOf = (values: readonly TrieValue[]): string => {
    const text = values.map(valueText).join('');
    const known = chains.get(text) ?? `${name}_v${chains.size}`;
    chains.set(text, known);
    return known;
  };
  const missing = state === 'DEFAULT_ALLOW' ? 'continue' : 'drop';
  const elements = intervals(keys, family).map(([first, last]) => {
    const found = trie.longest(first);
    const range = first === last ? first : `${first}-${last}`;
    return `${range} : ${found === undefined ? missing : `jump ${chainOf(found)}`}`;
  });
  const bodies = [...chains].map(([text, chain]) => `\tchain ${chain} {\n${text}\t\tdrop\n\t}\n`);
  return `${bodies.join('')}\tmap ${name} { type ${addressType(family)} : verdict; flags interval; elements = { ${elements.join(', ')} }; }\n`;
}

/** The family's addresses cut where a prefix begins or ends. */
function intervals(keys: readonly Cidr[], family: Family): readonly (readonly [first: Ip, last: Ip])[] {
  const end = 1n << BigInt(widthOf(family));
  const cuts = new Set<bigint>([0n]);
  for (const key of keys) cuts.add(BigInt(key.first)).add(BigInt(key.last) + 1n);
  const sorted = [...cuts].filter((cut) => cut < end).sort((a, b) => (a < b ? -1 : 1));
  return sorted.map((first, i) => [at(first, family), at((sorted[i + 1] ?? end) - 1n, family)]);
}

function at(bits: bigint, family: Family): Ip {
  const value: IpBits = family === 4 ? Number(bits) : bits;
  return ipFromBits(value, family);
}

/** One value of an entry as `inRange` reads it: what it has is let through. */
function valueText({ protocol, start_port, end_port }: TrieValue): string {
  if (protocol === RESERVED_IP_PROTOCOL) return '';
  const of = protocol === ANY_IP_PROTOCOL ? '' : `meta l4proto ${protocol} `;
  if (start_port === 0) return `\t\t${of}return\n`;
  const ports = end_port > start_port ? `${start_port}-${end_port}` : String(start_port);
  return `\t\t${of === '' ? `meta l4proto { ${WITH_PORTS} } ` : of}th dport ${ports} return\n`;
}

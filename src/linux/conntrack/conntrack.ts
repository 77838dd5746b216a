import type { Issue, Parsed } from '../../base/index.ts';
import { hasPorts, type Ip, type Protocol, parseIp, protocolNumber, protocolOf } from '../../net/index.ts';
import type { ConntrackEntry, Tuple } from './types.ts';

/** Counters, accounting and labels: no lookup reads them. */
const IGNORED = new Set([
  'use',
  'packets',
  'bytes',
  'secctx',
  'delta-time',
  'start',
  'stop',
  'labels',
  'timeout',
  'stream_timeout',
  'srckey',
  'dstkey',
  'helper',
  'vtag-orig',
  'vtag-reply',
]);

/** `conntrack -L [-o extended]` (conntrack-tools 1.4.7; libnetfilter_conntrack, src/conntrack/snprintf_default.c). */
export function parseConntrack(text: string, file: string): Parsed<ConntrackEntry[]> {
  const issues: Issue[] = [];
  const value: ConntrackEntry[] = [];
  text.split('\n').forEach((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || /^conntrack v\S+ \(conntrack-tools\)/.test(trimmed)) return;
    const report = (severity: Issue['severity'], message: string): void => {
      issues.push({ code: 'bad-conntrack', severity, at: { file, line: index + 1 }, message });
    };
    const entry = readEntry(trimmed, report);
    if (entry !== undefined) value.push(entry);
  });
  return { value, issues };
}

interface Draft {
  readonly fields: Map<string, string>[];
  readonly words: string[];
  readonly tail: Map<string, string>;
  readonly flags: Set<string>;
}

function readEntry(
  line: string,
  report: (severity: Issue['severity'], message: string) => void,
): ConntrackEntry | undefined {
  const draft: Draft = { fields: [], words: [], tail: new Map(), flags: new Set() };
  for (const word of line.replace(/^ipv[46]\s+(?:2|10)\s+/, '').split(/\s+/)) readWord(word, draft);
  const [, number = '', ...rest] = draft.words;
  const protocol = /^\d{1,3}$/.test(number) && Number(number) < 256 ? protocolOf(Number(number)) : undefined;
  const [first, second] = draft.fields;
  const original = protocol === undefined || first === undefined ? undefined : readTuple(protocol, first);
  const reply = protocol === undefined || second === undefined ? undefined : readTuple(protocol, second);
  if (original === undefined || reply === undefined) {
    report('error', `Not a conntrack entry: "${line.slice(0, 80)}"`);
    return undefined;
  }
  const numeric = /^\d+$/.test(rest[0] ?? '') ? Number(rest.shift()) : 0;
  const [state] = rest;
  for (const [key, value] of draft.tail)
    if (!['mark', 'zone'].includes(key)) report('warning', `"${key}=${value}" is not modelled`);
  for (const flag of draft.flags) {
    if (!['UNREPLIED', 'ASSURED', 'OFFLOAD', 'HW_OFFLOAD'].includes(flag))
      report('warning', `"[${flag}]" is not modelled`);
  }
  const zone = draft.tail.get('zone');
  return {
    original,
    reply,
    mark: Number(draft.tail.get('mark') ?? 0),
    ...(state === undefined ? {} : { state }),
    timeout: numeric,
    unreplied: draft.flags.has('UNREPLIED'),
    assured: draft.flags.has('ASSURED'),
    ...natSides(original, reply),
    ...(zone === undefined ? {} : { zone: Number(zone) }),
  };
}

/** The kernel sets IPS_SRC_NAT and IPS_DST_NAT exactly where the reply is not the mirrored original (nf_nat_core.c). */
export const natSides = (original: Tuple, reply: Tuple): { readonly srcNat: boolean; readonly dstNat: boolean } => {
  const ports = original.icmp === undefined;
  return {
    srcNat: reply.dst !== original.src || (ports ? reply.dport !== original.sport : reply.sport !== original.sport),
    dstNat: reply.src !== original.dst || (ports && reply.sport !== original.dport),
  };
};

function readWord(word: string, draft: Draft): void {
  const flag = /^\[(\w+)\]$/.exec(word)?.[1];
  if (flag !== undefined) {
    draft.flags.add(flag);
    return;
  }
  const equals = word.indexOf('=');
  if (equals < 1) {
    draft.words.push(word);
    return;
  }
  const key = word.slice(0, equals);
  const value = word.slice(equals + 1);
  if (key === 'src') draft.fields.push(new Map());
  if (IGNORED.has(key)) return;
  if (['src', 'dst', 'sport', 'dport', 'type', 'code', 'id'].includes(key)) draft.fields.at(-1)?.set(key, value);
  else draft.tail.set(key, value);
}

function readTuple(protocol: Protocol, fields: ReadonlyMap<string, string>): Tuple | undefined {
  const src: Ip | undefined = parseIp(fields.get('src') ?? '');
  const dst: Ip | undefined = parseIp(fields.get('dst') ?? '');
  if (src === undefined || dst === undefined) return undefined;
  const number = (key: string): number => Number(fields.get(key) ?? 0);
  if (isIcmp(protocol)) {
    const id = number('id');
    return { protocol, src, dst, sport: id, dport: id, icmp: { type: number('type'), code: number('code'), id } };
  }
  return { protocol, src, dst, sport: number('sport'), dport: number('dport') };
}

const isIcmp = (protocol: Protocol): boolean => protocol === 'icmp' || protocol === 'ipv6-icmp';

/** The table as `conntrack -L` prints it, in the given order. */
export const printConntrack = (entries: readonly ConntrackEntry[]): string =>
  entries.map((entry) => `${showConntrack(entry)}\n`).join('');

/** One line of `conntrack -L`. */
export function showConntrack(entry: ConntrackEntry): string {
  const { protocol } = entry.original;
  const name = protocol === 'ipv6-icmp' ? 'icmpv6' : KNOWN.has(protocol) ? String(protocol) : 'unknown';
  const words = [`${name.padEnd(8)} ${protocolNumber(protocol)}`, `${entry.timeout}`];
  if (entry.state !== undefined) words.push(entry.state);
  words.push(tupleText(entry.original));
  if (entry.unreplied) words.push('[UNREPLIED]');
  words.push(tupleText(entry.reply));
  if (entry.assured) words.push('[ASSURED]');
  words.push(`mark=${entry.mark}`);
  if (entry.zone !== undefined) words.push(`zone=${entry.zone}`);
  return [...words, 'use=1'].join(' ');
}

/** Protocols libnetfilter_conntrack has a name for. */
const KNOWN = new Set<Protocol>(['tcp', 'udp', 'udplite', 'sctp', 'icmp', 'gre', 'igmp', 'esp', 'ah']);

function tupleText({ protocol, src, dst, sport, dport, icmp }: Tuple): string {
  const addresses = `src=${src} dst=${dst}`;
  if (icmp !== undefined) return `${addresses} type=${icmp.type} code=${icmp.code} id=${icmp.id}`;
  return hasPorts(protocol) ? `${addresses} sport=${sport} dport=${dport}` : addresses;
}

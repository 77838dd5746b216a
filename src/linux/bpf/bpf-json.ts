import type { Issue, Parsed } from '../../base/index.ts';
import { type Cidr, parseCidr, protocolOf } from '../../net/index.ts';
import { JsonFields } from '../ip/json-fields.ts';
import { isRecord, type JsonEntry, printJsonLines, readJsonEntries } from '../ip/json-lines.ts';
import { ANY_IP_PROTOCOL, type Classifier, type PrefixEntries, RESERVED_IP_PROTOCOL, type TrieValue } from './types.ts';

const STATES = ['POLICIES_APPLIED', 'DEFAULT_ALLOW', 'DEFAULT_DENY'] as const;
const PROGRAMS = ['handle_ingress', 'handle_egress'] as const;
const MAX_PORT = 65_535;

/**
 * `bpf-net.json`: what `bpftool -j net show` lists under `tc`, with the pinned name of each program's map and the state its
 * second map holds (`aws-eks-na-cli ebpf loaded-ebpfdata`, `dump-maps`).
 */
export function parseBpfNet(text: string, file: string): Parsed<Classifier[]> {
  const entries = readJsonEntries(text, file);
  const issues: Issue[] = [...entries.issues];
  return { value: entries.value.flatMap((entry) => readClassifier(entry, issues) ?? []), issues };
}

function readClassifier(entry: JsonEntry, issues: Issue[]): Classifier | undefined {
  const fields = new JsonFields(entry, issues);
  const dev = fields.require(fields.text('devname'), 'devname');
  const kind = fields.require(fields.choice('kind', ['clsact/ingress', 'clsact/egress']), 'kind');
  const program = fields.require(fields.choice('name', PROGRAMS), 'name');
  const family = fields.require(fields.choice('family', ['inet', 'inet6']), 'family');
  const map = fields.require(fields.text('map'), 'map');
  const state = fields.require(fields.choice('state', STATES), 'state');
  fields.warnAboutRest(['ifindex', 'id']);
  if (fields.failed || dev === undefined || kind === undefined || program === undefined) return undefined;
  if (map === undefined || state === undefined) return undefined;
  const side = kind === 'clsact/ingress' ? 'ingress' : 'egress';
  return { dev, side, program, family: family === 'inet' ? 4 : 6, map, state };
}

/**
 * `bpf-map.json`: entries of maps of prefixes, those with one value on one line, its fields named as in the program's struct
 * lpm_trie_val. `map` and `key` are one name and one prefix, or a list of them.
 */
export function parseBpfMap(text: string, file: string): Parsed<PrefixEntries[]> {
  const entries = readJsonEntries(text, file);
  const issues: Issue[] = [...entries.issues];
  return { value: entries.value.flatMap((entry) => readEntry(entry, issues) ?? []), issues };
}

function readEntry(entry: JsonEntry, issues: Issue[]): PrefixEntries | undefined {
  const fields = new JsonFields(entry, issues);
  const maps = textsOf(fields.raw('map'));
  if (maps === undefined) fields.fail('Wrong "map"', 'the name of a map, or a list of names');
  const keys = textsOf(fields.raw('key'))?.map(parseCidr);
  if (keys === undefined || keys.includes(undefined)) fields.fail('Wrong "key"', 'a CIDR, or a list of CIDRs');
  const raw = fields.raw('value');
  const values = Array.isArray(raw) ? (raw as readonly unknown[]).map(readRange) : [];
  if (values.length === 0 || values.includes(undefined)) {
    fields.fail('Wrong "value"', 'a list such as [{"protocol":6,"start_port":80,"end_port":0}]');
  }
  fields.warnAboutRest([]);
  if (fields.failed || maps === undefined || keys === undefined) return undefined;
  const given = <T>(items: readonly (T | undefined)[]): readonly T[] => items.filter((item) => item !== undefined);
  return { maps, keys: given<Cidr>(keys), values: given<TrieValue>(values) };
}

function textsOf(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.filter((item) => typeof item === 'string');
  return texts.length === list.length && texts.length > 0 ? texts : undefined;
}

function readRange(value: unknown): TrieValue | undefined {
  if (!isRecord(value)) return undefined;
  const { protocol, start_port, end_port } = value;
  const known = upTo(protocol, 255) && upTo(start_port, MAX_PORT) && upTo(end_port, MAX_PORT);
  return known ? { protocol, start_port, end_port } : undefined;
}

const upTo = (value: unknown, max: number): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max;

export const printBpfNet = (classifiers: readonly Classifier[]): string =>
  printJsonLines(classifiers.map(classifierJson));

export const classifierJson = ({ dev, side, program, family, map, state }: Classifier): unknown => ({
  devname: dev,
  kind: `clsact/${side}`,
  name: program,
  family: family === 4 ? 'inet' : 'inet6',
  map,
  state,
});

export const printBpfMap = (entries: readonly PrefixEntries[]): string =>
  printJsonLines(entries.map(prefixEntriesJson));

export const prefixEntriesJson = ({ maps, keys, values }: PrefixEntries): unknown => ({
  map: oneOrList(maps),
  key: oneOrList(keys.map(({ text }) => text)),
  value: values,
});

const oneOrList = (texts: readonly string[]): string | readonly string[] =>
  texts.length === 1 ? (texts[0] ?? '') : texts;

/** `10.0.2.20/32: tcp 8080, udp 53-60, any protocol` */
export const showPrefixEntry = (key: Cidr, values: readonly TrieValue[]): string =>
  `${key.text}: ${values.map(showRange).join(', ')}`;

function showRange({ protocol, start_port, end_port }: TrieValue): string {
  if (protocol === RESERVED_IP_PROTOCOL) return 'nothing';
  const name = protocol === ANY_IP_PROTOCOL ? 'any protocol' : String(protocolOf(protocol));
  if (start_port === 0) return name;
  return `${name} ${start_port}${end_port > start_port ? `-${end_port}` : ''}`;
}

/** Whether a range lets a packet through, as the program asks it (tc.v4ingress.bpf.c evaluateNamespacePolicyByLookUp). */
export function inRange({ protocol, start_port, end_port }: TrieValue, number: number, port: number): boolean {
  if (protocol !== ANY_IP_PROTOCOL && protocol !== number) return false;
  return start_port === 0 || port === start_port || (port > start_port && port <= end_port);
}

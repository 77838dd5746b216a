import type { Issue, Parsed } from '../base/index.ts';
import {
  type Bpf,
  type CoveredByIptables,
  type Iptables,
  type Netns,
  type NetnsId,
  parseBpfMap,
  parseBpfNet,
  parseConntrack,
  parseIpJsonAddr,
  parseIpJsonLink,
  parseIpJsonNeigh,
  parseIpJsonRoute,
  parseIpJsonRule,
  parseIpsetSave,
  parseIptablesSave,
  parseIpvsadmSave,
  parseJsonText,
  parseLbList,
  parseNftRuleset,
  parseResolvConf,
  parseSockets,
  parseSysctl,
  variantIn,
} from '../linux/index.ts';
import { ARTEFACT_FILES, nearArtefact } from './artefact-names.ts';
import { type Decode, DecodeContext } from './decode.ts';
import { decodeNetnsFacts, decodeUnmodelled } from './directory-json.ts';
import { attachOrigins } from './origins.ts';

/** A text with the name the user knows it by. */
export interface NamedText {
  readonly path: string;
  readonly text: string;
}

/** The artefacts a folder had; the rest is undefined. */
export type PartialNetns = Partial<Omit<Netns, 'id' | 'iptables'>> & { readonly iptables?: Partial<Iptables> };

/** Reads one namespace's artefacts, any subset of them, by file name. */
export function readArtefacts(files: ReadonlyMap<string, NamedText>): Parsed<PartialNetns> {
  const issues: Issue[] = [];
  checkFiles(files, issues);
  const read = <T>(
    name: (typeof ARTEFACT_FILES)[number],
    parse: (text: string, file: string) => Parsed<T>,
  ): T | undefined => {
    const file = files.get(name);
    if (file === undefined || issues.some((issue) => issue.code === 'binary-file' && issue.at.file === file.path))
      return undefined;
    const parsed = parse(file.text, file.path);
    for (const issue of parsed.issues) issues.push(issue);
    return parsed.value;
  };
  const facts = read('netns.json', (text, file) => decodeText(text, file, decodeNetnsFacts));
  const texts = [files.get('iptables-save'), files.get('ip6tables-save')].flatMap((file) => file?.text ?? []);
  const variant = facts?.iptables ?? texts.map(variantIn).find((each) => each !== undefined);
  const iptables = readIptables(read, variant);
  const partial: PartialNetns = {
    ...one('links', read('ip-link.json', parseIpJsonLink)),
    ...one('addresses', read('ip-addr.json', parseIpJsonAddr)),
    ...one('routes', read('ip-route.json', parseIpJsonRoute)),
    ...one('rules', read('ip-rule.json', parseIpJsonRule)),
    ...one('neighbours', read('ip-neigh.json', parseIpJsonNeigh)),
    ...one('sysctls', read('sysctl', readSysctls)),
    ...(Object.keys(iptables).length === 0 ? {} : { iptables }),
    ...one(
      'nft',
      read('nft-list-ruleset', (text, file) =>
        // Beside iptables-legacy every table of nft is native.
        parseNftRuleset(text, file, iptables.variant === 'legacy' ? undefined : savedIn(iptables)),
      ),
    ),
    ...one('bpf', readBpf(read)),
    ...one('ipsets', read('ipset-save', parseIpsetSave)),
    ...one('ipvs', read('ipvsadm-save', parseIpvsadmSave)),
    ...one('lbMap', read('cilium-bpf-lb-list', parseLbList)),
    ...one('cgroupOf', facts?.cgroupOf),
    ...one('sockets', read('ss', parseSockets)),
    ...one('conntrack', read('conntrack', parseConntrack)),
    ...one('resolvConf', read('resolv.conf', parseResolvConf)),
    ...one(
      'unmodelled',
      read('unmodelled.json', (text, file) => decodeText(text, file, decodeUnmodelled)),
    ),
  };
  const origins = files.get('origins.json');
  return {
    value: origins === undefined ? partial : attachOrigins(partial, origins.text, origins.path, issues),
    issues,
  };
}

/** A name nobody reads, and what is no text. */
function checkFiles(files: ReadonlyMap<string, NamedText>, issues: Issue[]): void {
  for (const [name, { path, text }] of files) {
    if (!(ARTEFACT_FILES as readonly string[]).includes(name)) {
      issues.push({
        code: 'unknown-file',
        severity: 'warning',
        at: { file: path },
        message: `Unknown file "${name}" is not read`,
        ...nearArtefact(name),
      });
    } else if (text.includes('\u0000') || text.includes('\ufffd')) {
      issues.push({
        code: 'binary-file',
        severity: 'error',
        at: { file: path, line: 1 },
        message: `"${name}" is not text`,
      });
    }
  }
  issues.push(...halfOfBpf(files));
}

/** `ip_forward` and `conf.all.forwarding` are one variable (net/ipv4/devinet.c): a kernel cannot hold two values of it. */
function readSysctls(text: string, file: string): Parsed<ReadonlyMap<string, string>> {
  const { value, issues } = parseSysctl(text, file);
  const forward = value.get('net.ipv4.ip_forward');
  const all = value.get('net.ipv4.conf.all.forwarding');
  if (forward === undefined || all === undefined || forward === all) return { value, issues };
  const line = text.split('\n').findIndex((each) => /^\s*net[./]ipv4[./]ip_forward\s*=/.test(each)) + 1;
  const contradiction: Issue = {
    code: 'contradicting-sysctls',
    severity: 'error',
    at: { file, line },
    message: `net.ipv4.ip_forward is ${forward} and net.ipv4.conf.all.forwarding is ${all}: they are one variable of the kernel`,
    expected: 'expected one value',
    hint: 'writing either also overwrites forwarding of every device: change those lines too, or use a NodePatch',
  };
  return { value, issues: [...issues, contradiction] };
}

function readBpf(read: Read): Bpf | undefined {
  const classifiers = read('bpf-net.json', parseBpfNet);
  const entries = read('bpf-map.json', parseBpfMap);
  return classifiers === undefined || entries === undefined ? undefined : { classifiers, entries };
}

/** What a classifier does is in its map, and a map does nothing without one. */
function halfOfBpf(files: ReadonlyMap<string, NamedText>): readonly Issue[] {
  const [net, map] = [files.get('bpf-net.json'), files.get('bpf-map.json')];
  const one = net ?? map;
  if (one === undefined || (net !== undefined && map !== undefined)) return [];
  const missing = net === undefined ? 'bpf-net.json' : 'bpf-map.json';
  const message = `No "${missing}" beside "${net === undefined ? 'bpf-map.json' : 'bpf-net.json'}"`;
  return [{ code: 'missing-file', severity: 'error', at: { file: one.path, line: 1 }, message }];
}

type Read = <T>(
  name: (typeof ARTEFACT_FILES)[number],
  parse: (text: string, file: string) => Parsed<T>,
) => T | undefined;

function readIptables(read: Read, variant: Iptables['variant'] | undefined): Partial<Iptables> {
  return {
    ...one('variant', variant),
    ...one(
      'ip',
      read('iptables-save', (text, file) => parseIptablesSave(text, file, 4)),
    ),
    ...one(
      'ip6',
      read('ip6tables-save', (text, file) => parseIptablesSave(text, file, 6)),
    ),
  };
}

const savedIn =
  ({ ip, ip6 }: Partial<Iptables>): CoveredByIptables =>
  (family, table) =>
    (family === 4 ? ip : ip6)?.has(table) === true;

/** `{ [key]: value }`, or nothing to spread. */
const one = <K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } =>
  // A computed key widens to string; the result has this key and no other.
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: T };

/** JSON text through a decoder, with issues on the right lines. */
export function decodeText<T>(text: string, file: string, decode: Decode<T>): Parsed<T | undefined> {
  const parsed = parseJsonText(text, file);
  if (parsed.issues.length > 0) return { value: undefined, issues: parsed.issues };
  const context = new DecodeContext(file, text);
  const value = decode(parsed.value, context, '');
  return { value, issues: context.issues };
}

/** A namespace from what its folder had: what is absent is empty. */
export const completeNetns = (id: NetnsId, partial: PartialNetns): Netns => ({
  id,
  links: [],
  addresses: [],
  routes: [],
  rules: [],
  neighbours: [],
  sysctls: new Map(),
  nft: [],
  sockets: [],
  conntrack: [],
  unmodelled: [],
  ...partial,
  iptables: { variant: 'nft', ip: new Map(), ip6: new Map(), ...partial.iptables },
});

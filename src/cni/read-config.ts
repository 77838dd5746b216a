import { didYouMean } from '../base/index.ts';
import { type AttachmentKey, CNI_CODE, type CniFailure, type NetConfig, type PrevResult } from './types.ts';
import { DEFAULT_VERSION, isSupported, SUPPORTED_VERSIONS } from './versions.ts';

/** A network configuration is some hundred bytes; one with the attachments of a whole node is far below this. */
export const MOST_CONFIG = 1024 * 1024;
const DEEPEST = 32;

/** A configuration as it was read: the fields that are this plugin's, and those of its commands. */
export interface ReadConfig {
  readonly config: NetConfig;
  readonly prevResult: PrevResult | undefined;
  readonly valid: readonly AttachmentKey[] | undefined;
}

export type Read<T> = { readonly value: T } | { readonly failure: CniFailure };
export const failure = (code: number, msg: string, details?: string): { readonly failure: CniFailure } => ({
  failure: { code, msg, ...(details === undefined ? {} : { details }) },
});

/** Keys the specification and libcni give every plugin; what they say is the runtime's matter. */
const SPEC_KEYS =
  `cniVersion cniVersions name type disableCheck disableGC prevResult runtimeConfig capabilities args dns
ipMasq ipam cni.dev/valid-attachments cni.dev/attachments`.split(/\s+/);
/** Keys of the specification that ask for what the node's CNI settings decide here. */
const DECIDED: ReadonlyMap<string, string> = new Map([
  ['ipam', "addresses are those of the node's network interfaces"],
  ['ipMasq', "AWS_VPC_K8S_CNI_EXTERNALSNAT of the lab's cluster decides"],
]);
const OWN_KEYS = ['lab', 'node'];

/** The configuration a runtime writes to stdin. Its version is read first: an answer is printed in it. */
export function readConfig(text: string): Read<{ readonly cniVersion: string; readonly fields: Fields }> {
  if (text.length > MOST_CONFIG)
    return failure(CNI_CODE.decodingFailure, `The network configuration has more than ${MOST_CONFIG} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return failure(CNI_CODE.decodingFailure, 'The network configuration on stdin is not JSON', clip(why));
  }
  if (!isFields(value))
    return failure(CNI_CODE.decodingFailure, 'The network configuration on stdin is not a JSON object');
  if (depthOf(value) > DEEPEST)
    return failure(CNI_CODE.decodingFailure, `The network configuration nests deeper than ${DEEPEST} levels`);
  const cniVersion = value['cniVersion'] === undefined ? DEFAULT_VERSION : value['cniVersion'];
  if (typeof cniVersion !== 'string') return invalid('cniVersion', cniVersion, 'a version such as "1.0.0"');
  return { value: { cniVersion, fields: value } };
}

export type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What of the configuration this plugin acts on; a field it would have to ignore is refused by name. */
export function checkConfig(cniVersion: string, fields: Fields): Read<ReadConfig> {
  if (!isSupported(cniVersion))
    return failure(
      CNI_CODE.incompatibleVersion,
      `Cannot speak CNI version ${quote(cniVersion)}`,
      `supported: ${SUPPORTED_VERSIONS.join(', ')}`,
    );
  const refused = refusedField(fields);
  if (refused !== undefined) return refused;
  const { name, lab = 'lab', node } = fields;
  if (typeof name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/.test(name))
    return invalid('name', name, 'letters, digits, "_", "." and "-"');
  if (typeof lab !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(lab))
    return invalid('lab', lab, 'the name of a lab that is up');
  if (typeof node !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/.test(node))
    return invalid('node', node, 'the name of a node of the lab, such as "ip-10-0-0-75"');
  const prevResult = readPrevResult(fields['prevResult']);
  if ('failure' in prevResult) return prevResult;
  const valid = readValid(fields['cni.dev/valid-attachments'] ?? fields['cni.dev/attachments']);
  if ('failure' in valid) return valid;
  return {
    value: { config: { cniVersion, name, lab, node }, prevResult: prevResult.value, valid: valid.value },
  };
}

function refusedField(fields: Fields): { readonly failure: CniFailure } | undefined {
  for (const [key, value] of Object.entries(fields)) {
    const because = DECIDED.get(key);
    const empty = value === false || value === null || (isFields(value) && Object.keys(value).length === 0);
    if (because !== undefined && !empty)
      return failure(CNI_CODE.unsupportedField, `Unsupported field ${quote(key)}: ${quote(value)}`, because);
    if (SPEC_KEYS.includes(key) || OWN_KEYS.includes(key)) continue;
    const { hint } = didYouMean(key, [...OWN_KEYS, ...SPEC_KEYS]);
    return failure(CNI_CODE.unsupportedField, `Unsupported field ${quote(key)}: ${quote(value)}`, hint);
  }
  return undefined;
}

function readPrevResult(value: unknown): Read<PrevResult | undefined> {
  if (value === undefined || value === null) return { value: undefined };
  const wrong = (): Read<undefined> => invalid('prevResult', value, 'the result of ADD, as it was printed');
  if (!isFields(value)) return wrong();
  const { interfaces = [], ips = [] } = value;
  if (!Array.isArray(interfaces) || !Array.isArray(ips)) return wrong();
  const links: PrevResult['interfaces'][number][] = [];
  for (const each of interfaces as readonly unknown[]) {
    if (!isFields(each) || typeof each['name'] !== 'string') return wrong();
    const { name, mac, sandbox } = each;
    links.push({
      name,
      ...(typeof mac === 'string' ? { mac } : {}),
      ...(typeof sandbox === 'string' ? { sandbox } : {}),
    });
  }
  const addresses: string[] = [];
  for (const each of ips as readonly unknown[]) {
    if (!isFields(each) || typeof each['address'] !== 'string') return wrong();
    addresses.push(each['address']);
  }
  return { value: { interfaces: links, ips: addresses } };
}

function readValid(value: unknown): Read<readonly AttachmentKey[] | undefined> {
  if (value === undefined || value === null) return { value: undefined };
  const wrong = (): Read<undefined> =>
    invalid('cni.dev/valid-attachments', value, 'a list of {"containerID", "ifname"}');
  if (!Array.isArray(value)) return wrong();
  const keys: AttachmentKey[] = [];
  for (const each of value as readonly unknown[]) {
    if (!isFields(each)) return wrong();
    const { containerID, ifname } = each;
    if (typeof containerID !== 'string' || typeof ifname !== 'string') return wrong();
    keys.push({ containerID, ifName: ifname });
  }
  return { value: keys };
}

const invalid = (key: string, value: unknown, expected: string): { readonly failure: CniFailure } =>
  failure(
    CNI_CODE.invalidConfig,
    value === undefined
      ? `The network configuration has no ${quote(key)}`
      : `The network configuration's ${quote(key)} cannot be ${quote(value)}`,
    `expected ${expected}`,
  );

const LONGEST_QUOTE = 120;
/** A value of somebody else's in a message: JSON, on one line, not too long. */
export const quote = (value: unknown): string => clip(JSON.stringify(value) ?? String(value));
const clip = (text: string): string => (text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}...` : text);

function depthOf(root: unknown): number {
  let depth = 0;
  for (let level: readonly unknown[] = [root]; level.length > 0 && depth <= DEEPEST + 1; depth++)
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  return depth - 1;
}

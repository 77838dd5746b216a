import { checkConfig, failure, quote, type Read, type ReadConfig, readConfig } from './read-config.ts';
import { type AttachmentKey, CNI_CODE, type CniFailure, type CniRequest, type PodName } from './types.ts';
import { DEFAULT_VERSION, isSupported, SUPPORTED_VERSIONS, tooOldFor } from './versions.ts';

/** The environment a runtime starts a plugin in. */
export type CniEnvironment = Readonly<Record<string, string | undefined>>;

export interface ReadRequest {
  /** What the answer is printed in, also where the request is refused. */
  readonly cniVersion: string;
  readonly request: Read<CniRequest>;
}

const COMMANDS = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION'] as const;
type CommandName = (typeof COMMANDS)[number];

/**
 * What a runtime asks: the environment's variables and the configuration on stdin (SPEC.md, "Section 2: Execution
 * Protocol"). `stdin` is read only once the environment is right.
 *
 * @example
 * readRequest({ CNI_COMMAND: 'VERSION' }, () => '{"cniVersion":"1.0.0"}').request // { value: { command: 'VERSION', ... } }
 */
export function readRequest(env: CniEnvironment, stdin: () => string): ReadRequest {
  const newest = SUPPORTED_VERSIONS.at(-1) ?? DEFAULT_VERSION;
  const command = COMMANDS.find((each) => each === env['CNI_COMMAND']);
  if (command === undefined)
    return { cniVersion: newest, request: environment('CNI_COMMAND', env, COMMANDS.join(', ')) };
  const text = readOrRefuse(stdin);
  // Which versions there are is answered whatever comes on stdin, nothing included (containernetworking/cni pkg/skel/skel.go, pluginMain).
  if (command === 'VERSION' && 'value' in text && text.value.trim() === '')
    return { cniVersion: newest, request: { value: { command, cniVersion: newest } } };
  const read = 'failure' in text ? text : readConfig(text.value);
  if ('failure' in read) return { cniVersion: newest, request: read };
  const { cniVersion, fields } = read.value;
  if (command === 'VERSION') return { cniVersion, request: { value: { command, cniVersion } } };
  const answered = isSupported(cniVersion) ? cniVersion : newest;
  const config = checkConfig(cniVersion, fields);
  if ('failure' in config) return { cniVersion: answered, request: config };
  const since = tooOldFor(command, cniVersion);
  const old = `CNI version ${quote(cniVersion)} has no command ${command}`;
  if (since !== undefined)
    return { cniVersion, request: failure(CNI_CODE.incompatibleVersion, old, `it came with ${since}`) };
  return { cniVersion, request: requestOf(command, env, config.value) };
}

function readOrRefuse(stdin: () => string): Read<string> {
  try {
    return { value: stdin() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return failure(CNI_CODE.ioFailure, 'Cannot read the network configuration from stdin', why);
  }
}

function requestOf(
  command: Exclude<CommandName, 'VERSION'>,
  env: CniEnvironment,
  { config, prevResult, valid }: ReadConfig,
): Read<CniRequest> {
  if (command === 'STATUS') return { value: { command, config } };
  if (command === 'GC')
    return valid === undefined
      ? failure(CNI_CODE.invalidConfig, 'GC needs "cni.dev/valid-attachments" in the network configuration')
      : { value: { command, config, valid } };
  const unset = NEEDED[command].filter((name) => env[name] === undefined);
  if (unset.length > 1)
    return failure(CNI_CODE.invalidEnvironment, `${unset.join(', ')} are not set`, `${command} needs all of them`);
  const key = readKey(env);
  if ('failure' in key) return key;
  if (command === 'DEL') return { value: { command, config, key: key.value } };
  const netns = env['CNI_NETNS'] ?? '';
  if (!netns.startsWith('/') || netns.length > LONGEST_PATH)
    return environment('CNI_NETNS', env, 'the absolute path of a network namespace');
  if (command === 'CHECK')
    return prevResult === undefined
      ? failure(CNI_CODE.invalidConfig, 'CHECK needs the result of ADD as "prevResult" in the network configuration')
      : { value: { command, config, key: key.value, netns, prevResult } };
  if (key.value.ifName !== 'eth0')
    return environment('CNI_IFNAME', env, '"eth0": how a pod of a lab calls its first interface');
  if (prevResult !== undefined)
    return failure(CNI_CODE.unsupportedField, 'Unsupported field "prevResult"', 'this plugin comes first in its chain');
  const pod = readPod(env);
  return 'failure' in pod ? pod : { value: { command, config, key: key.value, netns, pod: pod.value } };
}

/** SPEC.md, "CNI operations": what each requires of the environment. */
const NEEDED = {
  ADD: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME'],
  DEL: ['CNI_CONTAINERID', 'CNI_IFNAME'],
  CHECK: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME'],
} as const;

const LONGEST_PATH = 4095;
const LONGEST_ARGS = 16 * 1024;

function readKey(env: CniEnvironment): Read<AttachmentKey> {
  const { CNI_CONTAINERID: containerID = '', CNI_IFNAME: ifName = '' } = env;
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/.test(containerID))
    return environment('CNI_CONTAINERID', env, 'letters, digits, "_", "." and "-"');
  if (!/^[^/:\s]{1,15}$/.test(ifName) || ifName === '.' || ifName === '..')
    return environment('CNI_IFNAME', env, 'the name of an interface, at most 15 characters');
  return { value: { containerID, ifName } };
}

/** What a kubelet's runtime adds in CNI_ARGS: `K8S_POD_NAMESPACE=default;K8S_POD_NAME=web`. */
function readPod(env: CniEnvironment): Read<PodName> {
  const text = env['CNI_ARGS'] ?? '';
  if (text.length > LONGEST_ARGS) return environment('CNI_ARGS', env, `at most ${LONGEST_ARGS} characters`);
  const args = new Map<string, string>();
  for (const pair of text.split(';')) {
    const equals = pair.indexOf('=');
    if (pair === '') continue;
    if (equals <= 0) return environment('CNI_ARGS', env, 'pairs KEY=VALUE, parted by ";"');
    args.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  const namespace = args.get('K8S_POD_NAMESPACE') ?? '';
  const name = args.get('K8S_POD_NAME') ?? '';
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace))
    return environment('CNI_ARGS', env, 'K8S_POD_NAMESPACE=NAME, the namespace of the pod');
  if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name))
    return environment('CNI_ARGS', env, 'K8S_POD_NAME=NAME, the name of the pod');
  return { value: { namespace, name } };
}

function environment(name: string, env: CniEnvironment, expected: string): { readonly failure: CniFailure } {
  const value = env[name];
  const said = value === undefined ? `${name} is not set` : `${name} cannot be ${quote(value)}`;
  return failure(CNI_CODE.invalidEnvironment, said, `expected ${expected}`);
}

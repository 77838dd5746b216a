import { didYouMean, type Issue, type SourceRef } from '../../base/index.ts';
import { cniSettings } from '../cni-env.ts';
import type { AddonSpec } from '../eksctl/read-cluster-config.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { isObject } from '../read/raw-document.ts';
import type { CniVersion, EnvValue, VpcCniConfig } from '../vpc-cni.ts';
import { type CniSource, type Env, reportDrift, type Stated, strongest } from './cni-drift.ts';
import { cniVariables, initVariables, isCniVariable, isInitOnly } from './cni-variables.ts';
import { readInner } from './inner-document.ts';

/** Used when neither the addon nor the DaemonSet's image says which version runs. */
export const DEFAULT_CNI_VERSION: CniVersion = { major: 1, minor: 23, patch: 1 };

export interface CniInput {
  readonly addon: AddonSpec | undefined;
  /** The live DaemonSet kube-system/aws-node. */
  readonly awsNode: Fields | undefined;
  /** Its pods, which carry the same template: read where the DaemonSet itself is not in the input. */
  readonly awsNodePods: readonly Fields[];
  /** `--set` values by variable. */
  readonly knobs: ReadonlyMap<string, EnvValue>;
  readonly knobVersion: CniVersion | undefined;
  /** Of our own Cluster. */
  readonly ownVersion: Stated<CniVersion> | undefined;
  readonly ipFamily: 'IPv4' | 'IPv6';
}

/**
 * What runs decides: `--set` over the live DaemonSet over what says how it is meant to be (our own Cluster, the addon).
 * Where the live one has its version or a variable differently, that is said. Defaults are `cniSettings`' business.
 */
export function readCniConfig(input: CniInput, issues: Issue[], assumptions: string[]): VpcCniConfig {
  const pod = input.awsNode?.child('spec')?.child('template') ?? onePod(input.awsNodePods, issues);
  const addon = readAddon(input.addon, issues);
  const live = pod === undefined ? undefined : readPodSpec(pod, issues);
  if (live !== undefined) reportDrift(addon, live, issues);
  const running = live === undefined ? addon : live.whole ? live : overlaid(addon, live);
  const env = Object.assign(newRecord(), input.ipFamily === 'IPv6' ? IPV6_CLUSTER : {}, running.env);
  const initEnv = Object.assign(newRecord(), running.initEnv);
  for (const [name, value] of input.knobs) (isInitOnly(name) ? initEnv : env)[name] = value;
  const settings = cniSettings({ env, initEnv });
  issues.push(...settings.issues);
  const stated = strongest([live?.version, input.ownVersion, addon.version], issues);
  return {
    version: input.knobVersion ?? stated ?? assumedVersion(assumptions),
    env,
    initEnv,
    settings: settings.value,
    enableNetworkPolicy: running.enableNetworkPolicy?.value ?? false,
  };
}

/** A manifest may say only what it changes; what an API server shows is all there is. */
const overlaid = (addon: CniSource, over: CniSource): CniSource => ({
  ...addon,
  ...over,
  env: { ...addon.env, ...over.env },
  initEnv: { ...addon.initEnv, ...over.initEnv },
});

const SOURCE = { file: 'ipFamily: IPv6' };
const IPV6_CLUSTER: Env = {
  ENABLE_IPv4: { value: 'false', source: SOURCE },
  ENABLE_IPv6: { value: 'true', source: SOURCE },
  ENABLE_PREFIX_DELEGATION: { value: 'true', source: SOURCE },
};

const newRecord = (): Record<string, EnvValue> => Object.create(null);

function assumedVersion(assumptions: string[]): CniVersion {
  const { major, minor, patch } = DEFAULT_CNI_VERSION;
  assumptions.push(`VPC CNI version not given: v${major}.${minor}.${patch}`);
  return DEFAULT_CNI_VERSION;
}

/** `v1.21.1-eksbuild.1`, `1.21.1`. */
export function parseCniVersion(text: string): CniVersion | undefined {
  const found = /^v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/.exec(text);
  return found === null ? undefined : { major: Number(found[1]), minor: Number(found[2]), patch: Number(found[3]) };
}

function readAddon(addon: AddonSpec | undefined, issues: Issue[]): CniSource {
  const env = newRecord();
  const initEnv = newRecord();
  if (addon === undefined) return { env, initEnv, whole: false, source: SOURCE };
  const { versionSource: source, configurationValues: values } = addon;
  const version = addon.version === undefined ? undefined : parseCniVersion(addon.version);
  if (addon.version !== undefined && version === undefined && !['latest', 'default'].includes(addon.version)) {
    issues.push({
      code: 'wrong-value',
      severity: 'error',
      at: source,
      message: `Addon version is "${addon.version}"`,
      expected: 'expected a version such as "v1.21.1-eksbuild.1"',
    });
  }
  const inner =
    values === undefined
      ? undefined
      : readInner(values.text, values.source, 'configurationValues of addon vpc-cni', issues);
  copyStrings(inner?.child('env'), env, cniVariables, issues);
  copyStrings(inner?.child('init')?.child('env'), initEnv, initVariables, issues);
  const policy = inner?.get('enableNetworkPolicy');
  return {
    env,
    initEnv,
    whole: false,
    source,
    ...maybe('version', version === undefined ? undefined : { value: version, at: source }),
    ...(policy === undefined || values === undefined
      ? {}
      : { enableNetworkPolicy: { value: String(policy) === 'true', at: values.source } }),
  };
}

/** Values in an addon's configuration are strings: EKS refuses a bare true or number. */
function copyStrings(fields: Fields | undefined, into: Env, known: readonly string[], issues: Issue[]): void {
  if (fields === undefined) return;
  for (const name of Object.keys(fields.value)) {
    const value = fields.get(name);
    const source = fields.place(name);
    if (!isCniVariable(name)) {
      issues.push({
        code: 'unknown-variable',
        severity: 'warning',
        at: source,
        message: `Unknown variable "${name}" of the VPC CNI`,
        ...didYouMean(name, known),
      });
    }
    if (typeof value === 'string') into[name] = { value, source };
    else if (value !== undefined) {
      fields.wrong(name, value, `a string: EKS accepts only strings here, write "${String(value)}"`);
      into[name] = { value: String(value), source };
    }
  }
}

/** Every pod of a DaemonSet has its template, but for a rollout under way: then the nodes differ, and that is said. */
function onePod(pods: readonly Fields[], issues: Issue[]): Fields | undefined {
  const [first, ...others] = pods;
  if (first === undefined) return undefined;
  const wanted = described(first);
  for (const pod of others) {
    const differing = differences(wanted, described(pod));
    if (differing.length === 0) continue;
    issues.push({
      code: 'cni-rollout',
      severity: 'warning',
      at: pod.document.source,
      message: `This aws-node pod differs from the one at ${first.document.source.file}:${first.document.source.line ?? 1} in ${differing.join(', ')}`,
      expected: 'expected every node to run one configuration; all nodes are taken to run the first one',
    });
  }
  return first;
}

function described(pod: Fields): ReadonlyMap<string, string> {
  const { version, env, initEnv } = readPodSpec(pod, []);
  const values = [...Object.entries(env), ...Object.entries(initEnv)].map(
    ([name, { value }]) => [name, value] as const,
  );
  return new Map([...values, ['its version', JSON.stringify(version?.value ?? null)]]);
}

const differences = (one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): string[] =>
  [...new Set([...one.keys(), ...other.keys()])].filter((name) => one.get(name) !== other.get(name)).toSorted();

/** Only an API server sets uids. */
const isLive = ({ value }: Fields['document']): boolean =>
  isObject(value.metadata) && typeof value.metadata.uid === 'string';

/** A pod, or the template of one. */
function readPodSpec(pod: Fields, issues: Issue[]): CniSource {
  const env = newRecord();
  const initEnv = newRecord();
  const whole = isLive(pod.document);
  const spec = pod.child('spec');
  const containers = spec?.children('containers') ?? [];
  const node = containers.find((container) => container.get('name') === 'aws-node') ?? containers[0];
  const init = spec?.children('initContainers').find((container) => container.get('name') === 'aws-vpc-cni-init');
  copyEnv(node, env, cniVariables, issues);
  copyEnv(init, initEnv, initVariables, issues);
  const agent = containers.find((container) => container.get('name') === 'aws-eks-nodeagent');
  const flag = agent?.list('args').find((arg) => typeof arg === 'string' && arg.startsWith('--enable-network-policy='));
  const tag = /:(v?[\d.]+[^:@/]*)(?:@|$)/.exec(node?.string('image') ?? '')?.[1];
  const version = tag === undefined ? undefined : parseCniVersion(tag);
  return {
    env,
    initEnv,
    whole,
    source: node?.place() ?? pod.place(),
    ...maybe(
      'version',
      version === undefined ? undefined : { value: version, at: node?.place('image') ?? pod.place() },
    ),
    ...(flag === undefined && !whole
      ? {}
      : {
          enableNetworkPolicy: {
            value: flag === '--enable-network-policy=true',
            at: agent?.place() ?? pod.place(),
          },
        }),
  };
}

/** A variable the plugin does not know does nothing: it is said where it looks like one it does. */
function copyEnv(container: Fields | undefined, into: Env, known: readonly string[], issues: Issue[]): void {
  for (const entry of container?.children('env') ?? []) {
    const name = entry.get('name');
    const value = entry.get('value');
    if (typeof name !== 'string' || (value === undefined && entry.has('valueFrom'))) continue;
    const source: SourceRef = entry.place('value');
    into[name] = { value: typeof value === 'string' ? value : String(value ?? ''), source };
    const near = isCniVariable(name) ? {} : didYouMean(name, known);
    if (near.hint === undefined) continue;
    const message = `Unknown variable "${name}" of the VPC CNI: it has no effect`;
    issues.push({ code: 'unknown-variable', severity: 'warning', at: entry.place('name'), message, ...near });
  }
}

import type { Issue } from '../../base/index.ts';
import type { UnmodelledInput } from '../cluster.ts';
import { cniSettings } from '../cni-env.ts';
import type { AddonSpec } from '../eksctl/read-cluster-config.ts';
import type { ConfigMap, EniConfig } from '../objects.ts';
import type { Fields } from '../read/fields.ts';
import type { CniVersion, EnvValue, VpcCniConfig } from '../vpc-cni.ts';
import { readCniAddon } from './cni-addon.ts';
import { type CniSource, type Env, newRecord, reportDrift, type Stated, strongest } from './cni-drift.ts';
import { onePod, readAwsNode } from './cni-live.ts';
import { isInitOnly } from './cni-variables.ts';

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
  readonly knobNetworkPolicy: boolean | undefined;
  /** Of our own Cluster. */
  readonly ownVersion: Stated<CniVersion> | undefined;
  readonly ipFamily: 'IPv4' | 'IPv6';
  readonly configMaps: readonly ConfigMap[];
}

export interface CniRead {
  readonly config: VpcCniConfig;
  /** Those the addon makes. */
  readonly eniConfigs: readonly EniConfig[];
  readonly unmodelled: readonly UnmodelledInput[];
}

/**
 * What runs decides: `--set` over the live DaemonSet over what says how it is meant to be (our own Cluster, the addon).
 * Where the live one has its version or a variable differently, that is said. Defaults are `cniSettings`' business.
 */
export function readCniConfig(input: CniInput, issues: Issue[], assumptions: string[]): CniRead {
  const pod = input.awsNode?.child('spec')?.child('template') ?? onePod(input.awsNodePods, issues);
  const addon = readCniAddon(input.addon, issues);
  const live = pod === undefined ? undefined : readAwsNode(pod, input.configMaps, issues);
  if (live !== undefined) reportDrift(addon, live, input.knobs, issues);
  const running = live === undefined ? addon : live.whole ? live : overlaid(addon, live);
  const env = Object.assign(newRecord(), input.ipFamily === 'IPv6' ? IPV6_CLUSTER : {}, running.env);
  const initEnv = Object.assign(newRecord(), running.initEnv);
  for (const [name, value] of input.knobs) (isInitOnly(name) ? initEnv : env)[name] = value;
  const versions = [live?.version, input.ownVersion, addon.version];
  const version = input.knobVersion ?? strongest(versions, issues) ?? assumedVersion(assumptions);
  const settings = cniSettings({ env, initEnv }, version);
  issues.push(...settings.issues);
  const config = {
    version,
    env,
    initEnv,
    settings: settings.value,
    enableNetworkPolicy: input.knobNetworkPolicy ?? running.enableNetworkPolicy?.value ?? false,
    ...(running.whole && Object.keys(running.env).length > 0 ? { whole: true } : {}),
  };
  const unread = (live?.unread ?? []).filter(({ name }) => name === undefined || !input.knobs.has(name));
  return { config, eniConfigs: addon.eniConfigs, unmodelled: unread.map(({ input: each }) => each) };
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

function assumedVersion(assumptions: string[]): CniVersion {
  const { major, minor, patch } = DEFAULT_CNI_VERSION;
  assumptions.push(`VPC CNI version not given: v${major}.${minor}.${patch}`);
  return DEFAULT_CNI_VERSION;
}

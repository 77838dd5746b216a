import type { Issue } from '../../base/index.ts';
import type { Cluster, EnvValue } from '../../cluster/index.ts';

/** The part of the CNI's environment that decides which ENIs and addresses a node has. */
export interface IpamSettings {
  readonly ipv6: boolean;
  readonly prefixDelegation: boolean;
  readonly customNetworking: boolean;
  /** Keys that name a node's ENIConfig. */
  readonly eniConfigLabel: string;
  readonly eniConfigAnnotation: string;
  readonly warmEniTarget: number;
  readonly warmIpTarget?: number;
  readonly minimumIpTarget?: number;
  readonly warmPrefixTarget: number;
  readonly maxEni?: number;
}

export interface IpamSettingsResult {
  readonly value: IpamSettings;
  readonly issues: readonly Issue[];
}

const ENI_CONFIG_KEY = 'k8s.amazonaws.com/eniConfig';

/**
 * Reads the aws-node container's environment with the manifest's defaults (WARM_ENI_TARGET 1, WARM_PREFIX_TARGET 1).
 * ipamd parses integers with strconv.Atoi and ignores what does not parse (`pkg/ipamd/ipamd.go` getWarmENITarget and kin):
 * we say so.
 */
export function ipamSettings(cluster: Pick<Cluster, 'cni' | 'ipFamily'>): IpamSettingsResult {
  const issues: Issue[] = [];
  const { env } = cluster.cni;
  const text = (key: string): string | undefined => readEnv(env, key)?.value;
  const integer = (key: string): number | undefined => {
    const found = readEnv(env, key);
    if (found === undefined || found.value === '') return undefined;
    if (/^\+?\d{1,6}$/.test(found.value)) return Number(found.value);
    issues.push({
      code: 'cni-env-invalid',
      severity: 'warning',
      at: found.source,
      message: `Value "${found.value}" of ${key} is ignored by the VPC CNI`,
      expected: 'a whole number, 0 or more',
    });
    return undefined;
  };
  const flag = (key: string): boolean => /^(?:1|t|true)$/i.test(text(key) ?? '');
  const positive = (key: string): number | undefined => {
    const value = integer(key);
    return value === undefined || value < 1 ? undefined : value;
  };
  const warmIpTarget = positive('WARM_IP_TARGET');
  const minimumIpTarget = positive('MINIMUM_IP_TARGET');
  const maxEni = positive('MAX_ENI');
  const ipv6 = cluster.ipFamily === 'IPv6';
  const value: IpamSettings = {
    ipv6,
    prefixDelegation: flag('ENABLE_PREFIX_DELEGATION'),
    customNetworking: !ipv6 && flag('AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG'),
    eniConfigLabel: text('ENI_CONFIG_LABEL_DEF') ?? ENI_CONFIG_KEY,
    eniConfigAnnotation: text('ENI_CONFIG_ANNOTATION_DEF') ?? ENI_CONFIG_KEY,
    warmEniTarget: integer('WARM_ENI_TARGET') ?? 1,
    warmPrefixTarget: integer('WARM_PREFIX_TARGET') ?? 1,
    ...(warmIpTarget === undefined ? {} : { warmIpTarget }),
    ...(minimumIpTarget === undefined ? {} : { minimumIpTarget }),
    ...(maxEni === undefined ? {} : { maxEni }),
  };
  return { value, issues };
}

const readEnv = (env: Readonly<Record<string, EnvValue>>, key: string): EnvValue | undefined =>
  Object.hasOwn(env, key) ? env[key] : undefined;

import type { Issue, Parsed, SourceRef } from '../base/index.ts';
import { type Cidr, parseCidr } from '../net/index.ts';
import type { CniEnvironment, CniSettings, EnvValue } from './vpc-cni.ts';

const MAX_MTU = 9001;
const DEFAULT_CONNMARK = 0x80;
const DEFAULT_ENI_CONFIG_KEY = 'k8s.amazonaws.com/eniConfig';
const COOLDOWN_SECONDS = 30;

export function cniSettings(config: CniEnvironment): Parsed<CniSettings> {
  const env = new Environment(config);
  const ipv6 = env.boolean('ENABLE_IPv6', false);
  const ipv4 = env.boolean('ENABLE_IPv4', !ipv6);
  const minMtu = ipv6 ? 1280 : 576;
  const eniMtu = env.mtu('AWS_VPC_ENI_MTU', minMtu, MAX_MTU);
  const prefixDelegation = env.boolean('ENABLE_PREFIX_DELEGATION', false);
  const value: CniSettings = {
    externalSnat: env.boolean('AWS_VPC_K8S_CNI_EXTERNALSNAT', false),
    excludeSnatCidrs: env.cidrs('AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS'),
    randomizeSnat: env.oneOf('AWS_VPC_K8S_CNI_RANDOMIZESNAT', ['prng', 'hashrandom', 'none'], 'prng'),
    nodePortSupport: env.boolean('AWS_VPC_CNI_NODE_PORT_SUPPORT', true),
    connmark: env.mark('AWS_VPC_K8S_CNI_CONNMARK', DEFAULT_CONNMARK),
    externalServiceCidrs: env.cidrs('AWS_EXTERNAL_SERVICE_CIDRS'),
    vethPrefix: env.vethPrefix(),
    eniMtu,
    podMtu: env.mtu('POD_MTU', minMtu, eniMtu),
    customNetworking: env.boolean('AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG', false),
    eniConfigLabel: env.text('ENI_CONFIG_LABEL_DEF', DEFAULT_ENI_CONFIG_KEY),
    eniConfigAnnotation: env.text('ENI_CONFIG_ANNOTATION_DEF', DEFAULT_ENI_CONFIG_KEY),
    subnetDiscovery: env.boolean('ENABLE_SUBNET_DISCOVERY', true),
    podEni: env.boolean('ENABLE_POD_ENI', false),
    podSecurityGroupEnforcingMode: env.oneOf('POD_SECURITY_GROUP_ENFORCING_MODE', ['strict', 'standard'], 'strict'),
    disableTcpEarlyDemux: env.boolean('DISABLE_TCP_EARLY_DEMUX', false),
    prefixDelegation,
    ipv4,
    ipv6,
    v4Egress: env.boolean('ENABLE_V4_EGRESS', true),
    v6Egress: env.boolean('ENABLE_V6_EGRESS', false),
    disablePodV6: env.boolean('DISABLE_POD_V6', false),
    bandwidthPlugin: env.boolean('ENABLE_BANDWIDTH_PLUGIN', false),
    multiNic: env.boolean('ENABLE_MULTI_NIC', false),
    networkPolicyMode: env.oneOf('NETWORK_POLICY_ENFORCING_MODE', ['standard', 'strict'], 'standard'),
    ipCooldownSeconds: env.count('IP_COOLDOWN_PERIOD') ?? COOLDOWN_SECONDS,
    warmEniTarget: env.count('WARM_ENI_TARGET') ?? 1,
    ...env.optionalCount('WARM_IP_TARGET', 'warmIpTarget'),
    ...env.optionalCount('MINIMUM_IP_TARGET', 'minimumIpTarget'),
    warmPrefixTarget: env.count('WARM_PREFIX_TARGET') ?? 1,
    ...env.optionalCount('MAX_ENI', 'maxEni'),
    manageUntaggedEni: env.boolean('MANAGE_UNTAGGED_ENI', true),
    resourceProvisioning: !(
      env.boolean('DISABLE_NETWORK_RESOURCE_PROVISIONING', false) || env.boolean('ENABLE_IMDS_ONLY_MODE', false)
    ),
    sources: env.sources,
  };
  if (ipv4 === ipv6)
    env.complainAbout(
      'ENABLE_IPv6',
      'aws-node refuses to start',
      'expected exactly one of ENABLE_IPv4 and ENABLE_IPv6 to be true',
    );
  return { value, issues: env.issues };
}

/** One variable at a time, each with the fallback its reader in the plugin has. */
class Environment {
  readonly issues: Issue[] = [];
  readonly sources = new Map<string, SourceRef>();
  private readonly config: CniEnvironment;

  constructor(config: CniEnvironment) {
    this.config = config;
  }

  boolean(name: string, fallback: boolean): boolean {
    const text = this.read(name);
    if (text === undefined) return fallback;
    // strconv.ParseBool; `getEnvBoolWithDefault` keeps the default when it fails.
    if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
    if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
    this.complainAbout(name, `the plugin uses its default ${fallback}`, 'expected "true" or "false"');
    return fallback;
  }

  text(name: string, fallback: string): string {
    return this.read(name) ?? fallback;
  }

  oneOf<const T extends string>(name: string, options: readonly T[], fallback: T): T {
    const text = this.read(name);
    if (text === undefined) return fallback;
    const found = options.find((option) => option === text);
    if (found !== undefined) return found;
    this.complainAbout(name, `the plugin uses "${fallback}"`, `expected ${options.map((o) => `"${o}"`).join(', ')}`);
    return fallback;
  }

  /** Comma-separated IPv4 blocks; a wrong one is logged and left out (`parseCIDRString`). */
  cidrs(name: string): readonly Cidr[] {
    const found: Cidr[] = [];
    for (const part of (this.read(name) ?? '').split(',')) {
      const text = part.trim();
      if (text === '') continue;
      const block = text.includes('/') ? parseCidr(text) : undefined;
      if (block?.family === 4) found.push(block);
      else this.complainAbout(name, `the plugin leaves "${text}" out`, 'expected IPv4 CIDRs with commas between them');
    }
    return found;
  }

  /** `getConnmark`: any number Go's ParseInt reads (0x80, 128, 0200). */
  mark(name: string, fallback: number): number {
    const text = this.read(name);
    if (text === undefined) return fallback;
    const value = /^0\d+$/.test(text)
      ? Number.parseInt(text, 8)
      : /^(?:0[xX][\da-fA-F]+|\d+)$/.test(text)
        ? Number(text)
        : Number.NaN;
    if (value <= 0xffffffff) return value;
    this.complainAbout(name, 'the plugin uses 0x80', 'expected a number such as "0x80"');
    return fallback;
  }

  /** `GetEthernetMTU`: out of range falls back to the largest value allowed. */
  mtu(name: string, min: number, fallback: number): number {
    const text = this.read(name);
    if (text === undefined) return fallback;
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= MAX_MTU) return value;
    this.complainAbout(name, `the plugin uses ${fallback}`, `expected a number from ${min} to ${MAX_MTU}`);
    return fallback;
  }

  /** `getVethPrefixName` and the entrypoint: at most 4 characters, never eth, lo or vlan, which would match other links. */
  vethPrefix(): string {
    const text = this.read('AWS_VPC_K8S_CNI_VETHPREFIX');
    if (text === undefined) return 'eni';
    if (text.length <= 4 && !['eth', 'lo', 'vlan'].includes(text)) return text;
    this.complainAbout(
      'AWS_VPC_K8S_CNI_VETHPREFIX',
      'aws-node refuses to start; walks use "eni"',
      'expected at most 4 characters, and not "eth", "lo" or "vlan"',
    );
    return 'eni';
  }

  count(name: string): number | undefined {
    const text = this.read(name);
    if (text === undefined) return undefined;
    // strconv.Atoi: a sign may stand in front, and a number too large for an int is none.
    if (/^\+?\d{1,15}$/.test(text)) return Number(text);
    this.complainAbout(name, 'the plugin uses its default', 'expected a whole number, 0 or more');
    return undefined;
  }

  optionalCount<K extends string>(name: string, key: K): { readonly [P in K]?: number } {
    const value = this.count(name);
    return value === undefined ? {} : ({ [key]: value } as { [P in K]?: number });
  }

  complainAbout(name: string, effect: string, expected: string): void {
    const entry = this.entry(name);
    this.issues.push({
      code: 'cni-env',
      severity: 'warning',
      at: entry?.source ?? { file: 'aws-node' },
      message: `Variable ${name} is "${entry?.value ?? ''}": ${effect}`,
      expected,
    });
  }

  /** An empty value is an unset one to every reader above. */
  private read(name: string): string | undefined {
    const entry = this.entry(name);
    if (entry === undefined || entry.value === '') return undefined;
    this.sources.set(name, entry.source);
    return entry.value;
  }

  private entry(name: string): EnvValue | undefined {
    const records = name === 'DISABLE_TCP_EARLY_DEMUX' ? [this.config.initEnv] : [this.config.env];
    for (const record of records) if (Object.hasOwn(record, name)) return record[name];
    return undefined;
  }
}

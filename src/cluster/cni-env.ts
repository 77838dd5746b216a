import type { Issue, Parsed, SourceRef } from '../base/index.ts';
import { type Cidr, parseCidr } from '../net/index.ts';
import { parseGoDecimal, parseGoInt } from './settings/go-number.ts';
import type { CniEnvironment, CniSettings, CniVersion, EnvValue } from './vpc-cni.ts';

const MAX_MTU = 9001;
const DEFAULT_CONNMARK = 0x80;
const DEFAULT_ENI_CONFIG_KEY = 'k8s.amazonaws.com/eniConfig';
const COOLDOWN_SECONDS = 30;
const REFUSES = 'aws-node refuses to start';

/** Versions whose entrypoint refuses an MTU out of range (`cmd/aws-vpc-cni/main.go` validateMTU, from 1.16.4); older ones clamp it. */
const refusesMtu = (version: CniVersion | undefined): boolean =>
  version === undefined ||
  version.major > 1 ||
  version.minor > 16 ||
  (version.minor === 16 && version.patch >= FIRST_REFUSING_PATCH);
const FIRST_REFUSING_PATCH = 4;

/** `version`: absent, the newest. */
export function cniSettings(config: CniEnvironment, version?: CniVersion): Parsed<CniSettings> {
  const env = new Environment(config, refusesMtu(version));
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
    ipCooldownSeconds: env.cooldown() ?? COOLDOWN_SECONDS,
    warmEniTarget: env.count('WARM_ENI_TARGET') ?? 1,
    ...env.optionalCount('WARM_IP_TARGET', 'warmIpTarget'),
    ...env.optionalCount('MINIMUM_IP_TARGET', 'minimumIpTarget'),
    warmPrefixTarget: env.count('WARM_PREFIX_TARGET') ?? 1,
    ...env.optionalCount('MAX_ENI', 'maxEni'),
    manageUntaggedEni: env.boolean('MANAGE_UNTAGGED_ENI', true),
    resourceProvisioning: !(
      env.boolean('DISABLE_NETWORK_RESOURCE_PROVISIONING', false) || env.boolean('ENABLE_IMDS_ONLY_MODE', false)
    ),
    metrics: !env.boolean('DISABLE_METRICS', false),
    ...(env.boolean('DISABLE_INTROSPECTION', false)
      ? {}
      : { introspection: env.text('INTROSPECTION_BIND_ADDRESS', '127.0.0.1:61679') }),
    sources: env.sources,
  };
  if (prefixDelegation) env.prefixTargets();
  if (ipv4 === ipv6)
    env.complainAbout('ENABLE_IPv6', REFUSES, 'expected exactly one of ENABLE_IPv4 and ENABLE_IPv6 to be true');
  return { value, issues: env.issues };
}

/** One variable at a time, each with the fallback its reader in the plugin has. */
class Environment {
  readonly issues: Issue[] = [];
  readonly sources = new Map<string, SourceRef>();
  private readonly config: CniEnvironment;
  private readonly refusesMtu: boolean;

  constructor(config: CniEnvironment, refuses: boolean) {
    this.config = config;
    this.refusesMtu = refuses;
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

  /** `getConnmark`: what ParseInt reads with base 0; what is no uint32 above 0 is 0x80. */
  mark(name: string, fallback: number): number {
    const text = this.read(name);
    if (text === undefined) return fallback;
    const value = parseGoInt(text);
    if (value !== undefined && value > 0n && value <= 0xffffffffn) return Number(value);
    this.complainAbout(name, 'the plugin uses 0x80', 'expected a number from 1 to 0xffffffff such as "0x80"');
    return fallback;
  }

  /** validateMTU: the entrypoint ends where it is out of range, empty included; `GetEthernetMTU` of older ones brings it into range. */
  mtu(name: string, min: number, fallback: number): number {
    if (this.entry(name) === undefined) return fallback;
    const value = parseGoDecimal(this.read(name) ?? '');
    if (value !== undefined && value >= min && value <= MAX_MTU) return value;
    if (this.refusesMtu) {
      this.complainAbout(name, `${REFUSES}; walks use ${fallback}`, `expected a number from ${min} to ${MAX_MTU}`);
      return fallback;
    }
    if (this.read(name) === undefined) return fallback;
    const used = value !== undefined && value < min ? min : MAX_MTU;
    this.complainAbout(name, `the plugin uses ${used}`, `expected a number from ${min} to ${MAX_MTU}`);
    return used;
  }

  /** validateEnvVars of the entrypoint compares texts: what sorts behind "0" is a target. The manifest has WARM_PREFIX_TARGET at 1. */
  prefixTargets(): void {
    const isTarget = (name: string): boolean => {
      const entry = this.entry(name);
      return entry === undefined ? name === 'WARM_PREFIX_TARGET' : entry.value > '0';
    };
    if (['WARM_PREFIX_TARGET', 'WARM_IP_TARGET', 'MINIMUM_IP_TARGET'].some(isTarget)) return;
    this.complainAbout(
      'WARM_PREFIX_TARGET',
      `${REFUSES} with ENABLE_PREFIX_DELEGATION; walks go on as if it ran`,
      'expected WARM_PREFIX_TARGET, WARM_IP_TARGET or MINIMUM_IP_TARGET above 0',
    );
  }

  /** The entrypoint ends at one that is no whole number, empty included. */
  cooldown(): number | undefined {
    const name = 'IP_COOLDOWN_PERIOD';
    if (this.entry(name) === undefined) return undefined;
    const value = parseGoDecimal(this.read(name) ?? '');
    if (value !== undefined && value >= 0) return value;
    this.complainAbout(name, `${REFUSES}; walks use ${COOLDOWN_SECONDS}`, 'expected a whole number, 0 or more');
    return undefined;
  }

  /** `getVethPrefixName` and the entrypoint: at most 4 characters, never eth, lo or vlan, which would match other links. */
  vethPrefix(): string {
    const text = this.read('AWS_VPC_K8S_CNI_VETHPREFIX');
    if (text === undefined) return 'eni';
    if (text.length <= 4 && !['eth', 'lo', 'vlan'].includes(text)) return text;
    this.complainAbout(
      'AWS_VPC_K8S_CNI_VETHPREFIX',
      `${REFUSES}; walks use "eni"`,
      'expected at most 4 characters, and not "eth", "lo" or "vlan"',
    );
    return 'eni';
  }

  count(name: string): number | undefined {
    const text = this.read(name);
    if (text === undefined) return undefined;
    const value = parseGoDecimal(text);
    if (value !== undefined && value >= 0) return value;
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

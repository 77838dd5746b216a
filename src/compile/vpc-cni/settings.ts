import type { EnvValue, VpcCniConfig } from '../../cluster/index.ts';
import type { Origin } from '../../linux/index.ts';
import { type Cidr, parseCidr } from '../../net/index.ts';
import { atLeast } from './version.ts';

/**
 * The CNI's environment variables that decide a packet's path, typed and defaulted
 * (amazon-vpc-cni-k8s `pkg/networkutils/network.go`, `pkg/ipamd/ipamd.go`, manifest defaults in `config/master`).
 */
export interface PathSettings {
  readonly config: VpcCniConfig;
  readonly externalSnat: boolean;
  readonly excludeSnatCidrs: readonly Cidr[];
  readonly randomizeSnat: 'prng' | 'hashrandom' | 'none';
  readonly nodePortSupport: boolean;
  readonly connmark: number;
  readonly externalServiceCidrs: readonly Cidr[];
  readonly vethPrefix: string;
  readonly eniMtu: number;
  readonly podMtu: number;
  readonly podEni: boolean;
  readonly podSecurityGroupMode: 'strict' | 'standard';
  readonly tcpEarlyDemux: boolean;
  readonly v4Egress: boolean;
  readonly v6Egress: boolean;
}

const MAX_MTU = 9001;
const MIN_MTU = 576;
const DEFAULT_CONNMARK = 0x80;

export function pathSettings(config: VpcCniConfig): PathSettings {
  const { env, initEnv } = config;
  const text = (name: string): string => env[name]?.value ?? '';
  const externalSnat = goBool(env.AWS_VPC_K8S_CNI_EXTERNALSNAT, false);
  const eniMtu = mtu(text('AWS_VPC_ENI_MTU'), MAX_MTU);
  return {
    config,
    externalSnat,
    excludeSnatCidrs: externalSnat ? [] : ipv4Blocks(text('AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS')),
    randomizeSnat: randomize(text('AWS_VPC_K8S_CNI_RANDOMIZESNAT'), config),
    nodePortSupport: goBool(env.AWS_VPC_CNI_NODE_PORT_SUPPORT, true),
    connmark: connmark(text('AWS_VPC_K8S_CNI_CONNMARK')),
    // Read since v1.13 (`UpdateExternalServiceIpRules`).
    externalServiceCidrs: atLeast(config.version, '1.13.0') ? ipv4Blocks(text('AWS_EXTERNAL_SERVICE_CIDRS')) : [],
    vethPrefix: vethPrefix(text('AWS_VPC_K8S_CNI_VETHPREFIX')),
    eniMtu,
    podMtu: mtu(text('POD_MTU'), eniMtu),
    podEni: goBool(env.ENABLE_POD_ENI, false),
    podSecurityGroupMode: text('POD_SECURITY_GROUP_ENFORCING_MODE') === 'standard' ? 'standard' : 'strict',
    tcpEarlyDemux: !goBool(initEnv.DISABLE_TCP_EARLY_DEMUX ?? env.DISABLE_TCP_EARLY_DEMUX, false),
    v4Egress: goBool(env.ENABLE_V4_EGRESS, true),
    v6Egress: goBool(env.ENABLE_V6_EGRESS, false),
  };
}

/** The origin of a line that exists because of one variable: where it was set, or that it is the default. */
export function becauseOf(settings: PathSettings, name: string, value: string): Origin {
  const set = settings.config.env[name];
  if (set === undefined) return { by: 'vpc-cni', because: `${name}=${value} (default)` };
  return { by: 'vpc-cni', because: `${name}=${set.value}`, at: set.source };
}

/** Go's strconv.ParseBool; anything else keeps the default, as the plugin's `parseBoolEnvVar` does. */
function goBool(of: EnvValue | undefined, otherwise: boolean): boolean {
  if (of === undefined) return otherwise;
  if (/^(?:1|t|T|TRUE|true|True)$/.test(of.value)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(of.value)) return false;
  return otherwise;
}

function mtu(text: string, otherwise: number): number {
  if (!/^\d{1,6}$/.test(text)) return otherwise;
  const value = Number(text);
  return value < MIN_MTU || value > MAX_MTU ? otherwise : value;
}

/** `typeOfSNAT`: the default became prng in v1.7; an unknown value is the default. */
function randomize(text: string, config: VpcCniConfig): PathSettings['randomizeSnat'] {
  if (text === 'prng' || text === 'hashrandom' || text === 'none') return text;
  return atLeast(config.version, '1.7.0') ? 'prng' : 'hashrandom';
}

function connmark(text: string): number {
  const value = /^(?:0[xX][0-9a-fA-F]{1,8}|\d{1,10})$/.test(text) ? Number(text) : DEFAULT_CONNMARK;
  return value > 0xffffffff ? DEFAULT_CONNMARK : value;
}

function vethPrefix(text: string): string {
  const refused = text === '' || text.length > 4 || ['eth', 'lo', 'vlan'].includes(text);
  return refused ? 'eni' : text;
}

/** `parseCIDRString`: comma-separated, normalised to network addresses; what is not an IPv4 block is logged and left out. */
function ipv4Blocks(text: string): readonly Cidr[] {
  const blocks = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part.includes('/'))
    .map(parseCidr);
  return blocks.filter((block) => block !== undefined && block.family === 4) as readonly Cidr[];
}

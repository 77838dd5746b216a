import type { SourceRef } from '../base/index.ts';
import type { Cidr } from '../net/index.ts';

/** Amazon VPC CNI: its version and every environment variable that changes a packet's path, typed and defaulted. */
export interface VpcCniConfig extends CniEnvironment {
  readonly version: CniVersion;
  readonly enableNetworkPolicy: boolean;
  /** The environment is a live aws-node's: what it does not name is at its default. */
  readonly whole?: boolean;
  /** What all of that means to the plugin: read once. */
  readonly settings: CniSettings;
}

export interface EnvValue {
  readonly value: string;
  /** Where it was set: an addon, the aws-node DaemonSet, a `--set` flag. */
  readonly source: SourceRef;
}

export interface CniVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** aws-node's environment as set, and its init container's. */
export interface CniEnvironment {
  readonly env: Readonly<Record<string, EnvValue>>;
  readonly initEnv: Readonly<Record<string, EnvValue>>;
}

/**
 * The CNI's environment as the plugin understands it. Defaults are those of the v1.23 manifest
 * (`config/master/aws-k8s-cni.yaml`), which differ from the code's where a container without any environment would not start.
 */
export interface CniSettings {
  readonly externalSnat: boolean;
  /** Ignored by the plugin while externalSnat is on. */
  readonly excludeSnatCidrs: readonly Cidr[];
  readonly randomizeSnat: 'prng' | 'hashrandom' | 'none';
  readonly nodePortSupport: boolean;
  readonly connmark: number;
  readonly externalServiceCidrs: readonly Cidr[];
  readonly vethPrefix: string;
  readonly eniMtu: number;
  readonly podMtu: number;
  readonly customNetworking: boolean;
  readonly eniConfigLabel: string;
  readonly eniConfigAnnotation: string;
  readonly subnetDiscovery: boolean;
  readonly podEni: boolean;
  readonly podSecurityGroupEnforcingMode: 'strict' | 'standard';
  readonly disableTcpEarlyDemux: boolean;
  readonly prefixDelegation: boolean;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly v4Egress: boolean;
  readonly v6Egress: boolean;
  readonly disablePodV6: boolean;
  readonly bandwidthPlugin: boolean;
  readonly multiNic: boolean;
  readonly networkPolicyMode: 'standard' | 'strict';
  readonly ipCooldownSeconds: number;
  readonly warmEniTarget: number;
  readonly warmIpTarget?: number;
  readonly minimumIpTarget?: number;
  readonly warmPrefixTarget: number;
  readonly maxEni?: number;
  readonly manageUntaggedEni: boolean;
  readonly resourceProvisioning: boolean;
  /** Metrics on :61678. */
  readonly metrics: boolean;
  /** Where ipamd tells of itself, `unix:` and a path for no port; absent: nowhere. */
  readonly introspection?: string;
  /** Where a variable was set; absent: its default. */
  readonly sources: ReadonlyMap<string, SourceRef>;
}

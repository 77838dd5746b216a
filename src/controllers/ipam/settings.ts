import type { Cluster } from '../../cluster/index.ts';

/** The part of the CNI's environment that decides which ENIs and addresses a node has. */
export interface IpamSettings {
  readonly ipv6: boolean;
  readonly prefixDelegation: boolean;
  readonly customNetworking: boolean;
  /** Keys that name a node's ENIConfig. */
  readonly eniConfigLabel: string;
  readonly eniConfigAnnotation: string;
  readonly subnetDiscovery: boolean;
  /** False: ENIs and their addresses are somebody else's to provide. */
  readonly resourceProvisioning: boolean;
  readonly warmEniTarget: number;
  readonly warmIpTarget?: number;
  readonly minimumIpTarget?: number;
  readonly warmPrefixTarget: number;
  readonly maxEni?: number;
  /** Nodes are to have a trunk for branch interfaces. */
  readonly podEni: boolean;
}

/** ipamd's view of the settings (`pkg/ipamd/ipamd.go`): custom networking is IPv4's, and a target below one is none. */
export function ipamSettings(cluster: Pick<Cluster, 'cni' | 'ipFamily'>): IpamSettings {
  const { settings: value } = cluster.cni;
  const ipv6 = cluster.ipFamily === 'IPv6';
  return {
    ipv6,
    prefixDelegation: value.prefixDelegation,
    customNetworking: !ipv6 && value.customNetworking,
    eniConfigLabel: value.eniConfigLabel,
    eniConfigAnnotation: value.eniConfigAnnotation,
    subnetDiscovery: value.subnetDiscovery,
    resourceProvisioning: value.resourceProvisioning,
    warmEniTarget: value.warmEniTarget,
    warmPrefixTarget: value.warmPrefixTarget,
    podEni: value.podEni,
    ...target('warmIpTarget', value.warmIpTarget),
    ...target('minimumIpTarget', value.minimumIpTarget),
    ...target('maxEni', value.maxEni),
  };
}

/** ENIs that may carry pods: with custom networking not the primary, in IPv6 only the primary. */
export const carriesPods = ({ ipv6, customNetworking }: IpamSettings, deviceIndex: number): boolean =>
  ipv6 ? deviceIndex === 0 : !customNetworking || deviceIndex !== 0;

const target = <K extends string>(key: K, value: number | undefined): { readonly [P in K]?: number } =>
  value === undefined || value < 1 ? {} : ({ [key]: value } as { [P in K]?: number });

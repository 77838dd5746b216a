import type { Cluster, NodeSpec } from '../../cluster/index.ts';

/**
 * What an EKS node image decides before Kubernetes starts. Amazon Linux 2023 and 2 as published node dumps show them
 * (amazon-eks-ami #1539 for the iptables variant, #1738 for networkd); Bottlerocket and Ubuntu keep the kernel's TTL.
 */
export interface OsProfile {
  readonly name: NodeSpec['os'];
  readonly iptables: 'nft' | 'legacy';
  readonly ttl: number;
  readonly rpFilter: { readonly all: number; readonly default: number };
  /** Device index 0 of card 0 first. */
  ifname(deviceIndex: number): string;
  /** systemd-networkd marks its routes `proto dhcp src ADDRESS metric N`; dhclient adds a bare default route. */
  readonly dhcp: { readonly client: 'networkd'; readonly metric: number } | { readonly client: 'dhclient' };
  readonly sshd: boolean;
}

const ens = (deviceIndex: number): string => `ens${5 + deviceIndex}`;
const eth = (deviceIndex: number): string => `eth${deviceIndex}`;
const loose = { all: 0, default: 2 };

export function osProfile(os: NodeSpec['os'], cluster: Cluster): OsProfile {
  switch (os) {
    case 'AmazonLinux2023':
      return {
        name: os,
        iptables: 'nft',
        ttl: 127,
        rpFilter: loose,
        ifname: ens,
        dhcp: { client: 'networkd', metric: 512 },
        sshd: true,
      };
    case 'AmazonLinux2':
      return {
        name: os,
        iptables: 'legacy',
        ttl: 255,
        rpFilter: { all: 1, default: 1 },
        ifname: eth,
        dhcp: { client: 'dhclient' },
        sshd: true,
      };
    case 'Bottlerocket':
      return {
        name: os,
        iptables: kubernetesAtLeast(cluster.version, 1, 34) ? 'nft' : 'legacy',
        ttl: 64,
        rpFilter: loose,
        ifname: eth,
        dhcp: { client: 'networkd', metric: 1024 },
        sshd: false,
      };
    case 'Ubuntu':
      return {
        name: os,
        iptables: 'nft',
        ttl: 64,
        rpFilter: { all: 2, default: 2 },
        ifname: ens,
        dhcp: { client: 'networkd', metric: 100 },
        sshd: true,
      };
  }
}

function kubernetesAtLeast(version: string, major: number, minor: number): boolean {
  const [ours = 0, theirs = 0] = version.split('.').map(Number);
  return ours > major || (ours === major && theirs >= minor);
}

import type { KubeProxyConfig } from '../../cluster/index.ts';
import { ipt, type Match } from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';

// "Is this packet from a pod of mine?" (pkg/proxy/util/localdetector.go). On EKS the cluster CIDR is empty, the detector is a
// no-op, and two kinds of rule do not exist.

export const isLocalMatch = (config: KubeProxyConfig, family: Family): Match | undefined =>
  detect(config, family, false);
export const isNotLocalMatch = (config: KubeProxyConfig, family: Family): Match | undefined =>
  detect(config, family, true);

function detect(config: KubeProxyConfig, family: Family, not: boolean): Match | undefined {
  const { detectLocal } = config;
  switch (detectLocal.kind) {
    case 'cluster-cidr': {
      const block = config.clusterCIDR.find((each) => each.family === family);
      return block === undefined ? undefined : ipt.source(block, not);
    }
    case 'bridge':
      return ipt.inInterface(detectLocal.name, not);
    case 'interface-prefix':
      return ipt.inInterface(`${detectLocal.name}+`, not);
    case 'node-cidr':
    case 'none':
      return undefined;
  }
}

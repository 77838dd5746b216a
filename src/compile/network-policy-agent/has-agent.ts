import type { VpcCniConfig } from '../../cluster/index.ts';
import { atLeast } from '../vpc-cni/version.ts';

/** The first release with the policy agent beside it (amazon-vpc-cni-k8s v1.14.0, charts/aws-vpc-cni). */
const FIRST = '1.14.0';

export const comesWithAgent = ({ version }: Pick<VpcCniConfig, 'version'>): boolean => atLeast(version, FIRST);

export const hasAgent = (config: Pick<VpcCniConfig, 'version' | 'enableNetworkPolicy'>): boolean =>
  config.enableNetworkPolicy && comesWithAgent(config);

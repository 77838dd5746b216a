import type { InstanceLimits } from './instance-types.ts';
import type { IpamSettings } from './settings.ts';

/**
 * kubelet's `--max-pods` where nobody says it: ENIs x (addresses - 1) + 2, the `+ 2` for aws-node and kube-proxy on the
 * host network (amazon-eks-ami `eni-max-pods.txt`). With prefix delegation each slot holds 16, and EKS caps the result at
 * 110, or 250 above 30 vCPUs (`max-pods-calculator.sh`). Custom networking leaves the primary ENI out.
 */
export function maxPodsOf(limits: InstanceLimits, settings: IpamSettings): number {
  const delegated = prefixesIn(limits, settings);
  const enis = limits.enis - (settings.customNetworking ? 1 : 0);
  const pods = enis * (limits.addressesPerEni - 1) * (delegated ? ADDRESSES_PER_PREFIX : 1) + 2;
  return delegated ? Math.min(pods, limits.vcpus > 30 ? 250 : 110) : pods;
}

/** The same without the cap: what the type could hold. */
export function theoreticalMaxPods(limits: InstanceLimits, prefixes: boolean): number {
  return limits.enis * (limits.addressesPerEni - 1) * (prefixes ? ADDRESSES_PER_PREFIX : 1) + 2;
}

/** A /28. */
export const ADDRESSES_PER_PREFIX = 16;

/**
 * Prefix delegation falls back to single addresses on Xen instances, without a word (`pkg/ipamd/ipamd.go`
 * isConfigValid); IPv6 has no other mode.
 */
export const prefixesIn = (limits: InstanceLimits, settings: IpamSettings): boolean =>
  settings.ipv6 || (settings.prefixDelegation && limits.nitro);

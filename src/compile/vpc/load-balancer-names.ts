import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { LoadBalancerSpec } from '../../cluster/index.ts';

/**
 * The name ELB would give, in its shape: `NAME-HEX.elb.REGION.amazonaws.com` for a network load balancer,
 * `[internal-]NAME-NUMBER.REGION.elb.amazonaws.com` for the others. The digits are ours.
 */
export function loadBalancerDnsName({ id, type, scheme }: LoadBalancerSpec, region: string): string {
  const digits = bytesToHex(sha1(utf8ToBytes(`elb ${id}`)));
  if (type === 'network') return `${id}-${digits.slice(0, 16)}.elb.${region}.amazonaws.com`.toLowerCase();
  const number = Number.parseInt(digits.slice(0, 8), 16);
  return `${scheme === 'internal' ? 'internal-' : ''}${id}-${number}.${region}.elb.amazonaws.com`.toLowerCase();
}

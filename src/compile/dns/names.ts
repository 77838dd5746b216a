import { familyOf, type Ip } from '../../net/index.ts';

/** An IPv4 address as a label: `10-0-2-127`. */
export const dashed = (address: string): string => address.replaceAll('.', '-');

/** The label of an endpoint without a hostname (coredns plugin/kubernetes/kubernetes.go, endpointHostname). */
export function endpointLabel(address: Ip): string {
  if (familyOf(address) === 4) return dashed(address);
  const label = address.replaceAll(':', '-');
  return label.endsWith('-') ? `${label}0` : label;
}

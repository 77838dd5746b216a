import type { Address, Netns } from '../../linux/index.ts';
import { cidrContains, cidrLast, cidrOf, familyOf, type Ip, ip } from '../../net/index.ts';
import { setUpAddress } from '../vpc-cni/interfaces.ts';
import type { EniPlan, NodePlan } from './plan-types.ts';

export const LOOPBACK_4: readonly Address[] = [
  { dev: 'lo', family: 4, local: ip('127.0.0.1'), prefixlen: 8, scope: 'host', label: 'lo' },
];
export const LOOPBACK_6: readonly Address[] = [
  ...LOOPBACK_4,
  { dev: 'lo', family: 6, local: ip('::1'), prefixlen: 128, scope: 'host' },
];

/** A `lo` that is up has `::1`, whether anything else has an IPv6 address or not (net/ipv6/addrconf.c init_loopback). */
export const loopbackAddresses = (sysctls: Netns['sysctls']): readonly Address[] =>
  loopbackSpeaksIpv6(sysctls) ? LOOPBACK_6 : LOOPBACK_4;

/** Its own setting, which writing that of `all` overwrites. */
const loopbackSpeaksIpv6 = (sysctls: Netns['sysctls']): boolean =>
  (sysctls.get('net.ipv6.conf.lo.disable_ipv6') ?? sysctls.get('net.ipv6.conf.all.disable_ipv6') ?? '0') === '0';

/** An IPv4 address with its subnet's mask, an IPv6 one as DHCPv6 gives it: /128. */
export function eniAddress(dev: string, local: Ip, subnet: EniPlan['subnet']): Address {
  const family = familyOf(local);
  if (family === 6) return { dev, family, local, prefixlen: 128, scope: 'global' };
  const prefixlen = subnet.cidr4?.prefix ?? 32;
  const broadcast = cidrLast(cidrOf(local, prefixlen));
  return { dev, family, local, prefixlen, scope: 'global', broadcast, label: dev };
}

/** ipamd gives an address the subnet's mask, also an IPv6 one of a trunk (pkg/networkutils setupENINetwork). */
function deviceAddress(eni: EniPlan): Address {
  const address = eniAddress(eni.ifname, setUpAddress(eni), eni.subnet);
  const { cidr6 } = eni.subnet;
  return address.family === 6 && cidr6 !== undefined ? { ...address, prefixlen: cidr6.prefix } : address;
}

/**
 * The addresses of a node's devices: one each. A pod's address is never configured on the ENI that owns it; ipamd puts only
 * the ENI's primary address on a secondary device (pkg/networkutils setupENINetwork).
 */
export function nodeAddresses(node: NodePlan): readonly Address[] {
  const eni4 = node.enis.map((eni) => deviceAddress(eni));
  const extra = node.addresses
    .filter((address) => familyOf(address) === 6 && address !== node.primary.spec.primaryIp)
    .filter((address) => node.primary.subnet.cidr6 === undefined || cidrContains(node.primary.subnet.cidr6, address))
    .map((address) => eniAddress(node.primary.ifname, address, node.primary.subnet));
  return [...eni4, ...extra];
}

import type { Netns } from '../../linux/index.ts';

/** One device's IPv4 settings as the stack reads them: `all` and the device combined (include/linux/inetdevice.h). */
export interface DevConf {
  /** IN_DEV_RPFILTER: the larger of the two. */
  readonly rpFilter: number;
  /** IN_DEV_ORCONF: either of the two. */
  readonly routeLocalnet: boolean;
  readonly acceptLocal: boolean;
  readonly srcValidMark: boolean;
  readonly sendRedirects: boolean;
  readonly ignoreLinkdown: boolean;
  readonly bcForwarding: boolean;
  /** Answers neighbour requests for what it would forward. */
  readonly proxyArp: boolean;
  readonly proxyNdp: boolean;
  /** IN_DEV_FORWARD: the device's own, which writing `ip_forward` overwrites. */
  readonly forwarding: boolean;
  /** IPv6 forwards by `conf.all.forwarding` (ip6_output.c ip6_forward) or, from 6.17, by the device's `force_forwarding`. */
  readonly forwarding6: boolean;
  /** The device's own, which writing that of `all` overwrites: nothing of IPv6 comes in by it. */
  readonly disableIpv6: boolean;
}

/** Most devices are set alike: these share one object, which every packet then finds in the cache. */
export function devConfOf(netns: Netns, dev: string): DevConf {
  const read = readDevConf(netns, dev);
  const key = Object.values(read).join();
  const known = alike.get(key);
  if (known !== undefined) return known;
  if (alike.size < MAX_ALIKE) alike.set(key, read);
  return read;
}

const MAX_ALIKE = 1_000;
const alike = new Map<string, DevConf>();

/**
 * A device the namespace says nothing about copied `conf.default` when it was made (net/ipv4/devinet.c inetdev_init,
 * net/ipv6/addrconf.c ipv6_add_dev), and after that come the kernel's own values.
 */
function readDevConf({ sysctls }: Netns, dev: string): DevConf {
  // sysctl(8) writes a dot inside a name as a slash.
  const name = dev.replaceAll('.', '/');
  const all = (key: string, unset = 0): number => numberOf(sysctls.get(`net.ipv4.conf.all.${key}`)) ?? unset;
  const ofDevice = (family: 4 | 6, key: string, unset: number): number =>
    numberOf(sysctls.get(`net.ipv${family}.conf.${name}.${key}`)) ??
    numberOf(sysctls.get(`net.ipv${family}.conf.default.${key}`)) ??
    unset;
  const own = (key: string, unset = 0): number => ofDevice(4, key, unset);
  const own6 = (key: string): number => ofDevice(6, key, 0);
  const either = (key: string, unset = 0): boolean => all(key, unset) !== 0 || own(key, unset) !== 0;
  const ipForward =
    numberOf(sysctls.get('net.ipv4.ip_forward')) ?? numberOf(sysctls.get('net.ipv4.conf.all.forwarding')) ?? 0;
  return {
    rpFilter: Math.max(all('rp_filter'), own('rp_filter')),
    routeLocalnet: either('route_localnet'),
    acceptLocal: either('accept_local'),
    srcValidMark: either('src_valid_mark'),
    sendRedirects: either('send_redirects', 1),
    ignoreLinkdown: either('ignore_routes_with_linkdown'),
    bcForwarding: all('bc_forwarding') !== 0 && own('bc_forwarding') !== 0,
    proxyArp: either('proxy_arp') || either('proxy_arp_pvlan'),
    proxyNdp: (numberOf(sysctls.get('net.ipv6.conf.all.proxy_ndp')) ?? 0) !== 0 || own6('proxy_ndp') !== 0,
    forwarding: own('forwarding', ipForward) !== 0,
    forwarding6: (numberOf(sysctls.get('net.ipv6.conf.all.forwarding')) ?? 0) !== 0 || own6('force_forwarding') !== 0,
    disableIpv6: ofDevice(6, 'disable_ipv6', numberOf(sysctls.get('net.ipv6.conf.all.disable_ipv6')) ?? 0) !== 0,
  };
}

/** A device's own alone, and never more than it takes: `all` and `default` are nobody's (net/ipv6/addrconf.c addrconf_sysctl_mtu). */
export function mtu6Of({ sysctls }: Netns, dev: string, mtu: number): number {
  const set = numberOf(sysctls.get(mtu6Setting(dev)));
  return set !== undefined && set >= IPV6_MIN_MTU && set < mtu ? set : mtu;
}

export const mtu6Setting = (dev: string): string => `net.ipv6.conf.${dev.replaceAll('.', '/')}.mtu`;

/** Least that every link of IPv6 takes (include/uapi/linux/ipv6.h). */
export const IPV6_MIN_MTU = 1280;

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

import type { Netns } from '../../../linux/index.ts';

export interface SysctlPlan {
  readonly before: readonly (readonly [string, string])[];
  readonly after: readonly (readonly [string, string])[];
  /** Names that are not written: they may reach beyond the namespace, or no packet's path depends on them. */
  readonly left: readonly string[];
}

/**
 * Settings every network namespace has for itself and a walk can depend on (net/ipv4/sysctl_net_ipv4.c ipv4_net_table,
 * net/netfilter/nf_conntrack_standalone.c, addrconf.c and devinet.c). Any other name in a dump could be the machine's.
 */
const PER_NAMESPACE =
  /^net\.(?:ipv4\.(?:ip_forward|ip_default_ttl|ip_local_port_range|ip_local_reserved_ports|ip_nonlocal_bind|ip_forward_use_pmtu|ip_forward_update_priority|ip_no_pmtu_disc|fwmark_reflect|tcp_fwmark_accept|tcp_early_demux|udp_early_demux|ip_early_demux|tcp_l3mdev_accept|fib_multipath_hash_policy|fib_multipath_use_neigh|icmp_[a-z_]+|conf\.[^.]+\.[a-z_]+)|ipv6\.(?:conf\.[^.]+\.[a-z0-9_]+|icmp\.[a-z_]+|fib_multipath_hash_policy|ip_nonlocal_bind|bindv6only|flowlabel_[a-z_]+|fwmark_reflect)|netfilter\.nf_conntrack_(?:tcp|udp|icmp|icmpv6|generic|sctp|gre)_[a-z_]+)$/;

/**
 * What the lab sets where the World says nothing: no limit on ICMP errors (the model has none), and no duplicate address
 * detection or router solicitation, which would only delay.
 */
const QUIET: readonly (readonly [string, string])[] = [
  ['net.ipv4.icmp_ratemask', '0'],
  ['net.ipv4.icmp_ratelimit', '0'],
  ['net.ipv4.icmp_msgs_per_sec', '1000000'],
  ['net.ipv4.icmp_msgs_burst', '1000000'],
  ['net.ipv6.icmp.ratelimit', '0'],
  ['net.ipv6.conf.default.accept_dad', '0'],
  ['net.ipv6.conf.default.dad_transmits', '0'],
  ['net.ipv6.conf.default.accept_ra', '0'],
  ['net.ipv6.conf.default.router_solicitations', '0'],
];

/**
 * The kernel's own values of what a new namespace copies from the machine's first one instead (net/ipv4/devinet.c
 * ipv4_devconf, ipv4_devconf_dflt): where the World is silent, this is what holds.
 */
const COPIED: readonly (readonly [string, string])[] = [
  ['rp_filter', '0'],
  ['route_localnet', '0'],
  ['accept_local', '0'],
  ['src_valid_mark', '0'],
  ['proxy_arp', '0'],
  ['proxy_arp_pvlan', '0'],
  ['send_redirects', '1'],
  ['accept_redirects', '1'],
  ['secure_redirects', '1'],
  ['shared_media', '1'],
  ['ignore_routes_with_linkdown', '0'],
  ['bc_forwarding', '0'],
  ['arp_ignore', '0'],
  ['arp_announce', '0'],
  ['arp_filter', '0'],
  ['promote_secondaries', '0'],
  ['log_martians', '0'],
];

/** `all`, `default` and `lo` as they are without a word of the World; `lo` goes by what `default` is to be. */
function kernelDefaults(said: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  const conf = (dev: string, name: string): string => `net.ipv4.conf.${dev}.${name}`;
  return [
    ['net.ipv4.ip_forward', said.get(conf('all', 'forwarding')) ?? '0'],
    ...COPIED.map(([name, value]) => [conf('all', name), value] as const),
    ...COPIED.map(([name, value]) => [conf('default', name), value] as const),
    ...COPIED.map(([name, value]) => [conf('lo', name), said.get(conf('default', name)) ?? value] as const),
  ];
}

/**
 * Where no device but `lo` has an IPv6 address, none makes itself a link-local one: `all` stays as the World says, devices do
 * without. `lo` was made before `default` is written, so it keeps its `::1` unless the World has none.
 */
const DEVICES_WITHOUT_IPV6: readonly (readonly [string, string])[] = [['net.ipv6.conf.default.disable_ipv6', '1']];
const WITHOUT_IPV6 = [...DEVICES_WITHOUT_IPV6, ['net.ipv6.conf.lo.disable_ipv6', '1']] as const;

function ipv6Settings({ addresses }: Netns): readonly (readonly [string, string])[] {
  const six = addresses.filter((address) => address.family === 6);
  if (six.some(({ dev }) => dev !== 'lo')) return [];
  return six.length > 0 ? DEVICES_WITHOUT_IPV6 : WITHOUT_IPV6;
}

/** How many connections a table may hold and holds is the machine's to say; a walk that meets a full one is told apart. */
export const TABLE_SIZES: ReadonlySet<string> = new Set([
  'net.netfilter.nf_conntrack_max',
  'net.netfilter.nf_conntrack_count',
]);

/**
 * A new namespace copies net.ipv4.conf.{all,default} from the machine's first one and a new device copies `default`: so all
 * of it is written, `all` first (forwarding and disable_ipv6 of `all` overwrite every other), and for a device only what
 * differs from its `default`.
 */
export function planSysctls(netns: Netns): SysctlPlan {
  const devices = new Map(netns.links.map((link) => [link.ifname, link]));
  const wanted = new Map([...kernelDefaults(netns.sysctls), ...QUIET, ...netns.sysctls, ...ipv6Settings(netns)]);
  const before: (readonly [string, string])[] = [];
  const after: (readonly [string, string])[] = [];
  const left: string[] = [];
  for (const [name, value] of wanted) {
    if (TABLE_SIZES.has(name)) continue;
    const conf = /^net\.ipv[46]\.conf\.([^.]+)\.(.+)$/.exec(name);
    const dev = conf?.[1]?.replaceAll('/', '.');
    const known = dev === undefined || dev === 'all' || dev === 'default' || devices.has(dev);
    const link = isUncopied(name) ? devices.get(dev ?? '') : undefined;
    if (!PER_NAMESPACE.test(name) || !known || !/^[\w\t ,.:-]*$/.test(value)) left.push(name);
    else if (link !== undefined) {
      // No device copies this one: it begins with what the device takes, and nothing else is accepted.
      if (Number(value) >= IPV6_MIN_MTU && Number(value) < link.mtu) after.push([name, value]);
      else if (Number(value) !== link.mtu) left.push(name);
    } else if (dev === undefined || ['all', 'default', 'lo'].includes(dev)) before.push([name, value]);
    else if (wanted.get(name.replace(`.conf.${conf?.[1]}.`, '.conf.default.')) !== value) after.push([name, value]);
  }
  return { before: before.sort(([a], [b]) => settingRank(a) - settingRank(b)), after, left };
}

/** The least a device's own `mtu` may be; the most is what the device takes (net/ipv6/addrconf.c addrconf_sysctl_mtu). */
const IPV6_MIN_MTU = 1280;

/** A setting a device has for itself, whatever `default` was when it was made. */
export const isUncopied = (name: string): boolean => /^net\.ipv6\.conf\.[^.]+\.mtu$/.test(name);

/** Settings are written in this order: those that overwrite others first. */
export const settingRank = (name: string): number => {
  if (name.endsWith('.ip_forward')) return 0;
  if (name.includes('.conf.all.')) return 1;
  if (name.includes('.conf.default.')) return 2;
  return name.includes('.conf.lo.') ? 3 : 4;
};

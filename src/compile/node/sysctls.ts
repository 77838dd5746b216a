import { LayeredMap, MapView } from '../../base/index.ts';
import type { Cluster, KubeProxyConfig } from '../../cluster/index.ts';
import { writeSysctl } from '../../linux/index.ts';
import { conntrackSysctls } from '../kube-proxy/index.ts';
import type { PathSettings } from '../vpc-cni/settings.ts';
import type { OsProfile } from './os-profile.ts';
import type { NodePlan, PodPlan } from './plan-types.ts';

/** The kernel's defaults for what a walk can depend on (Documentation/networking/{ip,nf_conntrack}-sysctl.rst). */
const KERNEL_DEFAULTS: readonly (readonly [string, string])[] = [
  ['net.ipv4.ip_forward', '0'],
  ['net.ipv4.ip_default_ttl', '64'],
  ['net.ipv4.ip_local_port_range', '32768\t60999'],
  ['net.ipv4.ip_nonlocal_bind', '0'],
  ['net.ipv4.ip_forward_use_pmtu', '0'],
  ['net.ipv4.fwmark_reflect', '0'],
  ['net.ipv4.tcp_early_demux', '1'],
  ['net.ipv4.udp_early_demux', '1'],
  ['net.ipv4.icmp_echo_ignore_all', '0'],
  ['net.ipv4.icmp_echo_ignore_broadcasts', '1'],
  ['net.ipv4.icmp_errors_use_inbound_ifaddr', '0'],
  ['net.ipv6.conf.all.forwarding', '0'],
  ['net.ipv6.conf.all.disable_ipv6', '0'],
  ['net.ipv6.conf.default.hop_limit', '64'],
  ['net.netfilter.nf_conntrack_tcp_loose', '1'],
  ['net.netfilter.nf_conntrack_tcp_be_liberal', '0'],
  ['net.netfilter.nf_conntrack_tcp_timeout_syn_sent', '120'],
  ['net.netfilter.nf_conntrack_tcp_timeout_syn_recv', '60'],
  ['net.netfilter.nf_conntrack_tcp_timeout_established', '432000'],
  ['net.netfilter.nf_conntrack_tcp_timeout_fin_wait', '120'],
  ['net.netfilter.nf_conntrack_tcp_timeout_close_wait', '60'],
  ['net.netfilter.nf_conntrack_tcp_timeout_last_ack', '30'],
  ['net.netfilter.nf_conntrack_tcp_timeout_time_wait', '120'],
  ['net.netfilter.nf_conntrack_tcp_timeout_close', '10'],
  ['net.netfilter.nf_conntrack_udp_timeout', '30'],
  ['net.netfilter.nf_conntrack_udp_timeout_stream', '120'],
  ['net.netfilter.nf_conntrack_icmp_timeout', '30'],
  ['net.netfilter.nf_conntrack_icmpv6_timeout', '30'],
  ['net.netfilter.nf_conntrack_generic_timeout', '600'],
];

/**
 * IPVS's own, which kube-proxy sets but for the last two (pkg/proxy/ipvs/proxier.go, NewProxier): from Linux 5.9 on it leaves
 * conn_reuse_mode as it is.
 */
const IPVS_SYSCTLS: readonly (readonly [string, string])[] = [
  ['net.ipv4.vs.conntrack', '1'],
  ['net.ipv4.vs.expire_nodest_conn', '1'],
  ['net.ipv4.vs.expire_quiescent_template', '1'],
  ['net.ipv4.vs.conn_reuse_mode', '1'],
  ['net.ipv4.vs.snat_reroute', '1'],
];

interface ConfDefaults {
  readonly forwarding: string;
  readonly rpFilterAll: number;
  readonly rpFilterDefault: number;
  readonly routeLocalnetAll: string;
}

const CONF = 'net.ipv4.conf.';
const DISABLE6 = 'net.ipv6.conf.default.disable_ipv6';

/**
 * net.ipv4.conf of `all`, `default` and every device; the kernel takes the larger rp_filter of `all` and the device. A
 * node has a device a pod and they all read alike, so no entry is kept for each.
 */
class Ipv4Conf extends MapView<string, string> {
  private readonly devices: ReadonlySet<string>;
  /** The eight settings of `all`, of `lo` and of any other device. */
  private readonly conf: { readonly all: Conf; readonly lo: Conf; readonly other: Conf };

  constructor(devices: readonly string[], of: ConfDefaults) {
    super();
    // Dots of a device's name are slashes in that of its setting (sysctl(8)).
    this.devices = new Set(['all', 'default', ...devices.map((device) => device.replaceAll('.', '/'))]);
    const other = confOf(of.forwarding, of.rpFilterDefault, '0', '1');
    const lo = confOf(of.forwarding, of.rpFilterAll, '0', '1');
    this.conf = { all: confOf(of.forwarding, of.rpFilterAll, of.routeLocalnetAll, '0'), lo, other };
  }

  get size(): number {
    return this.devices.size * this.conf.other.size;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  get(key: string): string | undefined {
    const dot = key.lastIndexOf('.');
    if (!key.startsWith(CONF) || dot <= CONF.length) return undefined;
    const dev = key.slice(CONF.length, dot);
    return this.devices.has(dev) ? this.of(dev).get(key.slice(dot + 1)) : undefined;
  }

  *keys(): MapIterator<string> {
    for (const dev of this.devices) for (const name of this.of(dev).keys()) yield `${CONF}${dev}.${name}`;
    return undefined;
  }

  private of(dev: string): Conf {
    return dev === 'all' || dev === 'lo' ? this.conf[dev] : this.conf.other;
  }
}

type Conf = ReadonlyMap<string, string>;

const confOf = (forwarding: string, rpFilter: number, routeLocalnet: string, acceptRedirects: string): Conf =>
  new Map([
    ['forwarding', forwarding],
    ['rp_filter', String(rpFilter)],
    ['route_localnet', routeLocalnet],
    ['accept_local', '0'],
    ['src_valid_mark', '0'],
    ['proxy_arp', '0'],
    ['send_redirects', '1'],
    ['accept_redirects', acceptRedirects],
  ]);

/**
 * A node's sysctls: the image's, then, where the VPC CNI runs, its init container's (rp_filter 2 on the primary device, tcp_early_demux; the
 * plugin's own entry scripts/init), then kube-proxy's (cmd/kube-proxy/app/conntrack.go and the iptables proxier's
 * route_localnet), then what the input says.
 */
export function nodeSysctls(
  node: NodePlan,
  settings: PathSettings | undefined,
  { kubeProxy, version }: Pick<Cluster, 'kubeProxy' | 'version'>,
  devices: readonly string[],
): ReadonlyMap<string, string> {
  const { os } = node;
  const sysctls = new Map(KERNEL_DEFAULTS);
  sysctls.set('net.ipv4.ip_forward', '1');
  sysctls.set('net.ipv4.ip_default_ttl', String(os.ttl));
  if (settings !== undefined) {
    sysctls.set(`net.ipv4.conf.${node.primary.ifname}.rp_filter`, '2');
    sysctls.set('net.ipv4.tcp_early_demux', settings.disableTcpEarlyDemux ? '0' : '1');
  }
  if (devicesUseIpv6(node)) sysctls.set('net.ipv6.conf.all.forwarding', '1');
  if (kubeProxy.mode !== 'ebpf')
    for (const [name, value] of conntrackSysctls(kubeProxy, version, node.spec.vcpus, sysctls))
      sysctls.set(name, value);
  if (kubeProxy.mode === 'ipvs') for (const [name, value] of IPVS_SYSCTLS) sysctls.set(name, value);
  for (const [name, value] of Object.entries(node.spec.sysctls)) sysctls.set(name, value);
  // `lo` was made before anything wrote `default`.
  const lo6 = DISABLE6.replace('default', 'lo');
  if (sysctls.has(DISABLE6) && !sysctls.has(lo6))
    sysctls.set(lo6, sysctls.get(DISABLE6.replace('default', 'all')) ?? '0');
  // One variable of the kernel by two names; writing it overwrites every device (net/ipv4/devinet.c inet_forward_change).
  const forwarding = sysctls.get('net.ipv4.conf.all.forwarding') ?? sysctls.get('net.ipv4.ip_forward') ?? '1';
  sysctls.set('net.ipv4.ip_forward', forwarding);
  return new LayeredMap(new Ipv4Conf(devices, { ...routed(os, kubeProxy), forwarding }), sysctls);
}

/** Of a node, and of what copies from it. */
const routed = (os: OsProfile, kubeProxy: KubeProxyConfig): ConfDefaults => ({
  forwarding: '1',
  rpFilterAll: os.rpFilter.all,
  rpFilterDefault: os.rpFilter.default,
  routeLocalnetAll: routeLocalnet(kubeProxy),
});

const routeLocalnet = (kubeProxy: KubeProxyConfig): string =>
  kubeProxy.mode === 'iptables' && kubeProxy.localhostNodePorts ? '1' : '0';

const devicesUseIpv6 = (node: NodePlan): boolean => node.addresses.some((address) => address.includes(':'));

const POD_DEVICES = ['lo', 'eth0'];
/** What a new device copies of IPv6, as a new namespace has it. */
const COPIED6 = [
  ['net.ipv6.conf.default.hop_limit', '64'],
  [DISABLE6, '0'],
] as const;
const pods = new Map<string, ReadonlyMap<string, string>>();

/**
 * A pod's sysctls. A new namespace copies net.ipv4.conf.{all,default} from the machine's first one (inet_init_net), so
 * forwarding, rp_filter and route_localnet come from the node; Amazon's kernels give pods the node's TTL as well. Last the
 * runtime writes the pod's own. Pods of one image that set the same share one map.
 */
export function podSysctls(
  os: OsProfile,
  kubeProxy: KubeProxyConfig,
  own: PodPlan['sysctls'] = [],
): ReadonlyMap<string, string> {
  const key = `${os.name} ${routeLocalnet(kubeProxy)} ${own.length === 0 ? '' : JSON.stringify(own)}`;
  const known = pods.get(key);
  if (known !== undefined) return known;
  const sysctls = new Map([...KERNEL_DEFAULTS, ...new Ipv4Conf(POD_DEVICES, routed(os, kubeProxy))]);
  sysctls.set('net.ipv4.ip_forward', '1');
  sysctls.set('net.ipv4.ip_default_ttl', String(os.ttl));
  // The sandbox's devices are made before its runtime writes: of IPv6 they keep what `default` was then (net/ipv6/addrconf.c
  // ipv6_add_dev; seen on Linux 6.18).
  for (const [name, value] of COPIED6)
    if (own.some((each) => each.name === name))
      for (const dev of POD_DEVICES) sysctls.set(name.replace('default', dev), value);
  for (const { name, value } of own) writeSysctl(sysctls, name, value);
  pods.set(key, sysctls);
  return sysctls;
}

/** A plain machine: nothing but the kernel's defaults. */
export const plainSysctls: ReadonlyMap<string, string> = new Map([
  ...KERNEL_DEFAULTS,
  ...new Ipv4Conf(POD_DEVICES, { forwarding: '0', rpFilterAll: 0, rpFilterDefault: 0, routeLocalnetAll: '0' }),
]);

import type { Family } from '../net/index.ts';
import { perNetns } from './per-netns.ts';
import { hiddenAt } from './unsaid.ts';

/** Settings asked for every packet, read once. */
export interface Settings {
  /** `net.ipv4.ip_default_ttl`: 64 unless set (ip4_dst_hoplimit). */
  readonly defaultTtl: number;
  /** `hop_limit` of IPv6 devices; where all have one it is known without asking which. */
  readonly hopLimit: number | ReadonlyMap<string, number>;
  /** `ip_early_demux` and the protocol's own: sockets are looked for before routes. */
  readonly earlyDemux: { readonly tcp: boolean; readonly udp: boolean };
  /** `ip_no_pmtu_disc` is 0: sockets of IPv4 find out what their way takes. */
  readonly discoversMtu: boolean;
  /** Some route has a TTL of its own. */
  readonly byRoute: boolean;
  /** `nf_conntrack_tcp_be_liberal`: a packet out of its window is not INVALID. */
  readonly tcpLiberal: boolean;
  /** `nf_conntrack_tcp_loose`: a packet from the middle of a connection may start one. */
  readonly tcpLoose: boolean;
  /** `nf_conntrack_checksum`: a packet that arrives with a wrong checksum is INVALID. */
  readonly checksum: boolean;
  /** `fwmark_reflect` of either family: what the kernel answers by itself has the mark of what it answers. */
  readonly fwmarkReflect: Readonly<Record<Family, boolean>>;
  /** `tcp_fwmark_accept`, of both families: a listener's connection has the mark of the packet that opened it. */
  readonly tcpFwmarkAccept: boolean;
  /** What of the namespace no artefact can hold: a packet made here ends unknown. */
  readonly unmodelled: string | undefined;
}

const DEFAULT_TTL = 64;

export const settingsOf = perNetns((netns): Settings => {
  const { sysctls, links, routes } = netns;
  const ttl = (name: string): number | undefined => {
    const value = Number(sysctls.get(name) ?? '');
    return value > 0 ? value : undefined;
  };
  const isOn = (name: string): boolean => (sysctls.get(name) ?? '0') !== '0';
  const demuxes = (protocol: 'tcp' | 'udp'): boolean =>
    ['ip', protocol].every((each) => sysctls.get(`net.ipv4.${each}_early_demux`) !== '0');
  // A device takes what `default` is when it is made; `all` is nobody's (net/ipv6/addrconf.c ipv6_add_dev, addrconf_sysctl).
  const fresh = ttl('net.ipv6.conf.default.hop_limit') ?? DEFAULT_TTL;
  const hops = new Map(links.map(({ ifname }) => [ifname, ttl(`net.ipv6.conf.${ifname}.hop_limit`) ?? fresh]));
  const [hop = fresh, ...others] = new Set(hops.values());
  return {
    defaultTtl: ttl('net.ipv4.ip_default_ttl') ?? DEFAULT_TTL,
    hopLimit: others.length === 0 ? hop : hops,
    byRoute: routes.some(({ hoplimit }) => hoplimit !== undefined),
    discoversMtu: (sysctls.get('net.ipv4.ip_no_pmtu_disc') ?? '0') === '0',
    earlyDemux: { tcp: demuxes('tcp'), udp: demuxes('udp') },
    tcpLiberal: sysctls.get('net.netfilter.nf_conntrack_tcp_be_liberal') === '1',
    tcpLoose: sysctls.get('net.netfilter.nf_conntrack_tcp_loose') !== '0',
    checksum: sysctls.get('net.netfilter.nf_conntrack_checksum') !== '0',
    fwmarkReflect: { 4: isOn('net.ipv4.fwmark_reflect'), 6: isOn('net.ipv6.fwmark_reflect') },
    tcpFwmarkAccept: isOn('net.ipv4.tcp_fwmark_accept'),
    unmodelled: hiddenAt(netns),
  };
});

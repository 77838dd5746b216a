import { perNetns } from './per-netns.ts';

/** Settings asked for every packet, read once. */
export interface Settings {
  /** `net.ipv4.ip_default_ttl` and IPv6's `hop_limit`: 64 unless set (ip4_dst_hoplimit, ip6_dst_hoplimit). */
  readonly defaultTtl: { readonly 4: number; readonly 6: number };
  /** `nf_conntrack_tcp_be_liberal`: a packet out of its window is not INVALID. */
  readonly tcpLiberal: boolean;
  /** `nf_conntrack_tcp_loose`: a packet from the middle of a connection may start one. */
  readonly tcpLoose: boolean;
  /** `nf_conntrack_checksum`: a packet that arrives with a wrong checksum is INVALID. */
  readonly checksum: boolean;
}

export const settingsOf = perNetns(({ sysctls }): Settings => {
  const ttl = (name: string): number => {
    const value = Number(sysctls.get(name) ?? '');
    return value > 0 ? value : 64;
  };
  return {
    defaultTtl: { 4: ttl('net.ipv4.ip_default_ttl'), 6: ttl('net.ipv6.conf.all.hop_limit') },
    tcpLiberal: sysctls.get('net.netfilter.nf_conntrack_tcp_be_liberal') === '1',
    tcpLoose: sysctls.get('net.netfilter.nf_conntrack_tcp_loose') !== '0',
    checksum: sysctls.get('net.netfilter.nf_conntrack_checksum') !== '0',
  };
});

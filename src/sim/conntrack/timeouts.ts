import type { Netns } from '../../linux/index.ts';
import { perNetns } from '../per-netns.ts';

/**
 * How long a connection is remembered, in seconds: the kernel's defaults, each named as its sysctl under net.netfilter
 * (Documentation/networking/nf_conntrack-sysctl.rst).
 */
const DEFAULTS = {
  nf_conntrack_generic_timeout: 600,
  nf_conntrack_icmp_timeout: 30,
  nf_conntrack_icmpv6_timeout: 30,
  nf_conntrack_udp_timeout: 30,
  nf_conntrack_udp_timeout_stream: 120,
  nf_conntrack_tcp_timeout_syn_sent: 120,
  nf_conntrack_tcp_timeout_syn_recv: 60,
  nf_conntrack_tcp_timeout_established: 432_000,
  nf_conntrack_tcp_timeout_fin_wait: 120,
  nf_conntrack_tcp_timeout_close_wait: 60,
  nf_conntrack_tcp_timeout_last_ack: 30,
  nf_conntrack_tcp_timeout_time_wait: 120,
  nf_conntrack_tcp_timeout_close: 10,
  nf_conntrack_tcp_timeout_unacknowledged: 300,
  nf_conntrack_sctp_timeout_cookie_wait: 3,
  nf_conntrack_sctp_timeout_established: 210,
  nf_conntrack_gre_timeout: 30,
  nf_conntrack_gre_timeout_stream: 180,
} as const;

export type Timeouts = Readonly<Record<keyof typeof DEFAULTS, number>>;

export function readTimeouts({ sysctls }: Netns): Timeouts {
  const read: Record<keyof typeof DEFAULTS, number> = { ...DEFAULTS };
  for (const name in DEFAULTS) {
    const text = sysctls.get(`net.netfilter.${name}`);
    if (text !== undefined && /^\d+$/.test(text)) read[name as keyof typeof DEFAULTS] = Number(text); // a key of DEFAULTS
  }
  return read;
}

export const timeoutsOf = perNetns(readTimeouts);

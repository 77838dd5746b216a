import type { PortRange } from '../iptables/types.ts';

/** Settings that hold one number, as far as a walk or a connection's life depends on them. */
const NUMBERS =
  /^net\.(?:ipv[46]\.conf\.[^.]+\.(?!stable_secret$)[a-z0-9_]+|netfilter\.nf_conntrack_[a-z_]+|ipv4\.(?:ip_default_ttl|ip_forward|ip_nonlocal_bind|ip_unprivileged_port_start|fwmark_reflect|tcp_fwmark_accept|tcp_early_demux|udp_early_demux|icmp_echo_ignore_(?:all|broadcasts)|icmp_errors_use_inbound_ifaddr))$/;
const MAX_PORT = 65_535;

/**
 * What the kernel expects where it would reject a write of `value` (net/ipv4/sysctl_net_ipv4.c: ipv4_local_port_range,
 * ip_ttl_min and ip_ttl_max; kernel/sysctl.c: proc_dointvec, proc_do_large_bitmap); undefined where it takes it.
 */
export function sysctlFault(name: string, value: string): string | undefined {
  const text = value.trim();
  if (name === 'net.ipv4.ip_local_port_range') return portRange(text) === undefined ? RANGE : undefined;
  if (name === 'net.ipv4.ip_local_reserved_ports') return portList(text) === undefined ? LIST : undefined;
  if (name === 'net.ipv4.ip_default_ttl') return isNumber(text, 1, 255) ? undefined : 'a number from 1 to 255';
  if (name === 'net.ipv4.ip_unprivileged_port_start')
    return isNumber(text, 0, MAX_PORT) ? undefined : `a port from 0 to ${MAX_PORT}`;
  return NUMBERS.test(name) && !/^[+-]?(?:0[xX][\da-fA-F]+|\d+)$/.test(text) ? 'a whole number' : undefined;
}

const RANGE = 'two ports, the lower one first, such as "32768 60999"';
const LIST = 'ports and ranges with commas between them, such as "8080,9148-9150"';

/** `32768	60999` */
export function portRange(text: string): PortRange | undefined {
  const found = /^(\d+)\s+(\d+)$/.exec(text.trim());
  return found === null ? undefined : rangeOf(Number(found[1]), Number(found[2]), 1);
}

/** `8080,9148-9150`; an empty list is one. */
export function portList(text: string): readonly PortRange[] | undefined {
  const ranges: PortRange[] = [];
  for (const part of text.trim().split(',')) {
    if (part === '') continue;
    const found = /^(\d+)(?:-(\d+))?$/.exec(part);
    const range = found === null ? undefined : rangeOf(Number(found[1]), Number(found[2] ?? found[1]), 0);
    if (range === undefined) return undefined;
    ranges.push(range);
  }
  return ranges;
}

const rangeOf = (from: number, to: number, min: number): PortRange | undefined =>
  from >= min && from <= to && to <= MAX_PORT ? { from, to } : undefined;

const isNumber = (text: string, min: number, max: number): boolean =>
  /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max;

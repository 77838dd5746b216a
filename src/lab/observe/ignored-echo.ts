import { readFileSync } from 'node:fs';
import type { Headers } from '../../trace/index.ts';
import { type NetnsHandle, withNetns } from '../exec/ffi/index.ts';

const ECHO_REQUESTS = { 4: 8, 6: 128 } as const;
const SETTINGS = { 4: 'net.ipv4.icmp_echo_ignore_all', 6: 'net.ipv6.icmp.echo_ignore_all' } as const;

export const isEchoRequest = ({ icmp, family }: Headers): boolean => icmp?.type === ECHO_REQUESTS[family];

/**
 * The setting by which a namespace takes an echo request and says nothing (net/ipv4/icmp.c icmp_echo, net/ipv6/icmp.c
 * icmpv6_rcv): the event of one is none, or that of another end, so the namespace is asked.
 */
export function ignoresEcho(netns: NetnsHandle, headers: Headers): string | undefined {
  if (!isEchoRequest(headers)) return undefined;
  const setting = SETTINGS[headers.family];
  const value = withNetns(netns, () => readFileSync(`/proc/sys/${setting.replaceAll('.', '/')}`, 'utf8'));
  return value.trim() === '0' ? undefined : setting;
}

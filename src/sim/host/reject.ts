import { invariant } from '../../base/index.ts';
import type { NftReject, RejectWith } from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';
import { addressType } from '../fib/index.ts';
import type { L4, Packet, Skb } from '../packet.ts';
import type { HookResult, Host, Outcome, Undecided, Walk } from '../types.ts';
import { resetFlags } from './deliver.ts';
import { ICMP, type IcmpWhat, icmpError, ownTtl } from './icmp-error.ts';
import { died, stopUnknown } from './record.ts';

type IcmpAnswer = Exclude<RejectWith | NftReject, 'tcp-reset' | 'tcp reset'>;

/** ICMP answers by their names in iptables and nft (net/ipv4/netfilter/ipt_REJECT.c, net/ipv6/netfilter/ip6t_REJECT.c). */
const ANSWERS: Readonly<Record<IcmpAnswer, Partial<Readonly<Record<Family, IcmpWhat>>>>> = {
  'icmp-net-unreachable': { 4: { type: 3, code: 0 } },
  'icmp-host-unreachable': { 4: { type: 3, code: 1 } },
  'icmp-proto-unreachable': { 4: { type: 3, code: 2 } },
  'icmp-port-unreachable': { 4: { type: 3, code: 3 } },
  'icmp-net-prohibited': { 4: { type: 3, code: 9 } },
  'icmp-host-prohibited': { 4: { type: 3, code: 10 } },
  'icmp-admin-prohibited': { 4: { type: 3, code: 13 } },
  'icmp6-no-route': { 6: { type: 1, code: 0 } },
  'icmp6-adm-prohibited': { 6: { type: 1, code: 1 } },
  'icmp6-addr-unreachable': { 6: { type: 1, code: 3 } },
  'icmp6-port-unreachable': { 6: { type: 1, code: 4 } },
  'icmp6-policy-fail': { 6: { type: 1, code: 5 } },
  'icmp6-reject-route': { 6: { type: 1, code: 6 } },
  'icmp net-unreachable': { 4: { type: 3, code: 0 } },
  'icmp host-unreachable': { 4: { type: 3, code: 1 } },
  'icmp prot-unreachable': { 4: { type: 3, code: 2 } },
  'icmp port-unreachable': { 4: { type: 3, code: 3 } },
  'icmp frag-needed': { 4: { type: 3, code: 4 } },
  'icmp net-prohibited': { 4: { type: 3, code: 9 } },
  'icmp host-prohibited': { 4: { type: 3, code: 10 } },
  'icmp admin-prohibited': { 4: { type: 3, code: 13 } },
  'icmpv6 no-route': { 6: { type: 1, code: 0 } },
  'icmpv6 admin-prohibited': { 6: { type: 1, code: 1 } },
  'icmpv6 addr-unreachable': { 6: { type: 1, code: 3 } },
  'icmpv6 port-unreachable': { 6: { type: 1, code: 4 } },
  'icmpv6 policy-fail': { 6: { type: 1, code: 5 } },
  'icmpv6 reject-route': { 6: { type: 1, code: 6 } },
  // Of whichever family the packet is (net/netfilter/nft_reject.c, icmp_code_v4 and icmp_code_v6).
  'icmpx no-route': ICMP.noRoute,
  'icmpx admin-prohibited': ICMP.prohibited,
  'icmpx host-unreachable': ICMP.hostUnreachable,
  'icmpx port-unreachable': ICMP.portUnreachable,
};

type Stopped = Exclude<HookResult, { kind: 'accept' }>;

/**
 * A hook that did not let the packet through, as the end of its stay. The hook has recorded the rule that did it. `local`: the
 * packet is for this host.
 */
export function stopped(
  host: Host,
  skb: Skb,
  walk: Walk,
  result: Stopped,
  local = addressType(host, skb.packet.dst) === 'LOCAL',
): Outcome {
  switch (result.kind) {
    case 'drop':
      return died(host, skb, walk, result.disposition, result.because, undefined);
    case 'unknown':
      return stopUnknown(host, skb, walk, result.what, result.evidence);
    case 'reject': {
      const resets = result.with === 'tcp-reset' || result.with === 'tcp reset';
      const error = resets ? reset(host, skb) : errorOf(host, skb, result.with, local);
      // nf_send_reset routes by ip_route_me_harder, which takes any source.
      return died(host, skb, walk, 'refused', result.because, error, resets);
    }
  }
}

/**
 * nf_send_unreach is icmp_send: about a packet for this host it answers from the address the packet was sent to
 * (RTCF_LOCAL, net/ipv4/icmp.c __icmp_send), else from the one the route back chooses.
 */
function errorOf(host: Host, skb: Skb, name: IcmpAnswer, local: boolean): Packet | Undecided | undefined {
  const { family } = skb.packet;
  const what = ANSWERS[name][family];
  invariant(what !== undefined, `"${name}" answers no packet of IPv${family}`);
  return icmpError(host, skb, what, local);
}

/**
 * IPv4 takes it from the route of the packet that is refused (net/ipv4/netfilter/nf_reject_ipv4.c nf_send_reset), IPv6 from
 * that of the reset itself (nf_send_reset6).
 */
function resetTtl(host: Host, { packet, iif, mark }: Skb, { sport, dport }: L4 & { readonly kind: 'tcp' }): number {
  const { src, dst, tos, family } = packet;
  if (family === 6) return ownTtl(host, { src: dst, dst: src, ipproto: 'tcp', sport: dport, dport: sport });
  return ownTtl(host, { src, dst, iif, mark, tos, ipproto: 'tcp', sport, dport });
}

function reset(host: Host, skb: Skb): Packet | undefined {
  const { packet } = skb;
  if (packet.l4.kind !== 'tcp' || packet.l4.flags.includes('RST')) return undefined;
  const { l4 } = packet;
  return {
    ...packet,
    src: packet.dst,
    dst: packet.src,
    ttl: resetTtl(host, skb, l4),
    tos: 0,
    length: packet.family === 4 ? 40 : 60,
    l4: { ...l4, sport: l4.dport, dport: l4.sport, flags: resetFlags(l4.flags) },
  };
}

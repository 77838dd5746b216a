import type { Packet } from '../packet.ts';

/**
 * Whether the socket that sent `probe` takes `answer`: a TCP or connected UDP socket only from exactly the address and
 * port it asked, ping by id, and an ICMP error by the packet it quotes (tcp_v4_rcv, __udp4_lib_rcv, ping_lookup,
 * icmp_socket_deliver). A SYN-ACK for a tuple nobody opened is answered with RST.
 */
export function acceptsAnswer(probe: Packet, answer: Packet): 'accepted' | 'wrong-source' | 'not-mine' {
  if (answer.l4.kind === 'icmp-error') return quotes(probe, answer.l4.quoted) ? 'accepted' : 'not-mine';
  if (answer.protocol !== probe.protocol || answer.dst !== probe.src) return 'not-mine';
  const asked = probe.l4;
  const came = answer.l4;
  if (asked.kind === 'icmp-query' && came.kind === 'icmp-query') {
    if (asked.id !== came.id) return 'not-mine';
    return answer.src === probe.dst ? 'accepted' : 'wrong-source';
  }
  const ported = asked.kind === 'tcp' || asked.kind === 'ports';
  if (!ported || (came.kind !== 'tcp' && came.kind !== 'ports'))
    return answer.src === probe.dst ? 'accepted' : 'wrong-source';
  if (came.dport !== asked.sport) return 'not-mine';
  return answer.src === probe.dst && came.sport === asked.dport ? 'accepted' : 'wrong-source';
}

function quotes(probe: Packet, quoted: Packet): boolean {
  if (quoted.src !== probe.src || quoted.dst !== probe.dst || quoted.protocol !== probe.protocol) return false;
  const asked = probe.l4;
  const about = quoted.l4;
  if (asked.kind === 'icmp-query' && about.kind === 'icmp-query') return asked.id === about.id;
  if ((asked.kind === 'tcp' || asked.kind === 'ports') && (about.kind === 'tcp' || about.kind === 'ports')) {
    return asked.sport === about.sport && asked.dport === about.dport;
  }
  return true;
}

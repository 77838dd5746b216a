import type { ListenSocket } from '../../linux/index.ts';
import type { Ip } from '../../net/index.ts';
import { headersOf, type L4, type Packet, type Skb } from '../packet.ts';
import type { Host, Outcome, Walk } from '../types.ts';
import { defaultTtl, ICMP, icmpError } from './icmp-error.ts';
import { byKernel, die } from './record.ts';

/**
 * A packet for this host, after INPUT (net/ipv4/ip_input.c ip_local_deliver_finish). Answers are taken as they come: the
 * asking socket judges them (`acceptsAnswer`).
 */
export function deliver(host: Host, skb: Skb, walk: Walk): Outcome {
  const { l4, protocol } = skb.packet;
  switch (l4.kind) {
    case 'tcp':
      return deliverTcp(host, skb, walk, l4);
    case 'ports':
      return deliverPorts(host, skb, walk, l4);
    case 'icmp-query':
      return deliverQuery(host, skb, walk, l4);
    case 'icmp-error':
      return delivered(host, skb, walk, `ICMP ${l4.type}/${l4.code} from ${skb.packet.src}`, undefined);
    case 'other':
      return refuse(
        host,
        skb,
        walk,
        `no handler for protocol ${protocol}`,
        icmpError(host, skb, ICMP.protocolUnreachable[skb.packet.family], true),
      );
  }
}

function deliverTcp(host: Host, skb: Skb, walk: Walk, l4: L4 & { readonly kind: 'tcp' }): Outcome {
  const { flags } = l4;
  const socket = listener(host, 'tcp', skb.packet.dst, l4.dport);
  const opens = flags.includes('SYN') && !flags.includes('ACK');
  if (opens && socket === undefined)
    return refuse(host, skb, walk, `nothing listens on TCP ${l4.dport}`, answer(host, skb, ['RST', 'ACK']));
  if (opens) return delivered(host, skb, walk, describe(socket), answer(host, skb, ['SYN', 'ACK']));
  // A SYN-ACK or RST answers a socket that connected; the rest belongs to a connection already made, if there is one.
  if (flags.includes('RST') || flags.includes('SYN'))
    return delivered(host, skb, walk, 'the connecting socket', undefined);
  return delivered(host, skb, walk, socket === undefined ? 'the connection' : describe(socket), undefined);
}

function deliverPorts(host: Host, skb: Skb, walk: Walk, l4: L4 & { readonly kind: 'ports' }): Outcome {
  const { packet } = skb;
  const protocol = packet.protocol === 'sctp' || packet.protocol === 'udplite' ? packet.protocol : 'udp';
  const socket = listener(host, protocol, packet.dst, l4.dport);
  if (socket !== undefined) return delivered(host, skb, walk, describe(socket), answer(host, skb, []));
  // What comes from a port somebody asked is an answer; whoever asked decides whether it is wanted.
  if (isEphemeral(l4.dport) && !isEphemeral(l4.sport))
    return delivered(host, skb, walk, 'the asking socket', undefined);
  if (protocol === 'sctp') return refuse(host, skb, walk, `nothing listens on SCTP ${l4.dport}`, answer(host, skb, []));
  const error = icmpError(host, skb, ICMP.portUnreachable[packet.family], true);
  return refuse(host, skb, walk, `nothing listens on ${protocol.toUpperCase()} ${l4.dport}`, error);
}

/** Where clients bind (ip_local_port_range) and where node-side translation puts them. */
const isEphemeral = (port: number): boolean => port >= 1024;

function deliverQuery(host: Host, skb: Skb, walk: Walk, l4: L4 & { readonly kind: 'icmp-query' }): Outcome {
  const { packet } = skb;
  const isRequest = l4.type === (packet.family === 4 ? 8 : 128);
  if (!isRequest) return delivered(host, skb, walk, 'the ping socket', undefined);
  const key = packet.family === 4 ? 'net.ipv4.icmp_echo_ignore_all' : 'net.ipv6.icmp.echo_ignore_all';
  if ((host.sysctl(key) ?? '0') !== '0') return die(host, skb, walk, 'dropped', `${key} is set`, key);
  const reply: Packet = { ...reversed(host, packet), l4: { ...l4, type: packet.family === 4 ? 0 : 129 } };
  return delivered(host, skb, walk, 'kernel (icmp_echo)', reply);
}

/** Best match first: an exact address before a wildcard (compute_score, __inet_lookup_listener). */
function listener(host: Host, protocol: ListenSocket['protocol'], address: Ip, port: number): ListenSocket | undefined {
  const matching = host.netns.sockets.filter((socket) => socket.protocol === protocol && socket.port === port);
  const wildcard = address.includes(':') ? '::' : '0.0.0.0';
  return (
    matching.find((socket) => socket.local === address) ??
    matching.find((socket) => socket.local === wildcard) ??
    matching.find((socket) => socket.local === '*' || (socket.local as string) === '::')
  );
}

const describe = (socket: ListenSocket | undefined): string =>
  socket === undefined ? '' : `${socket.process} on ${socket.local}:${socket.port}`;

const reversed = (host: Host, packet: Packet): Packet => ({
  ...packet,
  src: packet.dst,
  dst: packet.src,
  ttl: defaultTtl(host, packet.family),
  tos: 0,
});

function answer(host: Host, skb: Skb, flags: (L4 & { readonly kind: 'tcp' })['flags']): Packet {
  const { packet } = skb;
  const { l4 } = packet;
  const back = reversed(host, packet);
  if (l4.kind === 'tcp') {
    const length = (packet.family === 4 ? 20 : 40) + (flags.includes('RST') ? 20 : 40);
    return { ...back, length, df: true, l4: { ...l4, sport: l4.dport, dport: l4.sport, flags } };
  }
  if (l4.kind === 'ports') return { ...back, df: false, l4: { ...l4, sport: l4.dport, dport: l4.sport } };
  return back;
}

function delivered(host: Host, skb: Skb, walk: Walk, socket: string, reply: Packet | undefined): Outcome {
  if (walk.record !== undefined) {
    const headers = headersOf(skb);
    const evidence = byKernel(host, socket, 'ss');
    walk.record({
      kind: 'deliver',
      socket,
      action: `to ${socket}`,
      because: '',
      evidence,
      before: headers,
      after: headers,
    });
  }
  return { kind: 'delivered', skb, socket, answer: reply };
}

const refuse = (host: Host, skb: Skb, walk: Walk, because: string, error: Packet | undefined): Outcome =>
  die(host, skb, walk, 'refused', because, byKernel(host, because, 'ss'), error);

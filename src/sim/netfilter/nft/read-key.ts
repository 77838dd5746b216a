import { assertNever } from '../../../base/index.ts';
import type { NftKey, NftValue } from '../../../linux/index.ts';
import { flowType } from '../../fib/index.ts';
import type { Packet } from '../../packet.ts';
import { noteDrawn } from '../matches/by-port.ts';
import { stateOf } from '../matches/conntrack.ts';
import { portsOf } from '../matches/ports.ts';
import type { Frame } from '../types.ts';

/** A key that is read, not drawn. */
export type PacketKey = Exclude<NftKey, { kind: 'numgen' }>;

/** What a packet has for a key, but the model does not know, and why. */
export interface Unread {
  readonly unread: string;
}

export type KeyReader = (frame: Frame) => NftValue | Unread | undefined;

/** What a packet has for a key (nft_payload.c, nft_meta.c, nft_ct.c, nft_fib.c). undefined: it has none, and the rule ends. */
export function readerOf(key: PacketKey): KeyReader {
  switch (key.kind) {
    case 'address': {
      const family = key.version === 'ip' ? 4 : 6;
      const { field } = key;
      return ({ skb: { packet } }) =>
        packet.family === family ? (field === 'saddr' ? packet.src : packet.dst) : undefined;
    }
    case 'port': {
      const { protocol, field } = key;
      return (frame) => {
        const { packet } = frame.skb;
        const own =
          protocol === 'th'
            ? transportPort(packet, field)
            : packet.protocol === protocol
              ? portsOf(packet)?.[field]
              : undefined;
        if (typeof own === 'number') noteDrawn(frame, own);
        return own;
      };
    }
    case 'l4proto':
      return ({ skb: { packet } }) => (key.of === 'ip' && packet.family !== 4 ? undefined : packet.protocol);
    case 'interface':
      return ({ skb }) => (key.field === 'iifname' ? skb.iif : skb.oif) ?? '';
    case 'mark':
      return (frame) => readMark(frame, key.of);
    case 'fib-type':
      return ({ host, skb: { packet } }) => {
        const is = flowType(host, packet, key.of);
        return typeof is === 'string' ? is.toLowerCase() : { unread: is.what };
      };
    case 'ct-state':
      return ({ skb }) => stateOf(skb.ct);
    default:
      return assertNever(key);
  }
}

/** `th` reads the first bytes behind the IP header, whatever they are: of ICMP its type and code, then its checksum. */
export function transportPort(packet: Packet, field: 'sport' | 'dport'): number | Unread {
  const ports = portsOf(packet);
  if (ports !== undefined) return ports[field];
  const { l4, protocol } = packet;
  const isIcmp = l4.kind === 'icmp-query' || l4.kind === 'icmp-error';
  if (isIcmp && field === 'sport') return l4.type * 256 + l4.code;
  const bytes = isIcmp ? 'the checksum' : 'the first bytes';
  return { unread: `"th ${field}" is ${bytes} of a packet of protocol ${protocol}, which the model does not have` };
}

/** nft_ct_get_eval: without a connection there is no mark to read, and the rule ends. */
export function readMark({ skb }: Frame, of: 'meta' | 'ct'): number | undefined {
  if (of === 'meta') return skb.mark;
  return skb.ct.kind === 'tracked' ? skb.ct.conn.mark : undefined;
}

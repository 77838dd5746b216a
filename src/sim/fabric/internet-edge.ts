import type { Ip } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import { type FabricWalk, recordFabric } from './fabric-walk.ts';

/** Of every way out of a VPC to the internet (EC2 guide, network MTU). */
export const INTERNET_MTU = 1500;

/**
 * Public address translation of an internet gateway: one to one, ports untouched (VPC guide, internet gateways). In an
 * ICMP error the packet it quotes is translated too, the other way round.
 */
export function translateAtEdge(
  on: FabricWalk,
  gateway: string,
  before: Packet,
  to: { readonly src: Ip } | { readonly dst: Ip },
): Packet {
  const after = { ...before, ...to, l4: quoteAs(before, 'src' in to ? { dst: to.src } : { src: to.dst }) };
  recordFabric(on, 'igw-nat', before, after, {
    action: 'src' in to ? `src ${before.src} ⇒ ${after.src}` : `dst ${before.dst} ⇒ ${after.dst}`,
    because: 'one to one, ports untouched',
    text: gateway,
  });
  return after;
}

const quoteAs = ({ l4 }: Packet, end: { readonly src?: Ip; readonly dst?: Ip }): Packet['l4'] =>
  l4.kind === 'icmp-error' ? { ...l4, quoted: { ...l4.quoted, ...end } } : l4;

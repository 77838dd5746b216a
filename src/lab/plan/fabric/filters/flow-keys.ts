import type { Family } from '../../../../net/index.ts';
import { block } from '../nft-text.ts';

/** Which way a packet passes the ENI. */
export type Way = 'egress' | 'ingress';

/** The device that is the ENI: a packet it sends comes in by its port, a packet for it goes out there. */
export const cardOf: Readonly<Record<Way, string>> = { egress: 'iif', ingress: 'oif' };

/** Where the fields stand, in bits from the start of an IP header without options (RFC 791, RFC 8200). */
interface Layout {
  readonly src: string;
  readonly dst: string;
  readonly protocol: string;
  readonly sport: string;
  readonly dport: string;
  /** Of an ICMP query. */
  readonly id: string;
}

const field = (offset: number, bits: number): string => `@nh,${offset},${bits}`;

function layoutAt(family: Family, at: number): Layout {
  const [header, address, protocol, src] = family === 4 ? [160, 32, 72, 96] : [320, 128, 48, 64];
  return {
    src: field(at + src, address),
    dst: field(at + src + address, address),
    protocol: field(at + protocol, 8),
    sport: field(at + header, 16),
    dport: field(at + header + 16, 16),
    id: field(at + header + 32, 16),
  };
}

/** Of the packet itself, and of the one an ICMP error quotes behind its own 8 bytes (RFC 792, RFC 4443). */
const layouts = (family: Family): { readonly whole: Layout; readonly quoted: Layout } => ({
  whole: layoutAt(family, 0),
  quoted: layoutAt(family, family === 4 ? 160 + 64 : 320 + 64),
});

const WORDS = {
  4: { protocol: 'ip', icmp: 'icmp', number: 1, queries: '{ 0, 8, 13, 14 }', errors: '{ 3, 4, 5, 11, 12 }' },
  6: { protocol: 'ip6', icmp: 'icmpv6', number: 58, queries: '{ 128, 129 }', errors: '{ 1, 2, 3, 4 }' },
} as const;

/** A flow is one number: what tells it, hashed, the ENI's end first, so that both directions have the same. */
const hash = (fields: readonly string[]): string =>
  `meta mark set jhash ${fields.join(' . ')} mod 4294967295 seed 0x5347`;

const ends = ({ src, dst }: Layout, ownIs: 'src' | 'dst'): readonly string[] =>
  ownIs === 'src' ? [src, dst] : [dst, src];

const withPorts = (of: Layout, ownIs: 'src' | 'dst'): string =>
  hash([...ends(of, ownIs), of.protocol, ...(ownIs === 'src' ? [of.sport, of.dport] : [of.dport, of.sport])]);

/**
 * Sets the mark to the number of a packet's flow; of an ICMP error, to that of the flow it is about. TCP and UDP by ports,
 * ICMP queries by id, all else by addresses and protocol (EC2 guide, security group connection tracking).
 */
export function flowChain(way: Way, families: readonly Family[]): readonly string[] {
  const ownIs = way === 'egress' ? 'src' : 'dst';
  const quotedIs = way === 'egress' ? 'dst' : 'src';
  const rules = families.flatMap((family) => {
    const { whole, quoted } = layouts(family);
    const { protocol, icmp, number, queries, errors } = WORDS[family];
    const is = `meta protocol ${protocol}`;
    const about = `${is} ${icmp} type ${errors} ${quoted.protocol}`;
    return [
      `${is} meta l4proto { tcp, udp } ${withPorts(whole, ownIs)} return`,
      `${is} ${icmp} type ${queries} ${hash([...ends(whole, ownIs), whole.protocol, whole.id])} return`,
      `${about} 6 ${withPorts(quoted, quotedIs)} return`,
      `${about} 17 ${withPorts(quoted, quotedIs)} return`,
      `${about} ${number} ${hash([...ends(quoted, quotedIs), quoted.protocol, quoted.id])} return`,
      `${is} ${icmp} type ${errors} ${hash([...ends(quoted, quotedIs), quoted.protocol])} return`,
      `${is} ${hash([...ends(whole, ownIs), whole.protocol])} return`,
    ];
  });
  return block(`chain flow_${way}`, rules);
}

/** Rules that keep an error from opening a flow: nobody answers it. */
export const ignoreErrors = (families: readonly Family[]): readonly string[] =>
  families.map((family) => `${WORDS[family].icmp} type ${WORDS[family].errors} return`);

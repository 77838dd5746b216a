import type { Cidr } from '../../../net/index.ts';

/*
 * Rules of nft that turn a question for a neighbour into its answer and send it back where it came from: what a hypervisor
 * does with them. The words of both are those of version 1.0.6, which names no field of neighbour discovery.
 */

/**
 * An ARP request (RFC 826). The asker's address waits in the Ethernet header while the two addresses change places (nft(8),
 * raw payload expressions). `answers` are rules that set the MAC that is asked for, the last one counts.
 */
export const arpReply = (answers: readonly string[]): readonly string[] => [
  'arp operation != request drop',
  '@ll,0,32 set @nh,112,32',
  'arp daddr ether set arp saddr ether',
  ...answers.map((answer) => `arp saddr ether set ${answer}`),
  '@nh,112,32 set @nh,192,32',
  '@nh,192,32 set @ll,0,32',
  'arp operation set reply',
  'ether daddr set arp daddr ether',
  'ether saddr set arp saddr ether',
  'fwd to iif',
];

/**
 * A neighbour solicitation (RFC 4861 4.3, 4.4, 7.2.4), with the asker's MAC as its one option, as Linux writes them all. nft
 * keeps the ICMPv6 checksum when a field it knows is set, and not when raw bytes are (net/netfilter/nft_payload.c
 * nft_payload_set_eval). So each raw change is undone in the sum by another: raw bytes of the source address are changed by
 * as much, and the address as a whole is set again.
 *
 *     the option's MAC, asker → answer    source: raw + asker  ·  whole, with the answer in it  ·  raw - answer
 *     its type 1 → 2, the flags           source: whole 6100:: ·  raw - 0x6100
 */
export const neighbourAdvert = (answers: readonly string[]): readonly string[] => [
  'ip6 saddr :: drop',
  'ip6 length != 32 drop',
  'ether daddr set ether saddr',
  'ip6 daddr set ip6 saddr',
  'ip6 saddr set @th,64,128',
  ...answers.map((answer) => `ether saddr set ${answer}`),
  'ip6 saddr set ::',
  '@nh,64,48 set @ll,0,48',
  'ip6 saddr set 6100::',
  '@nh,64,16 set 0',
  'ip6 saddr set @ll,0,128',
  '@nh,112,48 set 0',
  'ip6 saddr set @th,64,128',
  'icmpv6 type set nd-neighbor-advert',
  `@th,32,16 set ${SOLICITED_OVERRIDE}`,
  `@th,192,8 set ${TARGET_LINK_LAYER}`,
  '@th,208,48 set @ll,48,48',
  'fwd to iif',
];

const SOLICITED_OVERRIDE = '0x6000';
const TARGET_LINK_LAYER = 2;

/** Takes the solicitations whose target is in a block; before any other rule for IPv6. */
export const isAskedFor = ({ first, prefix }: Cidr): string => {
  const bits = BigInt(first) >> BigInt(128 - prefix);
  return `icmpv6 type nd-neighbor-solicit @th,64,${prefix} 0x${bits.toString(16)}`;
};

/** Takes those for any address but link-local ones, which are the kernel's. */
export const isAskedForGlobal = 'icmpv6 type nd-neighbor-solicit @th,64,16 != 0xfe80';

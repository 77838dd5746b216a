import { eachAttribute, textAt } from './attributes.ts';

/** NFNLGRP_NFTRACE: what nf_tables_trace.c (nft_trace_notify) tells of each traced packet. */
export const TRACE_GROUP = 9;
export const TRACE_MESSAGE = 0x0a11;

/** A rule that matched, or the policy at the end of a base chain. Rules that did not match are never told. */
export interface RuleEvent {
  readonly nsid: number;
  /** Not unique in time: two packets of one flow may share it. */
  readonly id: number;
  readonly type: 'rule' | 'policy' | 'return';
  /** By which tables of one name are told apart. */
  readonly tableFamily: string;
  readonly table: string;
  readonly chain: string;
  /** Absent: the end of a user chain. */
  readonly handle: number | undefined;
  /** -1 continue, -3 jump, -4 goto, -5 return, 0 drop, 1 accept. */
  readonly verdict: number;
  /** Where a jump or goto leads. */
  readonly target?: string;
  /** With the first event of each base chain, taken after the rule ran: IP header, and up to 20 bytes behind it. */
  readonly header: Buffer | undefined;
  readonly iif: number;
  readonly oif: number;
  readonly mark: number;
  /** `enum nf_ct_state bits`; absent where conntrack has not looked, or called it invalid. */
  readonly ctState: number | undefined;
}

const TYPES = { 1: 'policy', 2: 'return', 3: 'rule' } as const;
const isType = (value: number): value is 1 | 2 | 3 => value >= 1 && value <= 3;

type Draft = { -readonly [K in keyof RuleEvent]: RuleEvent[K] };

type Reader = (draft: Draft, bytes: Buffer, at: number, length: number) => void;

/** include/uapi/linux/netfilter/nf_tables.h, enum nft_trace_attributes; the network header stands before the transport header (nf_trace_fill_pkt_info). */
const ATTRIBUTES: Readonly<Record<number, Reader>> = {
  1: (draft, bytes, at, length) => {
    draft.table = textAt(bytes, at, length);
  },
  2: (draft, bytes, at, length) => {
    draft.chain = textAt(bytes, at, length);
  },
  3: (draft, bytes, at) => {
    draft.handle = bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
  },
  4: (draft, bytes, at) => {
    const value = bytes.readUInt32BE(at);
    if (isType(value)) draft.type = TYPES[value];
  },
  5: (draft, bytes, at, length) =>
    eachAttribute(bytes, at, at + length, (inner, code, size) => {
      if (inner === 1) draft.verdict = bytes.readInt32BE(code);
      if (inner === 2) draft.target = textAt(bytes, code, size);
    }),
  6: (draft, bytes, at) => {
    draft.id = bytes.readUInt32BE(at);
  },
  8: (draft, bytes, at, length) => {
    draft.header = bytes.subarray(at, at + length);
  },
  9: (draft, bytes, at, length) => {
    if (draft.header !== undefined) draft.header = Buffer.concat([draft.header, bytes.subarray(at, at + length)]);
  },
  10: (draft, bytes, at) => {
    draft.iif = bytes.readUInt32BE(at);
  },
  12: (draft, bytes, at) => {
    draft.oif = bytes.readUInt32BE(at);
  },
  14: (draft, bytes, at) => {
    draft.mark = bytes.readUInt32BE(at);
  },
  16: (draft, bytes, at) => {
    draft.verdict = bytes.readUInt32BE(at);
  },
  21: (draft, bytes, at) => {
    draft.ctState = bytes.readUInt32BE(at);
  },
};

/** Families a table may have, as nft writes them, by `nfgen_family` (include/uapi/linux/netfilter.h, NFPROTO_*). */
export const TABLE_FAMILIES: Readonly<Record<number, string>> = { 1: 'inet', 2: 'ip', 10: 'ip6' };

/** What one message of an nft trace says; undefined for a message of another kind. */
export function readRuleEvent(nsid: number, bytes: Buffer): RuleEvent | undefined {
  if (bytes.readUInt16LE(4) !== TRACE_MESSAGE) return undefined;
  const draft: Draft = {
    nsid,
    id: 0,
    type: 'rule',
    tableFamily: TABLE_FAMILIES[bytes.readUInt8(16)] ?? '',
    table: '',
    chain: '',
    handle: undefined,
    verdict: 1,
    header: undefined,
    iif: 0,
    oif: 0,
    mark: 0,
    ctState: undefined,
  };
  eachAttribute(bytes, 20, bytes.length, (type, at, length) => ATTRIBUTES[type]?.(draft, bytes, at, length));
  return draft;
}

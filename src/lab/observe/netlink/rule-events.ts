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
  readonly table: string;
  readonly chain: string;
  /** Absent: the end of a user chain. */
  readonly handle: number | undefined;
  /** -1 continue, -3 jump, -4 goto, -5 return, 0 drop, 1 accept. */
  readonly verdict: number;
  readonly family: 4 | 6;
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

/** include/uapi/linux/netfilter/nf_tables.h, enum nft_trace_attributes. */
export function readRuleEvent(nsid: number, bytes: Buffer): RuleEvent | undefined {
  if (bytes.readUInt16LE(4) !== TRACE_MESSAGE) return undefined;
  const draft: { -readonly [K in keyof RuleEvent]: RuleEvent[K] } = {
    nsid,
    id: 0,
    type: 'rule',
    table: '',
    chain: '',
    handle: undefined,
    verdict: 1,
    family: 4,
    header: undefined,
    iif: 0,
    oif: 0,
    mark: 0,
    ctState: undefined,
  };
  let network: Buffer | undefined;
  let transport: Buffer | undefined;
  eachAttribute(bytes, 20, bytes.length, (type, at, length) => {
    switch (type) {
      case 1:
        draft.table = textAt(bytes, at, length);
        return;
      case 2:
        draft.chain = textAt(bytes, at, length);
        return;
      case 3:
        draft.handle = bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
        return;
      case 4: {
        const value = bytes.readUInt32BE(at);
        if (isType(value)) draft.type = TYPES[value];
        return;
      }
      case 5:
        eachAttribute(bytes, at, at + length, (inner, code) => {
          if (inner === 1) draft.verdict = bytes.readInt32BE(code);
        });
        return;
      case 6:
        draft.id = bytes.readUInt32BE(at);
        return;
      case 8:
        network = bytes.subarray(at, at + length);
        return;
      case 9:
        transport = bytes.subarray(at, at + length);
        return;
      case 10:
        draft.iif = bytes.readUInt32BE(at);
        return;
      case 12:
        draft.oif = bytes.readUInt32BE(at);
        return;
      case 14:
        draft.mark = bytes.readUInt32BE(at);
        return;
      case 15:
        draft.family = bytes.readUInt32BE(at) === 10 ? 6 : 4;
        return;
      case 16:
        draft.verdict = bytes.readUInt32BE(at);
        return;
      case 21:
        draft.ctState = bytes.readUInt32BE(at);
        return;
      default:
    }
  });
  if (network !== undefined) draft.header = Buffer.concat(transport === undefined ? [network] : [network, transport]);
  return draft;
}

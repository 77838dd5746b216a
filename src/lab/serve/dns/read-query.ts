import { decode } from 'dns-packet';
import type { DnsQuestion } from '../../../fabric/index.ts';

export interface Query {
  readonly id: number;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  readonly question: DnsQuestion;
  readonly inClass: boolean;
  /** The question section as it came: an answer repeats it, spelling and all. */
  readonly rawQuestion: Buffer;
  readonly edns: Edns | undefined;
}

export interface Edns {
  readonly version: number;
  readonly payloadSize: number;
  readonly dnssecOk: boolean;
  /** Options as they came, code and data. */
  readonly options: readonly { readonly code: number; readonly data: Buffer }[];
}

/** A query; what to say to something that is none (RFC 1035 section 4.1.1); or nothing, for what gets no answer. */
export type ReadQuery =
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'refuse'; readonly rcode: 'FORMERR' | 'NOTIMP' }
  | { readonly kind: 'ignore' };

const HEADER = 12;
const QR = 0x8000;
const RD = 0x0100;
const CD = 0x0010;
const CLASS_IN = 1;

/** What the DNS library under CoreDNS accepts (miekg/dns, DefaultMsgAcceptFunc), and the parts of it an answer needs. */
export function readQuery(message: Buffer): ReadQuery {
  if (message.length < HEADER) return { kind: 'ignore' };
  const flags = message.readUInt16BE(2);
  if ((flags & QR) !== 0) return { kind: 'ignore' };
  if (((flags >> 11) & 0xf) !== 0) return { kind: 'refuse', rcode: 'NOTIMP' };
  const counts = [4, 6, 8, 10].map((offset) => message.readUInt16BE(offset));
  const [questions = 0, answers = 0, authorities = 0, additionals = 0] = counts;
  if (questions !== 1 || answers > 1 || authorities > 1 || additionals > 2) return { kind: 'refuse', rcode: 'FORMERR' };
  const end = endOfName(message, HEADER);
  if (end === undefined || end + 4 > message.length) return { kind: 'refuse', rcode: 'FORMERR' };
  try {
    const packet = decode(message);
    const [question] = packet.questions ?? [];
    if (question === undefined) return { kind: 'refuse', rcode: 'FORMERR' };
    return {
      kind: 'query',
      query: {
        id: message.readUInt16BE(0),
        recursionDesired: (flags & RD) !== 0,
        checkingDisabled: (flags & CD) !== 0,
        question: { name: question.name === '.' ? '' : question.name, type: typeName(question.type) },
        inClass: message.readUInt16BE(end + 2) === CLASS_IN,
        rawQuestion: message.subarray(HEADER, end + 4),
        edns: readEdns(packet.additionals ?? []),
      },
    };
  } catch {
    return { kind: 'refuse', rcode: 'FORMERR' };
  }
}

/** The codec's `UNKNOWN_65` as RFC 3597 section 5 writes it: `TYPE65`. */
const typeName = (type: string): string => type.replace(/^UNKNOWN_/, 'TYPE');

type Additional = NonNullable<ReturnType<typeof decode>['additionals']>[number];

function readEdns(additionals: readonly Additional[]): Edns | undefined {
  const opt = additionals.find((record) => record.type === 'OPT');
  if (opt?.type !== 'OPT') return undefined;
  return {
    version: opt.ednsVersion,
    payloadSize: opt.udpPayloadSize,
    dnssecOk: opt.flag_do,
    options: opt.options.map(({ code, data }) => ({ code: Number(code), data: data ?? Buffer.alloc(0) })),
  };
}

/** Where a name of the question ends: a pointer in it would point nowhere but into the header. */
function endOfName(message: Buffer, from: number): number | undefined {
  let at = from;
  while (at < message.length) {
    const length = message[at] ?? 0;
    if (length === 0) return at + 1;
    if (length > 63) return undefined;
    at += length + 1;
  }
  return undefined;
}

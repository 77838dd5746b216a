import type { DnsAnswer, DnsQuestion, Rr } from '../../../fabric/index.ts';
import type { Family } from '../../../net/index.ts';
import { MessageWriter } from './message-writer.ts';
import { type Edns, type Query, readQuery } from './read-query.ts';

export interface NameServer {
  /** The decision: what this server knows about a name. */
  answer(question: DnsQuestion): DnsAnswer;
  /** The zone's serial, for SOA records. */
  readonly serial: number;
}

export interface Transport {
  readonly protocol: 'udp' | 'tcp';
  readonly family: Family;
}

const RCODES = { NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
const BADVERS_EXTENDED = 1;
const FLAG = {
  response: 0x8000,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  checkingDisabled: 0x0010,
} as const;
const TYPE_OPT = 41;
const DNSSEC_OK = 0x8000;
/** NSID, EXPIRE, COOKIE, TCP keepalive, padding: options that go back as they came (coredns request/edns0.go). */
const ECHOED_OPTIONS: ReadonlySet<number> = new Set([3, 9, 10, 11, 12]);

const MIN_UDP = 512;
const MAX_TCP = 65_535;
/** A longer datagram is compressed, so that it may do without fragments (coredns request/request.go, Scrub). */
const UNFRAGMENTED: Readonly<Record<Family, number>> = { 4: 1480, 6: 1220 };

export interface Response {
  readonly message: Buffer;
  /** `A kubernetes.default.svc.cluster.local NOERROR`; the code alone where no question could be read. */
  readonly line: string;
}

/** One message's answer; undefined for what is not answered at all. */
export function respond(message: Buffer, server: NameServer, transport: Transport): Response | undefined {
  const read = readQuery(message);
  switch (read.kind) {
    case 'ignore':
      return undefined;
    case 'refuse':
      return { message: refusal(message, RCODES[read.rcode]), line: read.rcode };
    case 'query': {
      const { type, name } = read.query.question;
      const sections = sectionsOf(read.query, server);
      return {
        message: reply(read.query, sections, server.serial, transport),
        line: `${type} ${name || '.'} ${sections.rcode}`,
      };
    }
  }
}

/** A header and nothing else: id and RD as they came. */
function refusal(message: Buffer, rcode: number): Buffer {
  const bytes = Buffer.alloc(12);
  message.copy(bytes, 0, 0, 2);
  bytes.writeUInt16BE(FLAG.response | (message.readUInt16BE(2) & (0x7800 | FLAG.recursionDesired)) | rcode, 2);
  return bytes;
}

interface Sections {
  readonly rcode: keyof typeof RCODES | 'BADVERS';
  readonly flags: number;
  readonly lists: readonly (readonly Rr[])[];
}

const EMPTY: Sections['lists'] = [[], [], []];

function reply(query: Query, sections: Sections, serial: number, transport: Transport): Buffer {
  const limit = transport.protocol === 'tcp' ? MAX_TCP : Math.max(MIN_UDP, query.edns?.payloadSize ?? 0);
  const plain = write(query, sections, serial, limit, false);
  const fragments = transport.protocol === 'udp' && plain.message.length > UNFRAGMENTED[transport.family];
  if (plain.whole && !fragments) return plain.message;
  return write(query, sections, serial, limit, true).message;
}

function sectionsOf(query: Query, server: NameServer): Sections {
  const base =
    FLAG.response |
    (query.recursionDesired ? FLAG.recursionDesired : 0) |
    (query.checkingDisabled ? FLAG.checkingDisabled : 0);
  if (!query.inClass) return { rcode: 'REFUSED', flags: base | RCODES.REFUSED, lists: EMPTY };
  if ((query.edns?.version ?? 0) !== 0) return { rcode: 'BADVERS', flags: base, lists: EMPTY };
  const { rcode, authoritative, recursionAvailable, answers, authority, additional } = server.answer(query.question);
  const flags =
    base |
    (authoritative ? FLAG.authoritative : 0) |
    (recursionAvailable ? FLAG.recursionAvailable : 0) |
    RCODES[rcode];
  return { rcode, flags, lists: [answers, authority, additional] };
}

/** Records up to the first that does not fit; TC says that one did not (miekg/dns, Msg.Truncate). */
function write(
  query: Query,
  { rcode, flags, lists }: Sections,
  serial: number,
  limit: number,
  compress: boolean,
): { readonly message: Buffer; readonly whole: boolean } {
  const writer = new MessageWriter(compress);
  const opt = query.edns === undefined ? undefined : optRecord(query.edns, rcode === 'BADVERS' ? BADVERS_EXTENDED : 0);
  const room = Math.min(limit, MAX_TCP) - (opt?.length ?? 0);
  for (const value of [query.id, flags, 1, 0, 0, opt === undefined ? 0 : 1]) writer.u16(value);
  writer.question(query.rawQuestion);
  let whole = true;
  lists.forEach((list, section) => {
    let count = 0;
    for (const rr of whole ? list : []) {
      const before = writer.length;
      writer.record(rr, serial);
      if (writer.length > room) {
        writer.cut(before);
        whole = false;
        break;
      }
      count++;
    }
    if (list.length > 0 && count < list.length) whole = false;
    writer.u16At(6 + 2 * section, count + (section === 2 && opt !== undefined ? 1 : 0));
  });
  if (!whole) writer.u16At(2, flags | FLAG.truncated);
  if (opt !== undefined) writer.raw(opt);
  return { message: writer.message(), whole };
}

function optRecord(edns: Edns, extendedRcode: number): Buffer {
  const options = edns.options
    .filter(({ code }) => ECHOED_OPTIONS.has(code))
    .map(({ code, data }) => {
      const head = Buffer.alloc(4);
      head.writeUInt16BE(code, 0);
      head.writeUInt16BE(data.length, 2);
      return Buffer.concat([head, data]);
    });
  const data = Buffer.concat(options);
  const fixed = Buffer.alloc(11);
  fixed.writeUInt16BE(TYPE_OPT, 1);
  fixed.writeUInt16BE(edns.payloadSize, 3);
  fixed.writeUInt8(extendedRcode, 5);
  fixed.writeUInt16BE(edns.dnssecOk ? DNSSEC_OK : 0, 7);
  fixed.writeUInt16BE(data.length, 9);
  return Buffer.concat([fixed, data]);
}

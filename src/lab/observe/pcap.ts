/** A frame as it was seen, and when. */
export interface Frame {
  readonly bytes: Uint8Array;
  /** Length on the wire; `bytes` may be cut off. */
  readonly length: number;
  readonly seconds: number;
  readonly nanoseconds: number;
}

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINKTYPE_ETHERNET = 1;
export const SNAPLEN = 1 << 16;

/** What a pcap file begins with (draft-ietf-opsawg-pcap, section 4): nanoseconds, Ethernet. */
export function pcapHeader(): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32LE(MAGIC_NANOSECONDS, 0);
  bytes.writeUInt16LE(2, 4);
  bytes.writeUInt16LE(4, 6);
  bytes.writeUInt32LE(SNAPLEN, 16);
  bytes.writeUInt32LE(LINKTYPE_ETHERNET, 20);
  return bytes;
}

/** One packet record (section 5). */
export function pcapRecord({ bytes, length, seconds, nanoseconds }: Frame): Buffer {
  const record = Buffer.alloc(16 + bytes.length);
  record.writeUInt32LE(seconds >>> 0, 0);
  record.writeUInt32LE(nanoseconds, 4);
  record.writeUInt32LE(bytes.length, 8);
  record.writeUInt32LE(length, 12);
  record.set(bytes, 16);
  return record;
}

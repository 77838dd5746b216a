import type { Rr } from '../../../fabric/index.ts';
import { ipBytes } from '../../exec/ffi/index.ts';

const TYPE_CODES: Readonly<Record<Rr['type'], number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
};
const CLASS_IN = 1;
/** An offset a pointer can name: 14 bits (RFC 1035 section 4.1.4). */
const MAX_POINTER = 0x3fff;
const MAX_MESSAGE = 65_535;
const MAX_TEXT = 255;
/** Longer is no name (RFC 1035 section 2.3.4). */
const MAX_NAME = 253;

/** Appends to one DNS message. Names are compressed where RFC 3597 allows it (not in SRV), and only when asked for. */
export class MessageWriter {
  private readonly bytes = Buffer.alloc(MAX_MESSAGE + 1024);
  private readonly names: Map<string, number> | undefined;
  private at = 0;

  constructor(compress: boolean) {
    this.names = compress ? new Map() : undefined;
  }

  get length(): number {
    return this.at;
  }

  /** What was written so far. */
  message(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.at));
  }

  raw(bytes: ArrayLike<number>): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  u16(value: number): void {
    this.at = this.bytes.writeUInt16BE(value, this.at);
  }

  u32(value: number): void {
    this.at = this.bytes.writeUInt32BE(value, this.at);
  }

  u16At(offset: number, value: number): void {
    this.bytes.writeUInt16BE(value, offset);
  }

  /** The question section as it came; later names may point to parts of its name. */
  question(raw: Buffer): void {
    const labels: { readonly at: number; readonly text: string }[] = [];
    for (let at = 0; (raw[at] ?? 0) !== 0; at += (raw[at] ?? 0) + 1)
      labels.push({ at: this.at + at, text: raw.toString('utf8', at + 1, at + 1 + (raw[at] ?? 0)) });
    this.raw(raw);
    if (labels.some(({ text }) => text.includes('.'))) return; // such a label has no spelling of its own
    labels.forEach(({ at }, i) => {
      const suffix = labels.slice(i).map(({ text }) => text);
      this.names?.set(suffix.join('.'), at);
    });
  }

  /** Takes back what was written after `length`: the record that did not fit, and nothing with a name follows. */
  cut(length: number): void {
    this.at = length;
  }

  name(name: string, compress = true): void {
    let rest = name.replace(/\.$/, '').slice(0, MAX_NAME);
    while (rest !== '') {
      const known = compress ? this.names?.get(rest) : undefined;
      if (known !== undefined) {
        this.u16(0xc000 | known);
        return;
      }
      if (this.at <= MAX_POINTER && this.names?.has(rest) === false) this.names.set(rest, this.at);
      const dot = rest.indexOf('.');
      const label = Buffer.from(dot < 0 ? rest : rest.slice(0, dot), 'utf8').subarray(0, 63);
      this.raw([label.length]);
      this.raw(label);
      rest = dot < 0 ? '' : rest.slice(dot + 1);
    }
    this.raw([0]);
  }

  record(rr: Rr, serial: number): void {
    this.name(rr.name);
    this.u16(TYPE_CODES[rr.type]);
    this.u16(CLASS_IN);
    this.u32(rr.ttl);
    const lengthAt = this.at;
    this.u16(0);
    this.data(rr, serial);
    this.u16At(lengthAt, this.at - lengthAt - 2);
  }

  private data(rr: Rr, serial: number): void {
    switch (rr.type) {
      case 'A':
      case 'AAAA':
        this.raw(ipBytes(rr.address));
        break;
      case 'CNAME':
      case 'PTR':
      case 'NS':
        this.name(rr.target);
        break;
      case 'SRV':
        for (const value of [rr.priority, rr.weight, rr.port]) this.u16(value);
        this.name(rr.target, false);
        break;
      case 'TXT': {
        const text = Buffer.from(rr.text, 'utf8').subarray(0, MAX_TEXT);
        this.raw([text.length]);
        this.raw(text);
        break;
      }
      case 'SOA':
        this.name(rr.mname);
        this.name(rr.rname);
        for (const value of [serial, rr.refresh, rr.retry, rr.expire, rr.minimum]) this.u32(value);
    }
  }
}

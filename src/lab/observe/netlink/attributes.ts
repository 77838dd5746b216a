/** Walks netlink attributes (struct nlattr): type without its flag bits, and where the value lies. */
export function eachAttribute(
  bytes: Buffer,
  from: number,
  to: number,
  take: (type: number, at: number, length: number) => void,
): void {
  for (let at = from; at + 4 <= to; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4) return;
    take(bytes.readUInt16LE(at + 2) & 0x3fff, at + 4, length - 4);
    at += (length + 3) & ~3;
  }
}

/** A NUL-terminated text. */
export const textAt = (bytes: Buffer, at: number, length: number): string =>
  bytes.toString('latin1', at, at + length - 1);

/** One attribute with its padding. */
export function attribute(type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, 4);
  return bytes;
}

import { abi, libc, SystemError } from '../exec/ffi/index.ts';

/** One received datagram; its bytes are overwritten by the next read. */
export interface Datagram {
  readonly bytes: Buffer;
  /** The sender's address as the socket family writes it (struct sockaddr_ll, sockaddr_nl). */
  readonly from: Buffer;
  /** A control message of this level and type (cmsg(3)), as a 32-bit number. */
  control(level: number, type: number): number | undefined;
  /** The same, whole. */
  controlBytes(level: number, type: number): Buffer | undefined;
}

const NAME = 32;
const CONTROL = 64;
const MMSGHDR = 64;

/** Reads a socket many datagrams at a time (recvmmsg(2)) into memory of its own. */
export class BatchReader {
  readonly #fd: number;
  readonly #count: number;
  readonly #size: number;
  readonly #at: number;
  readonly #length: number;
  readonly #memory: Buffer;
  readonly #messages: Datagram[] = [];
  #current: readonly number[] = [];
  /** Set when the kernel said that it had to throw events away. */
  lost = false;

  constructor(fd: number, count: number, size: number) {
    this.#fd = fd;
    this.#count = count;
    this.#size = size;
    this.#length = count * (MMSGHDR + 16 + NAME + CONTROL + size);
    const { mmap, view } = libc();
    this.#at = mmap(null, this.#length, abi.PROT_READ | abi.PROT_WRITE, abi.MAP_PRIVATE | abi.MAP_ANONYMOUS, -1, 0);
    this.#memory = view(this.#at, this.#length);
    for (let i = 0; i < count; i++) this.#prepare(i);
  }

  /** Offsets of the ith message's parts: vector, name, control, payload. */
  #part(i: number, part: 'iov' | 'name' | 'control' | 'data'): number {
    const count = this.#count;
    const iov = count * MMSGHDR;
    if (part === 'iov') return iov + i * 16;
    const name = iov + count * 16;
    if (part === 'name') return name + i * NAME;
    const control = name + count * NAME;
    if (part === 'control') return control + i * CONTROL;
    return control + count * CONTROL + i * this.#size;
  }

  #prepare(i: number): void {
    const memory = this.#memory;
    const pointer = (part: 'iov' | 'name' | 'control' | 'data', at: number): number =>
      memory.writeBigUInt64LE(BigInt(this.#at + this.#part(i, part)), at);
    const head = i * MMSGHDR;
    pointer('name', head);
    pointer('iov', head + 16);
    memory.writeBigUInt64LE(1n, head + 24);
    pointer('control', head + 32);
    pointer('data', this.#part(i, 'iov'));
    memory.writeBigUInt64LE(BigInt(this.#size), this.#part(i, 'iov') + 8);
    const control = memory.subarray(this.#part(i, 'control'), this.#part(i, 'control') + CONTROL);
    const slot = i;
    const reader = this;
    this.#messages.push({
      get bytes() {
        const at = reader.#part(slot, 'data');
        return memory.subarray(at, at + (reader.#current[slot] ?? 0));
      },
      from: memory.subarray(this.#part(i, 'name'), this.#part(i, 'name') + NAME),
      control: (level, type) => findControl(control, memory.readUInt32LE(head + 40), level, type)?.readUInt32LE(0),
      controlBytes: (level, type) => findControl(control, memory.readUInt32LE(head + 40), level, type),
    });
  }

  /** Hands over everything that waits, oldest first. */
  drain(take: (datagram: Datagram) => void): void {
    for (;;) {
      const got = this.#read();
      for (let i = 0; i < got; i++) {
        const message = this.#messages[i];
        if (message !== undefined) take(message);
      }
      if (got < this.#count) return;
    }
  }

  #read(): number {
    const memory = this.#memory;
    for (let i = 0; i < this.#count; i++) {
      memory.writeUInt32LE(NAME, i * MMSGHDR + 8);
      memory.writeUInt32LE(CONTROL, i * MMSGHDR + 40);
    }
    for (;;) {
      const got = libc().recvmmsg(this.#fd, this.#at, this.#count, abi.MSG_DONTWAIT, null);
      if (got >= 0) {
        this.#current = Array.from({ length: got }, (_, i) => memory.readUInt32LE(i * MMSGHDR + 56));
        return got;
      }
      const errno = libc().errno();
      if (errno === abi.EAGAIN) return 0;
      if (errno !== abi.ENOBUFS) throw new SystemError('read events', errno, libc().errorName(errno));
      this.lost = true;
    }
  }

  close(): void {
    libc().close(this.#fd);
    libc().munmap(this.#at, this.#length);
  }
}

function findControl(bytes: Buffer, length: number, level: number, type: number): Buffer | undefined {
  for (let at = 0; at + 16 <= length; ) {
    const size = bytes.readUInt32LE(at);
    if (bytes.readInt32LE(at + 8) === level && bytes.readInt32LE(at + 12) === type)
      return bytes.subarray(at + 16, at + size);
    if (size < 16) return undefined;
    at += (size + 7) & ~7;
  }
  return undefined;
}

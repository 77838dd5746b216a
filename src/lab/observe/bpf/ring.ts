import { abi, check, libc, Unavailable } from '../../exec/ffi/index.ts';

/** bpf(2) on the machines it is numbered for. */
const SYSCALL: Readonly<Record<string, number>> = { x64: 321, arm64: 280 };
const MAP_CREATE = 0;
const PROG_LOAD = 5;
const RAW_TRACEPOINT_OPEN = 17;
const MAP_TYPE_RINGBUF = 27;
const PROG_TYPE_RAW_TRACEPOINT = 17;
const PAGE = 4096;
const BUSY = 0x80000000;
/** No record takes more: with less room than this left, one may have found none (__bpf_ringbuf_reserve). */
const LARGEST = 512;

function bpf(command: number, attributes: Buffer, action: string): number {
  const number = SYSCALL[process.arch];
  if (number === undefined) throw new Unavailable('x86-64 or arm64', `this machine is ${process.arch}`);
  return check(libc().syscall(number, command, attributes, attributes.length), action);
}

/** The address of bytes that a kernel structure points to, copied into memory of their own. */
function placed(bytes: Uint8Array): { readonly address: number; readonly free: () => void } {
  const { mmap, munmap, view } = libc();
  const length = Math.ceil(bytes.length / PAGE) * PAGE;
  const address = mmap(null, length, abi.PROT_READ | abi.PROT_WRITE, abi.MAP_PRIVATE | abi.MAP_ANONYMOUS, -1, 0);
  view(address, bytes.length).set(bytes);
  return { address, free: () => void munmap(address, length) };
}

/**
 * The position at the start of a page the kernel shares, read and written whole while other processors move it. Byte by byte,
 * as a Buffer does, a carry between two bytes shows a position ahead of the kernel's; and once the consumer is ahead of the
 * producer, the ring takes nothing more (kernel/bpf/ringbuf.c, __bpf_ringbuf_reserve).
 */
const positionIn = ({ buffer, byteOffset }: Buffer): BigUint64Array => new BigUint64Array(buffer, byteOffset, 1);

/** A BPF ring buffer and the raw tracepoints that fill it. Everything ends with its descriptors. */
export class BpfRing {
  readonly map: number;
  readonly #size: number;
  readonly #consumer: BigUint64Array;
  readonly #producer: BigUint64Array;
  readonly #data: Buffer;
  readonly #held: number[] = [];
  readonly #mapped: readonly (readonly [number, number])[];
  #lost = false;

  /** `size`: a power of two, at least a page. */
  constructor(size: number) {
    this.#size = size;
    const attributes = Buffer.alloc(72);
    attributes.writeUInt32LE(MAP_TYPE_RINGBUF, 0);
    attributes.writeUInt32LE(size, 12);
    this.map = bpf(MAP_CREATE, attributes, 'make a BPF ring buffer (root and CONFIG_BPF_SYSCALL are needed)');
    this.#held.push(this.map);
    const { mmap, view } = libc();
    const consumer = mmap(null, PAGE, abi.PROT_READ | abi.PROT_WRITE, abi.MAP_SHARED, this.map, 0);
    const producer = mmap(null, PAGE + 2 * size, abi.PROT_READ, abi.MAP_SHARED, this.map, PAGE);
    this.#mapped = [
      [consumer, PAGE],
      [producer, PAGE + 2 * size],
    ];
    this.#consumer = positionIn(view(consumer, PAGE));
    this.#producer = positionIn(view(producer, PAGE));
    this.#data = view(producer + PAGE, 2 * size);
  }

  attach(tracepoint: string, program: Buffer): void {
    const code = placed(program);
    const license = placed(Buffer.from('GPL\0'));
    const log = placed(Buffer.alloc(PAGE * 4));
    try {
      const load = Buffer.alloc(120);
      load.writeUInt32LE(PROG_TYPE_RAW_TRACEPOINT, 0);
      load.writeUInt32LE(program.length / 8, 4);
      load.writeBigUInt64LE(BigInt(code.address), 8);
      load.writeBigUInt64LE(BigInt(license.address), 16);
      const loaded = bpf(PROG_LOAD, load, `load the BPF program for ${tracepoint}`);
      this.#held.push(loaded);
      const name = placed(Buffer.from(`${tracepoint}\0`));
      const open = Buffer.alloc(16);
      open.writeBigUInt64LE(BigInt(name.address), 0);
      open.writeUInt32LE(loaded, 8);
      this.#held.push(bpf(RAW_TRACEPOINT_OPEN, open, `listen to the tracepoint ${tracepoint}`));
      name.free();
    } finally {
      for (const memory of [code, license, log]) memory.free();
    }
  }

  /** Hands over every finished record, oldest first. The bytes are valid during the call only. */
  drain(take: (bytes: Buffer, at: number) => void): void {
    const head = Number(Atomics.load(this.#producer, 0));
    let tail = Number(Atomics.load(this.#consumer, 0));
    if (tail === head) return;
    if (head - tail > this.#size - LARGEST) this.#lost = true;
    while (tail < head) {
      const at = tail & (this.#size - 1);
      const word = this.#data.readUInt32LE(at);
      if ((word & BUSY) !== 0) break;
      const length = word & 0x3fffffff;
      take(this.#data, at + 8);
      tail += (length + 8 + 7) & ~7;
    }
    Atomics.store(this.#consumer, 0, BigInt(tail));
  }

  /** True when the ring was found full since this was last asked: what came then, nobody knows. */
  takeLost(): boolean {
    const lost = this.#lost;
    this.#lost = false;
    return lost;
  }

  close(): void {
    for (const fd of this.#held.reverse()) libc().close(fd);
    for (const [address, length] of this.#mapped) libc().munmap(address, length);
  }
}

/** eBPF instructions, eight bytes each (Documentation/bpf/standardization/instruction-set.rst). */
const FP = 10;

/** Helper numbers of include/uapi/linux/bpf.h, an ABI. */
const PROBE_READ_KERNEL = 113;
const RINGBUF_OUTPUT = 130;
const GET_CURRENT_PID_TGID = 14;

/** Puts a program together that fills one record on its stack, field by field, and gives it to a ring buffer. */
export class RecordProgram {
  readonly #code: Buffer[] = [];
  readonly #size: number;

  /** `size`: of the record, a multiple of 8. Register 6 holds the context throughout. */
  constructor(size: number) {
    this.#size = size;
    this.#emit(0xbf, 6, 1);
    for (let at = 0; at < size + 8; at += 8) this.#emit(0x7a, FP, 0, -size - 8 + at, 0);
  }

  #emit(code: number, dst: number, src = 0, offset = 0, value = 0): void {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt8(code, 0);
    bytes.writeUInt8((src << 4) | dst, 1);
    bytes.writeInt16LE(offset, 2);
    bytes.writeInt32LE(value, 4);
    this.#code.push(bytes);
  }

  /** Loads the nth argument of the tracepoint into a register (7, 8 or 9). */
  argument(register: number, n: number): this {
    this.#emit(0x79, register, 6, n * 8);
    return this;
  }

  /** Keeps the low 32 bits of a register as a field of the record. */
  store(register: number, at: number): this {
    this.#emit(0x63, FP, register, at - this.#size);
    return this;
  }

  constant(value: number, at: number): this {
    this.#emit(0x62, FP, 0, at - this.#size, value);
    return this;
  }

  /** Copies `size` bytes of kernel memory at register+offset into the record. */
  copy(register: number, offset: number, size: number, at: number): this {
    return this.#read(register, offset, size, at - this.#size);
  }

  /** Follows a pointer (8 bytes) or a 2-byte index at register+offset into another register. */
  follow(register: number, offset: number, into: number): this {
    this.#read(register, offset, 8, -this.#size - 8);
    this.#emit(0x79, into, FP, -this.#size - 8);
    return this;
  }

  /** into += the unsigned 16-bit number at register+offset. */
  add16(register: number, offset: number, into: number): this {
    this.#emit(0x7a, FP, 0, -this.#size - 8, 0);
    this.#read(register, offset, 2, -this.#size - 8);
    this.#emit(0x79, 0, FP, -this.#size - 8);
    this.#emit(0x0f, into, 0);
    return this;
  }

  /** The process on whose CPU time this runs: in lock-step the sender of the probe. */
  process(at: number): this {
    this.#emit(0x85, 0, 0, 0, GET_CURRENT_PID_TGID);
    this.#emit(0x77, 0, 0, 0, 32);
    return this.store(0, at);
  }

  #read(register: number, offset: number, size: number, stack: number): this {
    this.#emit(0xbf, 1, FP);
    this.#emit(0x07, 1, 0, 0, stack);
    this.#emit(0xb7, 2, 0, 0, size);
    this.#emit(0xbf, 3, register);
    this.#emit(0x07, 3, 0, 0, offset);
    this.#emit(0x85, 0, 0, 0, PROBE_READ_KERNEL);
    return this;
  }

  /** The finished program. */
  send(ring: number): Buffer {
    this.#emit(0x18, 1, 1, 0, ring);
    this.#emit(0x00, 0);
    this.#emit(0xbf, 2, FP);
    this.#emit(0x07, 2, 0, 0, -this.#size);
    this.#emit(0xb7, 3, 0, 0, this.#size);
    this.#emit(0xb7, 4, 0, 0, 0);
    this.#emit(0x85, 0, 0, 0, RINGBUF_OUTPUT);
    this.#emit(0xb7, 0, 0, 0, 0);
    this.#emit(0x95, 0);
    return Buffer.concat(this.#code);
  }
}

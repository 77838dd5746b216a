import { readFileSync } from 'node:fs';
import { Unavailable } from '../../exec/ffi/index.ts';

/**
 * The running kernel's own type information (Documentation/bpf/btf.rst): where fields of its structures lie, and what its
 * enums are called. Offsets move between kernels; names hardly do.
 */
export interface Btf {
  /** Byte offset of a field, through embedded structures: `offset('net', 'ns.inum')`. */
  offset(struct: string, path: string): number;
  /** Values of an enum by name. */
  enumOf(name: string): ReadonlyMap<number, string>;
}

const KIND = { struct: 4, union: 5, enum: 6, typedef: 8, volatile: 9, const: 10, restrict: 11, typeTag: 18 } as const;
/** Bytes that follow a type's 12, by kind: fixed, or per element of its `vlen`. */
const TAIL: Readonly<Record<number, (vlen: number) => number>> = {
  1: () => 4,
  3: () => 12,
  4: (vlen) => vlen * 12,
  5: (vlen) => vlen * 12,
  6: (vlen) => vlen * 8,
  13: (vlen) => vlen * 8,
  14: () => 4,
  15: (vlen) => vlen * 12,
  17: () => 4,
  19: (vlen) => vlen * 12,
};

export function readBtf(path = '/sys/kernel/btf/vmlinux'): Btf {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    throw new Unavailable('BTF of the kernel', `${path} is not there (CONFIG_DEBUG_INFO_BTF)`);
  }
  return parseBtf(bytes);
}

/** The type section, by type number: 12 octets of `struct btf_type` each, and what its kind adds. */
interface Types {
  find(name: string, kind: number): number;
  kindOf(type: number): number;
  /** Number of members or values. */
  vlenOf(type: number): number;
  /** The type that a typedef or qualifier stands for. */
  targetOf(type: number): number;
  /** The place of the `index`th member or value, `size` octets each. */
  entryOf(type: number, index: number, size: number): number;
  numberAt(place: number): number;
  nameAt(place: number): string;
}

function parseBtf(bytes: Buffer): Btf {
  const types = readTypes(bytes);
  return {
    offset(struct, path) {
      let type = types.find(struct, KIND.struct);
      let total = 0;
      for (const name of path.split('.')) {
        const found = findMember(types, plain(types, type), name);
        if (found === undefined) throw new Unavailable(`a kernel with ${struct}.${path}`, `it has no field "${name}"`);
        total += found.offset;
        type = found.type;
      }
      return total;
    },
    enumOf(name) {
      const type = types.find(name, KIND.enum);
      const values = new Map<number, string>();
      for (let i = 0; i < types.vlenOf(type); i++) {
        const entry = types.entryOf(type, i, 8);
        values.set(types.numberAt(entry + 4), types.nameAt(entry));
      }
      return values;
    },
  };
}

function readTypes(bytes: Buffer): Types {
  const header = bytes.readUInt32LE(4);
  const first = header + bytes.readUInt32LE(8);
  const end = first + bytes.readUInt32LE(12);
  const strings = header + bytes.readUInt32LE(16);
  const at: number[] = [0];
  for (let p = first; p < end; ) {
    at.push(p);
    const info = bytes.readUInt32LE(p + 4);
    p += 12 + (TAIL[(info >>> 24) & 31]?.(info & 0xffff) ?? 0);
  }
  const placeOf = (type: number): number => at[type] ?? 0;
  const numberAt = (place: number): number => bytes.readUInt32LE(place);
  const nameAt = (place: number): string => {
    const start = strings + numberAt(place);
    return bytes.toString('latin1', start, bytes.indexOf(0, start));
  };
  const kindOf = (type: number): number => (numberAt(placeOf(type) + 4) >>> 24) & 31;
  return {
    find(name, kind) {
      for (let type = 1; type < at.length; type++) {
        if (kindOf(type) === kind && nameAt(placeOf(type)) === name) return type;
      }
      throw new Unavailable(`a kernel that has "${name}"`, 'its type information does not name it');
    },
    kindOf,
    vlenOf: (type) => numberAt(placeOf(type) + 4) & 0xffff,
    targetOf: (type) => numberAt(placeOf(type) + 8),
    entryOf: (type, index, size) => placeOf(type) + 12 + index * size,
    numberAt,
    nameAt,
  };
}

/** A member by name, looked for in anonymous structures and unions as C does. */
function findMember(
  types: Types,
  type: number,
  name: string,
): { readonly offset: number; readonly type: number } | undefined {
  for (let i = 0; i < types.vlenOf(type); i++) {
    const m = types.entryOf(type, i, 12);
    const own = types.nameAt(m);
    const inner = types.numberAt(m + 4);
    const offset = (types.numberAt(m + 8) & 0xffffff) >>> 3;
    if (own === name) return { offset, type: inner };
    if (own !== '') continue;
    const found = findMember(types, plain(types, inner), name);
    if (found !== undefined) return { offset: offset + found.offset, type: found.type };
  }
  return undefined;
}

const THROUGH: readonly number[] = [KIND.typedef, KIND.volatile, KIND.const, KIND.restrict, KIND.typeTag];

/** A type without its typedefs and qualifiers. */
const plain = (types: Types, type: number): number =>
  THROUGH.includes(types.kindOf(type)) ? plain(types, types.targetOf(type)) : type;

import { readFileSync } from 'node:fs';
import { invariant } from '../../../base/index.ts';
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

function parseBtf(bytes: Buffer): Btf {
  const header = bytes.readUInt32LE(4);
  const types = header + bytes.readUInt32LE(8);
  const typesEnd = types + bytes.readUInt32LE(12);
  const strings = header + bytes.readUInt32LE(16);
  const at: number[] = [0];
  for (let p = types; p < typesEnd; ) {
    at.push(p);
    const info = bytes.readUInt32LE(p + 4);
    p += 12 + (TAIL[(info >>> 24) & 31]?.(info & 0xffff) ?? 0);
  }
  const nameAt = (offset: number): string => {
    const start = strings + offset;
    return bytes.toString('latin1', start, bytes.indexOf(0, start));
  };
  const kindOf = (type: number): number => (bytes.readUInt32LE((at[type] ?? 0) + 4) >>> 24) & 31;
  const find = (name: string, kind: number): number => {
    for (let type = 1; type < at.length; type++) {
      if (kindOf(type) === kind && nameAt(bytes.readUInt32LE(at[type] ?? 0)) === name) return type;
    }
    throw new Unavailable(`a kernel that has "${name}"`, 'its type information does not name it');
  };

  /** A member by name, looked for in anonymous structures and unions as C does. */
  const member = (type: number, name: string): { readonly offset: number; readonly type: number } | undefined => {
    const p = at[type] ?? 0;
    const vlen = bytes.readUInt32LE(p + 4) & 0xffff;
    for (let i = 0; i < vlen; i++) {
      const m = p + 12 + i * 12;
      const own = nameAt(bytes.readUInt32LE(m));
      const inner = bytes.readUInt32LE(m + 4);
      const offset = (bytes.readUInt32LE(m + 8) & 0xffffff) >>> 3;
      if (own === name) return { offset, type: inner };
      if (own !== '') continue;
      const found = member(plain(inner), name);
      if (found !== undefined) return { offset: offset + found.offset, type: found.type };
    }
    return undefined;
  };
  const plain = (type: number): number => {
    const kind = kindOf(type);
    const through: readonly number[] = [KIND.typedef, KIND.volatile, KIND.const, KIND.restrict, KIND.typeTag];
    return through.includes(kind) ? plain(bytes.readUInt32LE((at[type] ?? 0) + 8)) : type;
  };

  return {
    offset(struct, path) {
      let type = find(struct, KIND.struct);
      let total = 0;
      for (const name of path.split('.')) {
        const found = member(plain(type), name);
        if (found === undefined) throw new Unavailable(`a kernel with ${struct}.${path}`, `it has no field "${name}"`);
        total += found.offset;
        type = found.type;
      }
      return total;
    },
    enumOf(name) {
      const p = at[find(name, KIND.enum)];
      invariant(p !== undefined, 'a found type has a place');
      const vlen = bytes.readUInt32LE(p + 4) & 0xffff;
      const values = new Map<number, string>();
      for (let i = 0; i < vlen; i++) {
        const entry = p + 12 + i * 8;
        values.set(bytes.readUInt32LE(entry + 4), nameAt(bytes.readUInt32LE(entry)));
      }
      return values;
    },
  };
}

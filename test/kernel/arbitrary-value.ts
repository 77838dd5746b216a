import fc from 'fast-check';
import { type Cidr, cidrOf, type Family, type Ip, ipFromBits } from '../../src/net/index.ts';

export const bool = fc.boolean();
export const u32 = fc.oneof(fc.constantFrom(0, 1, 0x80, 0x4000, 0xffffffff), fc.nat(0xffffffff));
export const port = fc.integer({ min: 1, max: 65534 });
export const ports = fc.tuple(port, port).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
export const somePorts = fc.oneof(
  port.map((from) => ({ from, to: from })),
  ports,
);
export const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
export const subset = <T>(values: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...values], { minLength: 1 });
export const put = <K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: T }; // a computed key widens to string

export const address = (family: Family): fc.Arbitrary<Ip> =>
  family === 4
    ? fc.integer({ min: 0x01000000, max: 0xdfffffff }).map((bits) => ipFromBits(bits, 4))
    : fc
        .tuple(fc.nat(0xffffffff), fc.nat(0xffffffff))
        .map(([a, b]) => ipFromBits((0xfd00n << 112n) | (BigInt(a) << 64n) | BigInt(b), 6));
export const block = (family: Family): fc.Arbitrary<Cidr> =>
  fc
    .tuple(address(family), fc.integer({ min: 1, max: family === 4 ? 32 : 128 }))
    .map(([ip, prefix]) => cidrOf(ip, prefix));
export const inOrder = (family: Family): fc.Arbitrary<{ from: Ip; to: Ip }> =>
  address(family).map((from) => ({
    from,
    to: ipFromBits(family === 4 ? 0xe0000000 - 1 : (0xfdffn << 112n) | 0xffffn, family),
  }));

import fc from 'fast-check';
import type { Origin } from '../../src/linux/index.ts';
import { type Family, type Ip, ipFromBits, macFromBytes } from '../../src/net/index.ts';

export const maybe = <K extends string, T>(key: K, value: fc.Arbitrary<T>): fc.Arbitrary<{ [P in K]?: T }> =>
  fc.option(value, { nil: undefined }).map((made) => (made === undefined ? {} : { [key]: made }) as { [P in K]?: T });
export const ip4 = fc.integer({ min: 0x0a000000, max: 0x0affffff }).map((bits) => ipFromBits(bits, 4));
export const ip6 = fc.bigInt({ min: 0n, max: 0xffffffffn }).map((low) => ipFromBits((0xfd00n << 112n) | low, 6));
export const family4or6 = fc.constantFrom<Family>(4, 6);
export const ipOf = (family: Family): fc.Arbitrary<Ip> => (family === 4 ? ip4 : ip6);
export const anyIp = fc.oneof(ip4, ip6);
export const anyMac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(macFromBytes);
export const dev = fc.constantFrom('eth0', 'eni0123456789a', 'ens6', 'lo');
export const number = fc.integer({ min: 0, max: 0xffff });
export const origin: fc.Arbitrary<Origin> = fc
  .tuple(
    fc.constantFrom('kube-proxy', 'vpc-cni'),
    maybe('because', fc.string()),
    maybe('at', fc.constant({ file: 'a.yaml', line: 3 })),
  )
  .map(([by, ...rest]) => Object.assign({ by }, ...rest));
export const withOrigin = <T extends object>(made: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.tuple(made, maybe('origin', origin)).map(([value, extra]) => ({ ...value, ...extra }));

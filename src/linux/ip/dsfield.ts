/** What iproute2 calls some values of a TOS byte (etc/iproute2/rt_dsfield, 6.1). */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x28, 'AF11'],
  [0x30, 'AF12'],
  [0x38, 'AF13'],
  [0x48, 'AF21'],
  [0x50, 'AF22'],
  [0x58, 'AF23'],
  [0x68, 'AF31'],
  [0x70, 'AF32'],
  [0x78, 'AF33'],
  [0x88, 'AF41'],
  [0x90, 'AF42'],
  [0x98, 'AF43'],
  [0x20, 'CS1'],
  [0x40, 'CS2'],
  [0x60, 'CS3'],
  [0x80, 'CS4'],
  [0xa0, 'CS5'],
  [0xc0, 'CS6'],
  [0xe0, 'CS7'],
  [0xb8, 'EF'],
]);
const VALUES: ReadonlyMap<string, number> = new Map([...NAMES].map(([value, name]) => [name, value]));

/** A TOS byte as `ip` prints it: by its name, else as a hexadecimal number (lib/rt_names.c rtnl_dsfield_n2a). */
export const dsfieldText = (value: number): string => NAMES.get(value) ?? `0x${value.toString(16).padStart(2, '0')}`;

/**
 * A TOS byte as `ip` reads it: a name or a number (lib/rt_names.c rtnl_dsfield_a2n), without the bits of ECN, which routes
 * and rules may not name (include/net/inet_dscp.h inet_validate_dscp).
 */
export function parseDsfield(text: string): number | undefined {
  const named = VALUES.get(text);
  if (named !== undefined) return named;
  const value = /^(?:0x[0-9a-f]{1,2}|\d{1,3})$/i.test(text) ? Number(text) : undefined;
  return value === undefined || value > 0xff || (value & 3) !== 0 ? undefined : value;
}

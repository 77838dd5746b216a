import type { Brand } from '../base/index.ts';

/** An Ethernet address in lower-case colon form. Made by `parseMac` or `macFromSeed` only. */
export type Mac = Brand<string, 'Mac'>;

export function parseMac(text: string): Mac | undefined {
  return /^[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}$/.test(text) ? (text.toLowerCase() as Mac) : undefined;
}

/** For literals in code: throws RangeError when `text` is not a MAC address. */
export function mac(text: string): Mac {
  const parsed = parseMac(text);
  if (parsed === undefined) throw new RangeError(`Not a MAC address: "${text}"`);
  return parsed;
}

/** A locally administered unicast MAC from six octets; the first octet's flag bits are forced. */
export function macFromBytes(bytes: ArrayLike<number>): Mac {
  let text = octetText(((bytes[0] ?? 0) & 0xfe) | 0x02);
  for (let i = 1; i < 6; i++) text += `:${octetText((bytes[i] ?? 0) & 255)}`;
  return text as Mac;
}

const octetText = (octet: number): string => (octet < 16 ? `0${octet.toString(16)}` : octet.toString(16));

/** What a device without a hardware address has for one. */
export const NO_MAC = mac('00:00:00:00:00:00');

/** Whether frames for it are for several hosts: broadcast and multicast (IEEE 802.3, the I/G bit). */
export const isGroupMac = (of: Mac): boolean => (Number.parseInt(of.slice(0, 2), 16) & 1) === 1;

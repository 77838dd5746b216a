import { cidrContains, type Ip } from '../net/index.ts';
import type { Eni } from './types.ts';

/** Whether an address is an ENI's: its primary or a secondary one, or inside a delegated prefix. */
export const eniOwns = ({ addresses, prefixes }: Pick<Eni, 'addresses' | 'prefixes'>, address: Ip): boolean =>
  addresses.includes(address) || prefixes.some((prefix) => cidrContains(prefix, address));

import { cidrContains, familyOf, type Ip, LINK_LOCAL6 } from '../../net/index.ts';
import type { Device, Host } from '../types.ts';
import { hiddenAt } from '../unsaid.ts';
import { addressType } from './address-type.ts';
import { fibOf } from './create-fib.ts';

/**
 * Whether a host, asked on `dev` who has an address, answers. IPv4 (arp.c arp_process): for any address of its own,
 * whatever device holds it, and as a proxy. IPv6 (ndisc.c ndisc_recv_ns): for an address of that very device, and as a
 * proxy; a device makes link-local ones by itself, so any of those may be its own. A device whose state is not modelled may
 * answer: what comes to it ends unknown there.
 */
export function answersNeighbour(host: Host, { name: dev, conf }: Device, address: Ip): boolean {
  if (hiddenAt(host.netns, dev) !== undefined) return true;
  const { proxyArp, proxyNdp } = conf;
  if (familyOf(address) === 4) return proxyArp || addressType(host, address) === 'LOCAL';
  if (proxyNdp || cidrContains(LINK_LOCAL6, address)) return true;
  return (
    fibOf(host)
      .addresses.get(dev)
      ?.some((own) => own.local === address) === true
  );
}

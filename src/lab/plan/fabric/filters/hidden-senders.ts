import type { Subnet } from '../../../../fabric/index.ts';
import type { Family } from '../../../../net/index.ts';
import type { KeptClients } from '../load-balancers/kept-clients.ts';
import { collection } from '../nft-text.ts';
import type { Port } from '../port.ts';
import { IP } from './match-words.ts';

/** A bit of a packet's mark: its source is not that of the ENI it came from last, so no group of the sender's is seen. */
const HIDDEN = '0x80';

/** Holds for a packet whose sender no group sees, as long as its mark is still that of the port it came in by. */
export const IS_HIDDEN = `meta mark and ${HIDDEN} == ${HIDDEN}`;

const HIDE = `meta mark set meta mark or ${HIDDEN}`;

/** Rules for what comes by devices behind which nobody is known. */
export const hides = (devices: readonly string[]): readonly string[] =>
  devices.length === 0 ? [] : [`iifname { ${devices.map((dev) => `"${dev}"`).join(', ')} } ${HIDE}`];

/**
 * What somebody sends on for somebody else: to a rule that names a group it comes from neither (VPC guide, security group rules, of
 * middlebox appliances). An ENI that is checked sends nothing for others; what a load balancer does is told by its flows.
 */
export function hiddenSenders(
  ports: readonly Port[],
  kept: readonly KeptClients[],
  families: readonly Family[],
): { readonly sets: readonly (readonly string[])[]; readonly marked: (subnet: Subnet) => readonly string[] } {
  const balancers = new Set(kept.map(({ port }) => port));
  const open = ports.filter((port) => !port.sourceDestCheck && !balancers.has(port));
  const name = (family: Family): string => `senders${family}`;
  const own = (family: Family): readonly string[] =>
    open.flatMap(({ dev, owned }) =>
      owned.flatMap((each) => (each.family === family ? [`"${dev}" . ${each.text}`] : [])),
    );
  return {
    sets:
      open.length === 0
        ? []
        : families.map((family) =>
            collection(
              'set',
              name(family),
              `iface_index . ${family === 4 ? 'ipv4_addr' : 'ipv6_addr'}`,
              own(family),
              true,
            ),
          ),
    marked: ({ id }) => {
      const devices = open.flatMap(({ subnet, dev }) => (subnet.id === id ? [`"${dev}"`] : []));
      if (devices.length === 0) return [];
      return families.map(
        (family) =>
          `iif { ${devices.join(', ')} } meta protocol ${IP[family]} iif . ${IP[family]} saddr != @${name(family)} ${HIDE}`,
      );
    },
  };
}

import type { ControlPlane } from '../../../fabric/index.ts';
import { familyOf } from '../../../net/index.ts';
import type { Internet } from './internet.ts';
import { join, type Lowering } from './lowering.ts';
import { block, table } from './nft-text.ts';

const PORT = 443;
const MTU = 1500;

/** By what an observer and the servers of a lab know one. */
export const endpointLabel = ({ id }: Pick<ControlPlane, 'id'>): string => `public-endpoint/${id}`;

/**
 * The public endpoint of a cluster: one namespace with its addresses, beside the one behind the interfaces of the control
 * plane. Whom the list of blocks has is let in to the API server, of anybody else nothing is heard (EKS guide, cluster
 * endpoint).
 */
export function lowerPublicEndpoint(on: Lowering, internet: Internet, endpoint: ControlPlane): void {
  const { id, publicAddresses, publicAccessCidrs } = endpoint;
  if (publicAddresses.length === 0) return;
  const at = on.netns(`api-${id}`, endpointLabel(endpoint), 'counted');
  const { toA, toB, b } = join(on, internet.netns, at, { a: `api-${id}`, b: 'eth0', mtu: MTU });
  internet.route(publicAddresses, toB);
  for (const address of publicAddresses)
    at.of(familyOf(address)).add('addr', 'add', `${address}/${familyOf(address) === 4 ? 32 : 128}`, 'dev', b.dev);
  for (const family of [4, 6] as const) at.of(family).add('route', 'add', 'default', ...toA[family]);
  at.nft.push(
    table('inet', 'service', [
      block('chain input', [
        'type filter hook input priority 0; policy drop',
        ...publicAccessCidrs.map(
          ({ family, text }) => `${family === 4 ? 'ip' : 'ip6'} saddr ${text} tcp dport ${PORT} accept`,
        ),
        'ct state established,related accept',
      ]),
    ]),
  );
}

import type { StandIn } from '../../fabric/index.ts';
import { cidrOf } from '../../net/index.ts';
import type { ClusterPlan } from '../node/plan-types.ts';
import type { PublicAddressPool } from './public-address-pool.ts';

/** Every public address of the fabric that is made up: those of the pool, of nodes, and the IPv6 block of a VPC. */
export const standIns = ({ cluster }: ClusterPlan, publics: PublicAddressPool): readonly StandIn[] => [
  ...publics.taken,
  ...cluster.nodeSpecs.flatMap(({ name, publicIp, publicIpStandsIn }) =>
    publicIp === undefined || publicIpStandsIn === undefined
      ? []
      : [{ block: cidrOf(publicIp), of: `node ${name}`, give: 'publicIp of a NodeNetwork does' }],
  ),
  ...cluster.network.vpcs.flatMap(({ id, standIn }) =>
    standIn === undefined ? [] : [{ block: standIn.block, of: `VPC ${id}`, give: standIn.give }],
  ),
];

import type { Eni } from '../../fabric/index.ts';
import type { Packet } from '../packet.ts';
import { type Crossing, die, type FabricWalk } from './fabric-walk.ts';
import { lineOf } from './filters/say.ts';

/**
 * An internet gateway carries nothing of an ENI with DenyAllIgwTraffic; peerings, transit gateways and the VPC do (EC2 API,
 * ModifyNetworkInterfaceAttribute; ELBv2 API, `ipv6.deny_all_igw_traffic`). EC2 gives such an ENI no Elastic IP address, and
 * what becomes of one it has is written nowhere. Undefined: it is not so.
 */
export function deniedAtGateway(
  on: FabricWalk,
  gateway: string,
  eni: Eni | undefined,
  packet: Packet,
): Crossing | undefined {
  if (eni?.denyAllIgwTraffic !== true) return undefined;
  const { id, owner, origin, deniedBy } = eni;
  const setting = owner.startsWith('lb/') ? 'ipv6.deny_all_igw_traffic' : 'DenyAllIgwTraffic';
  const by = lineOf(deniedBy ?? origin);
  if (packet.family === 4) {
    const what = `${owner} has a public IPv4 address and ${setting} set to true, and EC2 documents no such pair`;
    return { kind: 'unknown', what: by === undefined ? what : `${what} (${by})`, packet };
  }
  const because = `internet gateway ${gateway} carries nothing of ${owner}: its ${setting} is true`;
  const text = `${id}: DenyAllIgwTraffic`;
  return die(
    on,
    packet,
    'dropped',
    { kind: 'igw-denied', gateway, eni: id, owner },
    because,
    by === undefined ? text : { text, by },
  );
}

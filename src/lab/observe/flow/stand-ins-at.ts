import { blockHolds, type Fabric, standInLookup, tellStandIn } from '../../../fabric/index.ts';
import type { Cidr, Ip } from '../../../net/index.ts';
import type { World } from '../../../world/index.ts';
import { endpointLabel } from '../../plan/index.ts';
import type { Stay } from '../stays.ts';
import type { LabView } from './lab-view.ts';

/** Blocks that a filter compares an address with. */
interface Asked {
  readonly address: Ip;
  readonly blocks: readonly Cidr[];
}

/** A made-up address where a filter compares blocks with it: what the kernel found of it is nothing the true one would meet. */
export function standInsAt({ fabric }: World, view: LabView, { at, first, headers }: Stay): string[] {
  if (fabric.standIns === undefined) return [];
  const standInAt = standInLookup(fabric.standIns);
  const label = view.planned(at)?.label ?? '';
  return [first, headers].flatMap(({ src, dst }) =>
    asked(fabric, label, src, dst).flatMap(({ address, blocks }) => {
      const standIn = standInAt(address);
      const unsure = standIn && blocks.find((block) => blockHolds(block, address, standIn) === 'unsure');
      if (standIn === undefined || unsure === undefined) return [];
      return [`${tellStandIn(address, standIn)}; whether it is in ${unsure.text} is not known`];
    }),
  );
}

/** An endpoint asks who calls; in a VPC what comes in is asked for its source, what goes out for its destination. */
function asked(fabric: Fabric, label: string, src: Ip, dst: Ip): readonly Asked[] {
  const endpoint = fabric.controlPlanes.find((each) => endpointLabel(each) === label);
  if (endpoint !== undefined) return [{ address: src, blocks: endpoint.publicAccessCidrs }];
  if (!label.startsWith('vpc/')) return [];
  return [
    { address: src, blocks: blocksOf(fabric, 'ingress') },
    { address: dst, blocks: blocksOf(fabric, 'egress') },
  ];
}

function blocksOf({ securityGroups, networkAcls, prefixLists }: Fabric, way: 'egress' | 'ingress'): readonly Cidr[] {
  const peers = securityGroups.flatMap((group) => group[way].map(({ peer }) => peer));
  return [
    ...peers.flatMap((peer) => (peer.kind === 'cidr' ? [peer.cidr] : [])),
    ...prefixLists.flatMap(({ id, cidrs }) =>
      peers.some((peer) => peer.kind === 'prefix-list' && peer.id === id) ? cidrs : [],
    ),
    ...networkAcls.flatMap((acl) => acl[way].map(({ cidr }) => cidr)),
  ];
}

import { eniOwns, type Fabric, misleads, standInLookup, tellStandIn } from '../../../fabric/index.ts';
import type { Netns } from '../../../linux/index.ts';
import type { Cidr, Ip } from '../../../net/index.ts';
import type { Headers } from '../../../trace/index.ts';
import type { World } from '../../../world/index.ts';
import { endpointLabel } from '../../plan/index.ts';
import type { Stay } from '../stays.ts';
import { comparedBlocks } from './compared-blocks.ts';
import type { LabView } from './lab-view.ts';

/** Blocks that a filter compares an address with. */
interface Asked {
  readonly address: Ip;
  readonly blocks: readonly Cidr[];
}

/** A made-up address where a filter compares blocks with it: what the kernel found of it is nothing the true one would meet. */
export function standInsAt({ fabric, netns }: World, view: LabView, stay: Stay): string[] {
  if (fabric.standIns === undefined) return [];
  const standInAt = standInLookup(fabric);
  const { label = '', id } = view.planned(stay.at) ?? {};
  const host = id === undefined ? undefined : netns.get(id);
  return [stay.first, stay.headers].flatMap((packet) =>
    (host === undefined ? asked(fabric, label, packet) : askedAt(host, stay, packet)).flatMap(({ address, blocks }) => {
      const standIn = standInAt(address);
      const unsure = standIn && blocks.find((block) => misleads(block, address, standIn));
      if (standIn === undefined || unsure === undefined) return [];
      return [`${tellStandIn(address, standIn)}; whether it is in ${unsure.text} is not known`];
    }),
  );
}

/**
 * A host asks by its rules and classifiers: that one of them stands where the packet passed is enough. Of what died on its way
 * out nobody saw the device.
 */
function askedAt(
  netns: Netns,
  { at, entered, left, reachedInput }: Stay,
  { family, src, dst }: Headers,
): readonly Asked[] {
  const seen = [entered, left].flatMap((record) => at.devices.get(record?.ifindex ?? 0) ?? []);
  const blocks = comparedBlocks(netns, family, left === undefined && !reachedInput ? undefined : seen);
  return [
    { address: src, blocks: blocks.src },
    { address: dst, blocks: blocks.dst },
  ];
}

/**
 * An endpoint asks who calls. In a VPC the groups of an interface are asked where a connection opens, for the source of what
 * comes in and the destination of what goes out; network ACLs of every packet.
 */
function asked(fabric: Fabric, label: string, packet: Headers): readonly Asked[] {
  const { src, dst } = packet;
  const endpoint = fabric.controlPlanes.find((each) => endpointLabel(each) === label);
  if (endpoint !== undefined) return [{ address: src, blocks: endpoint.publicAccessCidrs }];
  if (!label.startsWith('vpc/')) return [];
  return [
    { address: src, blocks: blocksOf(fabric, 'ingress', packet, dst) },
    { address: dst, blocks: blocksOf(fabric, 'egress', packet, src) },
  ];
}

function blocksOf(fabric: Fabric, way: 'egress' | 'ingress', packet: Headers, own: Ip): readonly Cidr[] {
  const eni = fabric.enis.find((each) => eniOwns(each, own));
  if (eni === undefined) return [];
  const groups = opens(packet) ? fabric.securityGroups.filter(({ id }) => eni.securityGroups.includes(id)) : [];
  const peers = groups.flatMap((group) => group[way].map(({ peer }) => peer));
  return [
    ...peers.flatMap((peer) => (peer.kind === 'cidr' ? [peer.cidr] : [])),
    ...fabric.prefixLists.flatMap(({ id, cidrs }) =>
      peers.some((peer) => peer.kind === 'prefix-list' && peer.id === id) ? cidrs : [],
    ),
    ...fabric.networkAcls.flatMap((acl) => (acl.subnets.includes(eni.subnet) ? acl[way].map(({ cidr }) => cidr) : [])),
  ];
}

/** Of other protocols the headers do not tell. */
const opens = ({ protocol, tcpFlags = [] }: Headers): boolean =>
  protocol !== 'tcp' || (tcpFlags.includes('SYN') && !tcpFlags.includes('ACK'));

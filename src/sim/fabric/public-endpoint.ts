import { anyHolds, type ControlPlane, standsFor, tellStandIn } from '../../fabric/index.ts';
import { type Packet, packetHeaders } from '../packet.ts';
import { synAck } from './fabric-answers.ts';
import { type Crossing, die, type FabricWalk } from './fabric-walk.ts';

const PORT = 443;

/**
 * A packet for the public endpoint of a cluster: whom the list of blocks has is answered, of anybody else nothing is heard
 * (EKS guide, cluster endpoint). By then a NAT gateway or an internet gateway has put its address in.
 */
export function atPublicEndpoint(
  on: FabricWalk,
  { id, publicAccessCidrs, standsIn, origin }: ControlPlane,
  packet: Packet,
): Crossing {
  const place = { kind: 'control-plane', name: id } as const;
  const { l4 } = packet;
  on.enter(place);
  if (standsIn) on.walk.assumptions.add(`addresses of the public endpoint of ${id} stand in for those EKS gave it`);
  if (l4.kind !== 'tcp' || l4.dport !== PORT)
    return { kind: 'unknown', what: `only TCP ${PORT} of the public endpoint of ${id} is modelled`, packet };
  const listed = publicAccessCidrs.map(({ text }) => text).join(', ');
  const standIn = on.index.standIn(packet.src);
  const held = anyHolds(publicAccessCidrs, packet.src, standIn);
  if (held === 'unsure' && standIn !== undefined) {
    const what = `${tellStandIn(packet.src, standIn)}; whether it is one the public endpoint of ${id} is for (${listed}) is not known`;
    return { kind: 'unknown', what, packet };
  }
  if (held !== 'yes') {
    const cause = { kind: 'public-access', cluster: id, address: packet.src, ...standsFor(standIn) } as const;
    const because = `the public endpoint of ${id} is for ${listed}, not for ${packet.src}`;
    const at = origin?.at;
    const by = at === undefined ? {} : { by: at.line === undefined ? at.file : `${at.file}:${at.line}` };
    return die(on, packet, 'dropped', cause, because, { text: `${id}: publicAccessCidrs ${listed}`, ...by });
  }
  const headers = packetHeaders(packet);
  on.walk.record?.({
    kind: 'deliver',
    socket: 'kube-apiserver',
    action: `to kube-apiserver on ${packet.dst}:${PORT}`,
    because: '',
    evidence: { plane: 'sim', artefact: { file: 'fabric.json' }, text: `${id}: publicAccessCidrs ${listed}` },
    before: headers,
    after: headers,
  });
  const answer = synAck(packet);
  const name = `control-plane/${id}`;
  return {
    kind: 'delivered',
    name,
    packet,
    socket: 'kube-apiserver',
    answer: answer && { outside: true, place, packet: answer },
  };
}

import { hasFlag, type Packet, packetHeaders } from '../../../packet.ts';
import { reset, synAck } from '../../fabric-answers.ts';
import { type Crossing, die, type FabricPacket, type FabricWalk, recordFabric } from '../../fabric-walk.ts';
import { fromNode } from '../from-node.ts';
import type { LoadBalancerNode } from '../health-types.ts';

/**
 * A packet for a node of an application load balancer, or of a classic one: TCP ends here. A SYN for a listener's port is answered; what belongs
 * to a connection is taken; a port without a listener is silent, since the security groups open those of the listeners only.
 */
export function atApplicationLoadBalancer(on: FabricWalk, node: LoadBalancerNode, packet: Packet): Crossing {
  const { loadBalancer, eni } = node;
  const { id } = loadBalancer;
  const { l4 } = packet;
  recordFabric(on, 'delivery', packet, packet, {
    action: `${packet.dst} is ${eni.id}, a node of ${id}`,
    text: `${eni.id}: ${eni.addresses.join(', ')}`,
  });
  on.enter({ kind: 'load-balancer', name: id });
  const connections = on.proxy(id);
  if (on.flows().isExpected(packet)) return taken(on, packet, id, 'health check', undefined);
  // A bare SYN is a new connection, whatever had these two ends before.
  const opens = l4.kind === 'tcp' && hasFlag(l4.flags, 'SYN') && !hasFlag(l4.flags, 'ACK');
  const belongs = opens ? undefined : connections.of(packet, on.walk.now);
  if (belongs?.kind === 'open') return taken(on, packet, id, 'an open connection', undefined);
  if (l4.kind === 'icmp-error') return ignored(on, packet, id, `${id} knows no connection this error is about`);
  if (l4.kind !== 'tcp')
    return ignored(on, packet, id, `a load balancer that ends connections takes TCP only, not ${packet.protocol}`);
  if (!opens) return notOpen(on, node, packet, belongs?.seconds);
  const listener = loadBalancer.listeners.find(({ port }) => port === l4.dport);
  if (listener === undefined) {
    const ports = loadBalancer.listeners.map(({ protocol, port }) => `${protocol}:${port}`);
    const because = `no listener of ${id} has port ${l4.dport}, so its security groups do not let it in`;
    const cause = { kind: 'no-listener', loadBalancer: id, asked: `tcp ${l4.dport}` } as const;
    return die(on, packet, 'dropped', cause, because, `${id}: listeners ${ports.join(', ')}`);
  }
  connections.accept(packet, listener.idleTimeout, on.walk.now);
  const socket = `${listener.protocol}:${listener.port}`;
  const answer = synAck(packet);
  return { ...taken(on, packet, id, socket, answer && fromNode(node, answer)), proxy: { node, listener } };
}

/** `idleFor`: it was open once, and closed for want of data. */
function notOpen(on: FabricWalk, node: LoadBalancerNode, packet: Packet, idleFor: number | undefined): Crossing {
  const { id } = node.loadBalancer;
  const back = reset(packet);
  const error = back === undefined ? undefined : fromNode(node, back);
  if (idleFor === undefined) {
    const because = `${id} has no such connection open`;
    return die(on, packet, 'refused', { kind: 'no-socket' }, because, id, error);
  }
  const because = `the connection was idle for more than ${idleFor} s: load balancer ${id} has closed it`;
  const cause = { kind: 'lb-idle', loadBalancer: id, seconds: idleFor } as const;
  return die(on, packet, 'refused', cause, because, `${id}: idle timeout ${idleFor} s`, error);
}

type Delivered = Extract<Crossing, { kind: 'delivered' }>;

function taken(
  on: FabricWalk,
  packet: Packet,
  id: string,
  socket: string,
  answer: FabricPacket | undefined,
): Delivered {
  const headers = packetHeaders(packet);
  on.walk.record?.({
    kind: 'deliver',
    socket,
    action: `to ${socket} of ${id}`,
    because: '',
    evidence: { plane: 'sim', artefact: { file: 'fabric.json' }, text: `${id}: ${socket}` },
    before: headers,
    after: headers,
  });
  return { kind: 'delivered', name: `lb/${id}`, packet, socket, answer };
}

const ignored = (on: FabricWalk, packet: Packet, id: string, because: string): Crossing =>
  die(on, packet, 'dropped', { kind: 'not-carried', gateway: id, what: String(packet.protocol) }, because, id);

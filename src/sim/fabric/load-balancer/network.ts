import type { Eni, Listener } from '../../../fabric/index.ts';
import { cidrContains, familyOf, type Ip } from '../../../net/index.ts';
import { type Packet, withEnds } from '../../packet.ts';
import { readPorts, writeEnds } from '../../rewrite.ts';
import { reset } from '../fabric-answers.ts';
import { type Crossing, die, type FabricWalk, type Next, recordFabric, toldDraw, type Whence } from '../fabric-walk.ts';
import { crossSubnets } from '../filters/network-acls.ts';
import { enterByGroups, leaveByGroups } from '../filters/security-groups.ts';
import { type Chosen, chooseTarget } from './choose-target.ts';
import { evidenceOf } from './evidence.ts';
import type { Flow, FlowEnd } from './flow-table.ts';
import { fromNode } from './from-node.ts';
import type { LoadBalancerNode } from './health-types.ts';

/**
 * A packet for a node of a network load balancer (NLB user guide):
 *
 *     client ──▶ node ──▶ target      destination rewritten; the source too, unless the target group keeps the client's
 *     client ◀── node ◀── target      an answer to the node's own address; one to the client is caught as it leaves the
 *                                     target's interface, and only there: `caughtAnswer`
 *
 * No TTL is taken: the guide has no node in any traceroute.
 */
export function intoNetworkLoadBalancer(on: FabricWalk, node: LoadBalancerNode, packet: Packet): Crossing | Next {
  const { id } = node.loadBalancer;
  on.enter({ kind: 'load-balancer', name: id });
  const flows = on.flows();
  if (flows.isExpected(packet))
    return { kind: 'delivered', name: `lb/${id}`, packet, socket: 'health check', answer: undefined };
  const answered = flows.ofTarget(packet, on.walk.now);
  if (answered !== undefined) return toClient(on, node, answered, packet);
  if (packet.l4.kind === 'icmp-error') return undocumentedError(id, packet);
  const known = flows.ofClient(packet, on.walk.now);
  if (known !== undefined && known !== 'expired') return toTarget(on, node, known, packet);
  return newFlow(on, node, packet, known === 'expired');
}

const undocumentedError = (id: string, packet: Packet): Crossing => ({
  kind: 'unknown',
  what: `what load balancer ${id} does with an ICMP error is not documented`,
  packet,
});

function newFlow(on: FabricWalk, node: LoadBalancerNode, packet: Packet, expired: boolean): Crossing | Next {
  const { loadBalancer } = node;
  const { id } = loadBalancer;
  const ends = readPorts(packet);
  const listener = loadBalancer.listeners.find((each) => hears(each, packet));
  if (listener === undefined || ends === undefined) {
    on.walk.assumptions.add('a load balancer is taken to say nothing where it has no listener');
    const port = packet.l4.kind === 'icmp-query' || ends === undefined ? undefined : ends.dport;
    const asked = `${packet.protocol}${port === undefined ? '' : ` ${port}`}`;
    const cause = { kind: 'no-listener', loadBalancer: id, asked } as const;
    return die(on, packet, 'dropped', cause, `load balancer ${id} has no listener for ${asked}`, listenersText(node));
  }
  const opens = packet.l4.kind !== 'tcp' || (packet.l4.flags.includes('SYN') && !packet.l4.flags.includes('ACK'));
  if (!opens) return noFlow(on, node, listener, packet, expired);
  const action = listener.rules.at(-1)?.action;
  if (action?.kind !== 'forward') {
    const what = action?.kind === 'unmodelled' ? action.what : 'an action other than forward';
    return { kind: 'unknown', what: `listener ${listener.protocol} ${listener.port} of ${id}: ${what}`, packet };
  }
  const chosen = chooseTarget(on, node, listener, action, packet);
  if ('kind' in chosen) return chosen;
  const client = { ip: packet.src, port: ends.sport };
  const front = { ip: packet.dst, port: ends.dport };
  const source = sourceAtTarget(on, node, chosen, packet, { client, front });
  if ('kind' in source) return source;
  const flow: Flow = {
    protocol: packet.protocol,
    loadBalancer,
    eni: node.eni.id,
    client,
    front,
    source,
    target: chosen.target,
    targetGroup: chosen.group.id,
    idleTimeout: listener.idleTimeout,
    lastSeen: on.walk.now,
  };
  if (on.flows().collides(flow, on.walk.now)) {
    const what = `target ${chosen.target.ip}:${chosen.target.port} has a connection from ${source.ip}:${source.port} already: two flows of a client that meet at one target break each other`;
    return { kind: 'unknown', what, packet };
  }
  on.flows().add(flow);
  if (listener.protocol === 'TLS')
    on.walk.assumptions.add(`load balancer ${id} ends TLS: its handshake is taken to succeed`);
  if (chosen.group.proxyProtocolV2 && packet.protocol === 'tcp')
    on.announce(`PROXY TCP${packet.family} ${client.ip} ${front.ip} ${client.port} ${front.port}`);
  return toTarget(on, node, flow, packet);
}

const hears = ({ protocol, port }: Listener, { l4, protocol: asked }: Packet): boolean => {
  if (l4.kind === 'tcp') return l4.dport === port && protocol !== 'UDP';
  return l4.kind === 'ports' && asked === 'udp' && l4.dport === port && (protocol === 'UDP' || protocol === 'TCP_UDP');
};

const listenersText = ({ loadBalancer }: LoadBalancerNode): string =>
  `${loadBalancer.id}: listeners ${loadBalancer.listeners.map(({ protocol, port }) => `${protocol} ${port}`).join(', ') || 'none'}`;

/** A packet of a connection it does not know, or has forgotten, is answered with RST (NLB user guide, idle timeouts). */
function noFlow(
  on: FabricWalk,
  node: LoadBalancerNode,
  listener: Listener,
  packet: Packet,
  expired: boolean,
): Crossing {
  const { id } = node.loadBalancer;
  const because = expired
    ? `the connection was idle for more than ${listener.idleTimeout} s: load balancer ${id} answers RST`
    : `load balancer ${id} knows no connection this packet belongs to`;
  const cause = { kind: 'lb-idle', loadBalancer: id, seconds: listener.idleTimeout } as const;
  const error = reset(packet);
  const from = error && fromNode(node, error);
  return die(on, packet, 'refused', cause, because, evidenceOf(node, listener).text, from);
}

/** The client's own address and port where the group keeps them and both are of one family; else the node's, and a port of its. */
function sourceAtTarget(
  on: FabricWalk,
  node: LoadBalancerNode,
  { group, target, share }: Chosen,
  packet: Packet,
  { client, front }: Pick<Flow, 'client' | 'front'>,
): FlowEnd | Crossing {
  const family = familyOf(target.ip);
  if (group.preserveClientIp && family === packet.family)
    return keptClient(on, node, { group, target }, packet, client);
  const own = node.eni.addresses.find((address) => familyOf(address) === family);
  const { id } = node.loadBalancer;
  if (own === undefined)
    return { kind: 'unknown', what: `load balancer ${id} has no address of the family of target ${target.ip}`, packet };
  const { now, dice } = on.walk;
  const others = Math.round(on.flows().occupied(packet.protocol, front) * share);
  const port = on
    .flows()
    .takePort(packet.protocol, own, target, { others, dice, now, how: toldDraw(on, packet, evidenceOf(node)) });
  if (port !== undefined) {
    on.walk.assumptions.add(`load balancer ${id} picks source ports at random`);
    return { ip: own, port };
  }
  const because = `all 55,000 ports of ${own} towards ${target.ip}:${target.port} are taken`;
  const cause = { kind: 'lb-ports', loadBalancer: id } as const;
  return die(on, packet, 'exhausted', cause, because, `${id}: ${own}`);
}

/** It is kept towards targets of the load balancer's own VPC alone (NLB user guide, client IP preservation). */
function keptClient(
  on: FabricWalk,
  { loadBalancer: { id }, subnet: { vpc } }: LoadBalancerNode,
  { group, target }: Pick<Chosen, 'group' | 'target'>,
  packet: Packet,
  client: FlowEnd,
): FlowEnd | Crossing {
  const home = on.index.fabric.vpcs.find((each) => each.id === vpc);
  if (home === undefined || home.cidrs.some((block) => cidrContains(block, target.ip))) return client;
  const what = `target group ${group.id} of load balancer ${id} keeps the client's address, which takes targets in ${vpc}, and ${target.ip} is in none of its blocks`;
  return { kind: 'unknown', what, packet };
}

function toTarget(on: FabricWalk, node: LoadBalancerNode, flow: Flow, packet: Packet): Crossing | Next {
  flow.lastSeen = on.walk.now;
  const { target, source } = flow;
  const out = translated(packet, source, { ip: target.ip, port: target.port });
  const kept = source.ip === packet.src;
  recordFabric(on, 'load-balancer', packet, out, {
    action: `to ${target.ip}:${target.port}`,
    because: kept ? "the client's address is kept" : "the node's own address stands in for the client's",
    ...evidenceOf(node),
  });
  return leave(on, node, out);
}

/** Back through the node the client knows, and from there as the node's subnet routes. */
function toClient(on: FabricWalk, node: LoadBalancerNode, flow: Flow, packet: Packet): Crossing | Next {
  flow.lastSeen = on.walk.now;
  const out = translated(packet, flow.front, flow.client);
  recordFabric(on, 'load-balancer', packet, out, {
    action: `to ${flow.client.ip}:${flow.client.port}`,
    because: 'the answer of a connection it balanced',
    ...evidenceOf(node),
  });
  return leave(on, node, out);
}

/** Out of the node's interface. */
function leave(on: FabricWalk, { subnet, eni }: LoadBalancerNode, packet: Packet): Crossing | Next {
  on.enter({ kind: 'vpc', name: subnet.vpc });
  return leaveByGroups(on, eni, subnet, packet) ?? { kind: 'route', subnet, packet, sender: eni };
}

/**
 * What leaves a target's interface for a client whose address was kept goes back through the node it came by. An answer that
 * reaches the client another way, on the target's own machine, is never seen here and stays as the target made it. Network
 * ACLs see it addressed to the client (NLB user guide, network ACLs), the node's groups as the answer of a flow they know.
 */
export function caughtAnswer(
  on: FabricWalk,
  from: Whence,
  packet: Packet,
  nodeOf: (eni: Eni) => LoadBalancerNode | undefined,
): Crossing | Next | undefined {
  if (packet.l4.kind === 'icmp-error') {
    const about = on.flows().ofQuoted(packet.l4.quoted, on.walk.now);
    return about === undefined ? undefined : undocumentedError(about.loadBalancer.id, packet);
  }
  const flow = on.flows().ofTarget(packet, on.walk.now);
  const eni = flow === undefined ? undefined : on.index.eni(flow.eni);
  const node = eni === undefined ? undefined : nodeOf(eni);
  if (flow === undefined || node === undefined || flow.source.ip !== flow.client.ip) return undefined;
  const stopped =
    crossSubnets(on, from.subnet, node.subnet, packet) ?? enterByGroups(on, node.eni, packet, from.sender);
  if (stopped !== undefined) return stopped;
  on.enter({ kind: 'load-balancer', name: flow.loadBalancer.id });
  return toClient(on, node, flow, packet);
}

const HEADER = { 4: 20, 6: 40 } as const;

/** Both ends rewritten; between the families the packet is another one of the same payload. */
function translated(packet: Packet, src: FlowEnd, dst: FlowEnd): Packet {
  const family = familyOf(dst.ip);
  const rewritten = writeEnds(packet, { src: src.ip, sport: src.port, dst: dst.ip, dport: dst.port });
  if (family === packet.family) return rewritten;
  const length = packet.length - HEADER[packet.family] + HEADER[family];
  return { ...withEnds(rewritten, src.ip as Ip, dst.ip, rewritten.l4), family, length };
}

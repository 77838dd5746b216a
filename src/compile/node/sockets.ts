import { hasNoProcess, type Pod } from '../../cluster/index.ts';
import type { ListenSocket } from '../../linux/index.ts';
import type { Ip } from '../../net/index.ts';
import { agentSockets } from './agent-sockets.ts';
import { podKey } from './names.ts';

import type { ClusterPlan, NodePlan } from './plan-types.ts';
import { probedPorts } from './probed-ports.ts';

const SOCKET_PROTOCOLS = ['tcp', 'udp', 'sctp'] as const;

/** A pod and the addresses it has. */
export interface PodAt {
  readonly pod: Pod;
  readonly addresses: readonly Ip[];
}

/**
 * Ports a pod answers on: the ones its containers declare, and every one a Service sends to it. A container that waits or has
 * terminated has no process to listen; the pod's sandbox and its kernel are there all the same, and refuse.
 */
export function podSockets(of: PodAt, servedPorts: ClusterPlan['servedPorts']): readonly ListenSocket[] {
  const sockets: ListenSocket[] = [];
  /** The first to bind a port keeps it. */
  const bind = (name: string, port: number, image: string, local: ListenSocket['local'] = '*'): void => {
    const protocol = socketProtocol(name);
    if (protocol === undefined || sockets.some((known) => known.port === port && known.protocol === protocol)) return;
    sockets.push({ protocol, local, port, process: processName(image) });
  };
  const { containers } = of.pod.spec;
  const stopped = stoppedContainers(of.pod);
  const running = stopped.size === 0 ? containers : containers.filter(({ name }) => !stopped.has(name));
  for (const { ports, image } of running)
    for (const { protocol, containerPort } of ports) bind(protocol.toLowerCase(), containerPort, image);
  for (const container of running)
    for (const { port, local } of probedPorts(of.pod, container)) bind('tcp', port, container.image, local);
  // No declaration says whose the other ports are: the first container's where all run, and else nobody's to say.
  const [first] = containers;
  if (first === undefined || stopped.size > 0) return sockets.sort(byPort);
  for (const served of servedBy(of, servedPorts)) {
    const slash = served.indexOf('/');
    bind(served.slice(0, slash), Number(served.slice(slash + 1)), first.image);
  }
  return sockets.sort(byPort);
}

const byPort = (a: ListenSocket, b: ListenSocket): number => a.port - b.port || (a.protocol < b.protocol ? -1 : 1);

const stoppedContainers = ({ status: { containers } }: Pod): ReadonlySet<string> =>
  containers === undefined ? NOTHING : new Set(containers.filter(hasNoProcess).map(({ name }) => name));

/** Ports a Service sends to a pod whose containers all run, and that none of them declares. */
export function undeclaredPorts(of: PodAt, servedPorts: ClusterPlan['servedPorts']): readonly string[] {
  const served = servedBy(of, servedPorts);
  if (served.size === 0 || stoppedContainers(of.pod).size > 0) return [];
  const isDeclared = (port: string): boolean =>
    of.pod.spec.containers.some(({ ports }) =>
      ports.some(({ protocol, containerPort }) => port === `${protocol.toLowerCase()}/${containerPort}`),
    ) ||
    of.pod.spec.containers.some((each) => probedPorts(of.pod, each).some((probed) => port === `tcp/${probed.port}`));
  return [...served].filter((port) => !isDeclared(port)).sort();
}

/** A hostNetwork pod shares its address with the node and what else runs there: what a Service sends it, it sends to the pod by name. */
export function servedBy({ pod, addresses }: PodAt, servedPorts: ClusterPlan['servedPorts']): ReadonlySet<string> {
  if (pod.spec.hostNetwork) return servedPorts.get(podKey(pod.metadata)) ?? NOTHING;
  const [only] = addresses;
  if (only === undefined) return NOTHING;
  if (addresses.length === 1) return servedPorts.get(only) ?? NOTHING;
  return new Set(addresses.flatMap((address) => [...(servedPorts.get(address) ?? NOTHING)]));
}

const NOTHING: ReadonlySet<string> = new Set();

/** What listens on a node beside its pods: sshd and its agents, which begin before them. */
export function nodeSockets(node: NodePlan, plan: ClusterPlan): readonly ListenSocket[] {
  const sockets: ListenSocket[] = [];
  if (node.os.sshd) add(sockets, { protocol: 'tcp', local: '*', port: 22, process: 'sshd' });
  for (const socket of agentSockets(plan, node)) add(sockets, socket);
  for (const pod of node.hostPods)
    for (const socket of podSockets({ pod, addresses: [] }, plan.servedPorts)) add(sockets, socket);
  return sockets.sort(byPort);
}

/** `registry.k8s.io/echoserver:1.10` runs `echoserver`. */
export function processName(image: string): string {
  const digest = image.indexOf('@');
  const path = digest < 0 ? image : image.slice(0, digest);
  const last = path.slice(path.lastIndexOf('/') + 1);
  const tag = last.indexOf(':');
  return tag < 0 ? last : last.slice(0, tag);
}

export const socketProtocol = (name: string): (typeof SOCKET_PROTOCOLS)[number] | undefined =>
  SOCKET_PROTOCOLS.find((protocol) => protocol === name);

/** The first to bind a port keeps it, and who has it at every address keeps it from all (net/ipv4/inet_connection_sock.c, inet_csk_get_port). */
function add(sockets: ListenSocket[], socket: ListenSocket): void {
  const { protocol, local, port } = socket;
  const isTaken = sockets.some(
    (known) =>
      known.port === port &&
      known.protocol === protocol &&
      (known.local === local || known.local === '*' || local === '*'),
  );
  if (!isTaken) sockets.push(socket);
}

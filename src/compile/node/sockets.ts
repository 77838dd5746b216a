import type { Pod } from '../../cluster/index.ts';
import type { ListenSocket } from '../../linux/index.ts';
import { ip } from '../../net/index.ts';
import type { ClusterPlan, NodePlan } from './plan-types.ts';
import { podIps } from './pod-ips.ts';

const LOCALHOST = ip('127.0.0.1');
const SOCKET_PROTOCOLS = ['tcp', 'udp', 'sctp'] as const;

/** Ports a pod answers on: the ones its containers declare, and every one a Service sends to it. */
export function podSockets(pod: Pod, servedPorts: ClusterPlan['servedPorts']): readonly ListenSocket[] {
  const sockets = new Map<string, ListenSocket>();
  const first = pod.spec.containers[0];
  for (const container of pod.spec.containers) {
    for (const { protocol, containerPort: port } of container.ports) {
      const of = socketProtocol(protocol.toLowerCase());
      if (of !== undefined) add(sockets, { protocol: of, local: '*', port, process: processName(container.image) });
    }
  }
  if (first === undefined) return [...sockets.values()];
  for (const served of servedBy(pod, servedPorts)) {
    const [protocol = '', port = ''] = served.split('/');
    const of = socketProtocol(protocol);
    if (of !== undefined)
      add(sockets, { protocol: of, local: '*', port: Number(port), process: processName(first.image) });
  }
  return [...sockets.values()].sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
}

/** Ports a Service sends to a pod that no container of it declares. */
export function undeclaredPorts(pod: Pod, servedPorts: ClusterPlan['servedPorts']): readonly string[] {
  if (pod.spec.hostNetwork) return [];
  const declared = new Set(
    pod.spec.containers.flatMap(({ ports }) =>
      ports.map((port) => `${port.protocol.toLowerCase()}/${port.containerPort}`),
    ),
  );
  return [...servedBy(pod, servedPorts)].filter((port) => !declared.has(port)).sort();
}

/** A hostNetwork pod shares its address with the node, so what Services send there cannot be told apart: only its own ports count. */
function servedBy(pod: Pod, servedPorts: ClusterPlan['servedPorts']): ReadonlySet<string> {
  const [only = '', ...more] = pod.spec.hostNetwork ? [] : podIps(pod);
  if (more.length === 0) return servedPorts.get(only) ?? NOTHING;
  return new Set([only, ...more].flatMap((address) => [...(servedPorts.get(address) ?? NOTHING)]));
}
const NOTHING: ReadonlySet<string> = new Set();

/** What listens on a node beside its pods: kubelet, kube-proxy, sshd, and a health server a Service with a Local policy. */
export function nodeSockets(node: NodePlan, plan: ClusterPlan): readonly ListenSocket[] {
  const sockets = new Map<string, ListenSocket>();
  if (node.os.sshd) add(sockets, { protocol: 'tcp', local: '*', port: 22, process: 'sshd' });
  for (const socket of agentSockets(plan)) add(sockets, socket);
  for (const pod of node.hostPods) for (const socket of podSockets(pod, plan.servedPorts)) add(sockets, socket);
  return [...sockets.values()].sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
}

/** What runs on any node: kubelet and kube-proxy. */
export function agentSockets(plan: ClusterPlan): readonly ListenSocket[] {
  const tcp = (port: number, process: string, local: ListenSocket['local'] = '*'): ListenSocket => ({
    protocol: 'tcp',
    local,
    port,
    process,
  });
  return [
    tcp(10248, 'kubelet', LOCALHOST),
    tcp(10249, 'kube-proxy', LOCALHOST),
    tcp(10250, 'kubelet'),
    tcp(10256, 'kube-proxy'),
    ...plan.healthCheckPorts.map((port) => tcp(port, 'kube-proxy')),
  ];
}

/** `registry.k8s.io/echoserver:1.10` runs `echoserver`. */
export function processName(image: string): string {
  const path = image.split('@')[0] ?? image;
  const last = path.slice(path.lastIndexOf('/') + 1);
  return last.split(':')[0] ?? last;
}

const socketProtocol = (name: string): (typeof SOCKET_PROTOCOLS)[number] | undefined =>
  SOCKET_PROTOCOLS.find((protocol) => protocol === name);

/** The first to bind a port keeps it. */
function add(sockets: Map<string, ListenSocket>, socket: ListenSocket): void {
  const key = `${socket.protocol} ${socket.local} ${socket.port}`;
  if (!sockets.has(key)) sockets.set(key, socket);
}

import type { ListenSocket, Netns, NetnsId } from '../../linux/index.ts';
import { hostnameOf, type World } from '../../world/index.ts';
import type { NetnsHandle } from '../exec/ffi/index.ts';
import { balancerAt } from '../plan/index.ts';
import { fabricSockets, PROXY } from './fabric-sockets.ts';
import { type TargetReport, type TargetWatch, watchTargets } from './health/watch-targets.ts';
import { httpConnections } from './http/http-server.ts';
import type { ProxyPlace } from './http/proxy.ts';
import { type Listening, listen } from './listen.ts';
import { receiveAtAny } from './listen-any.ts';
import { createPrograms } from './programs.ts';
import type { Place, Sink } from './types.ts';

export interface Servers {
  /** Sockets that have their server. */
  readonly listening: number;
  /** Sockets that have none, and why. */
  readonly failed: readonly { readonly netns: NetnsId; readonly socket: ListenSocket; readonly because: string }[];
  /** What load balancers know of their targets, as of the last round of health checks. */
  readonly targets: TargetWatch;
  /** Ends every listener and connection. A second call does nothing. */
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly now?: () => Date;
  /** Hears of every round of health checks. */
  readonly onTargets?: (reports: readonly TargetReport[]) => void;
}

/**
 * Real servers for every listening socket of a World and of what its fabric stands for, all in this process: CoreDNS's
 * answers on the cluster's name servers, the echoserver's, nginx's, the health checks of kubelet and kube-proxy, an echo for
 * the rest. `openNetns` gives the kernel's namespace by its label; undefined leaves it without servers. When it returns, load
 * balancers have checked their targets once.
 */
export async function startServers(
  world: World,
  openNetns: (label: string) => NetnsHandle | undefined,
  sink: Sink,
  { now = () => new Date(), onTargets = () => undefined }: ServerOptions = {},
): Promise<Servers> {
  const http = httpConnections();
  const targets = watchTargets(world, openNetns, onTargets);
  const around = { openNetns, proxyAt: (place: Place) => proxyAt(world, openNetns, targets, place) };
  const programs = createPrograms(world, http, sink, now, around);
  const listening: Listening[] = [];
  const failed: Servers['failed'][number][] = [];
  let served = 0;
  for (const { label, hostname, sockets, addresses, anyAddress } of placesOf(world)) {
    const handle = openNetns(label);
    if (handle === undefined) continue;
    for (const socket of sockets) {
      const place: Place = { netns: label, hostname, process: socket.process, port: socket.port };
      const program = programs.of(place);
      try {
        const any = anyAddress && socket.protocol === 'udp';
        const opened = any
          ? [receiveAtAny(handle, socket.port, program)]
          : await listen(handle, { addresses }, socket, program);
        listening.push(...opened);
        served++;
      } catch (error) {
        failed.push({ netns: label, socket, because: error instanceof Error ? error.message : String(error) });
      }
    }
  }
  await targets.round();
  let ended: Promise<void> | undefined;
  return {
    targets,
    listening: served,
    failed,
    close() {
      targets.close();
      ended ??= Promise.all(listening.map((each) => each.close())).then(() => http.close());
      return ended;
    },
  };
}

function proxyAt(
  { fabric }: World,
  openNetns: (label: string) => NetnsHandle | undefined,
  targets: TargetWatch,
  { netns: label, port, process }: Place,
): ProxyPlace | undefined {
  const node = process === PROXY ? balancerAt(fabric, label) : undefined;
  const netns = openNetns(label);
  const listener = node?.loadBalancer.listeners.find((each) => each.port === port);
  if (node === undefined || netns === undefined || listener === undefined) return undefined;
  return { node, netns, targets, listener, loadBalancer: node.loadBalancer };
}

interface Serving {
  readonly label: NetnsId;
  readonly hostname: string;
  readonly sockets: readonly ListenSocket[];
  readonly addresses: Netns['addresses'];
  readonly anyAddress: boolean;
}

/** Namespaces of the World, and of its fabric, whose labels are no ids of the World. */
function placesOf(world: World): readonly Serving[] {
  const hostnames = hostnamesOf(world);
  return [
    ...[...world.netns.values()].map(({ id, sockets, addresses }) => ({
      label: id,
      hostname: hostnames.get(id) ?? id,
      sockets,
      addresses,
      anyAddress: false,
    })),
    ...fabricSockets(world).map((each) => ({ ...each, label: each.label as NetnsId, addresses: [] })),
  ];
}

/** What `hostname` prints: in a pod as the kubelet names it, on a node and a server their own names. */
function hostnamesOf({ directory }: World): ReadonlyMap<NetnsId, string> {
  return new Map([
    ...directory.pods.filter(({ hostNetwork }) => !hostNetwork).map((pod) => [pod.netns, hostnameOf(pod)] as const),
    ...directory.nodes.map(({ netns, name }) => [netns, name] as const),
    ...directory.hosts.map(({ netns, name }) => [netns, name] as const),
  ]);
}

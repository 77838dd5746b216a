import type { ListenSocket, Netns, NetnsId } from '../../linux/index.ts';
import type { Ip } from '../../net/index.ts';
import type { World } from '../../world/index.ts';
import type { NetnsHandle } from '../exec/ffi/index.ts';
import { httpConnections } from './http/http-server.ts';
import { type Listening, listen } from './listen.ts';
import { createPrograms, type Program } from './programs.ts';
import type { Place, Sink } from './types.ts';

export interface Servers {
  /** Sockets that have their server. */
  readonly listening: number;
  /** Sockets that have none, and why. */
  readonly failed: readonly { readonly netns: NetnsId; readonly socket: ListenSocket; readonly because: string }[];
  /** Ends every listener and connection. A second call does nothing. */
  close(): Promise<void>;
}

/** Where a VPC's resolver answers: a namespace that is no part of the World, what the plan calls it, its addresses there. */
export interface ServedResolver {
  readonly label: string;
  readonly netns: NetnsHandle;
  readonly addresses: readonly Ip[];
}

export interface Serving {
  readonly resolvers?: readonly ServedResolver[];
  readonly now?: () => Date;
}

const DNS = 53;

/**
 * Real servers for every listening socket of a World, all in this process: CoreDNS's answers on the cluster's name servers,
 * the echoserver's, nginx's, the health checks of kubelet and kube-proxy, an echo for the rest. `openNetns` names the
 * kernel's namespace for one of the World's; undefined leaves it without servers.
 */
export async function startServers(
  world: World,
  openNetns: (id: NetnsId) => NetnsHandle | undefined,
  sink: Sink,
  { resolvers = [], now = () => new Date() }: Serving = {},
): Promise<Servers> {
  const http = httpConnections();
  const programs = createPrograms(world, http, sink, now);
  const hostnames = hostnamesOf(world);
  const listening: Listening[] = [];
  const failed: Servers['failed'][number][] = [];
  let served = 0;
  const serve = async (
    handle: NetnsHandle,
    netns: Pick<Netns, 'addresses'>,
    socket: ListenSocket,
    place: Place,
    programOf: (place: Place) => Program,
  ): Promise<void> => {
    try {
      listening.push(...(await listen(handle, netns, socket, programOf(place))));
      served++;
    } catch (error) {
      failed.push({ netns: place.netns, socket, because: error instanceof Error ? error.message : String(error) });
    }
  };
  for (const [id, netns] of world.netns) {
    const handle = openNetns(id);
    if (handle === undefined) continue;
    const hostname = hostnames.get(id) ?? id;
    for (const socket of netns.sockets)
      await serve(
        handle,
        netns,
        socket,
        { netns: id, hostname, process: socket.process, port: socket.port },
        programs.of,
      );
  }
  for (const { label, netns, addresses } of resolvers)
    for (const local of addresses)
      for (const protocol of ['udp', 'tcp'] as const) {
        const socket: ListenSocket = { protocol, local, port: DNS, process: 'vpc-resolver' };
        // The label is no namespace of the World: a name for its log lines.
        const place: Place = { netns: label as NetnsId, hostname: '', process: socket.process, port: DNS };
        await serve(netns, { addresses: [] }, socket, place, programs.resolver);
      }
  let ended: Promise<void> | undefined;
  return {
    listening: served,
    failed,
    close() {
      ended ??= Promise.all(listening.map((each) => each.close())).then(() => http.close());
      return ended;
    },
  };
}

/** A pod's hostname is its name, a node's and a server's their own (pod.spec.hostname is not in the World). */
function hostnamesOf({ directory }: World): ReadonlyMap<NetnsId, string> {
  return new Map([
    ...directory.pods.filter(({ hostNetwork }) => !hostNetwork).map(({ netns, name }) => [netns, name] as const),
    ...directory.nodes.map(({ netns, name }) => [netns, name] as const),
    ...directory.hosts.map(({ netns, name }) => [netns, name] as const),
  ]);
}

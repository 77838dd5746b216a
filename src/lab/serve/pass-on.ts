import type { Socket } from 'node:net';
import { proxyLine } from '../../world/index.ts';
import { clientOf, localOf } from './http/http-server.ts';
import { connectTarget, decide, openedBy, type ProxyPlace, type Relayed } from './http/proxy.ts';

/**
 * One connection through a listener that reads no HTTP: octets go on, both ways, over a connection of the node's own; where there is
 * no target, or none that answers, the client's is closed (Classic Load Balancer guide, TCP and SSL listeners).
 */
export async function passOn(place: ProxyPlace, client: Socket): Promise<Pick<Relayed, 'target'>> {
  const [from, local] = [clientOf(client), localOf(client)];
  const served = decide(place, undefined, from, local);
  if (served.kind !== 'forward') {
    client.destroy();
    return {};
  }
  const { target } = served;
  const groups = new Map(place.node.groups.map(({ group }) => [group.id, group]));
  const line = proxyLine(place.listener, (id) => groups.get(id), openedBy(from, local));
  try {
    join(client, await connectTarget(place, target, line === undefined ? '' : `${line}\r\n`), place);
  } catch {
    client.destroy();
  }
  return { target };
}

function join(client: Socket, target: Socket, { listener: { idleTimeout } }: ProxyPlace): void {
  for (const [one, other] of [
    [client, target],
    [target, client],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
    one.setTimeout(idleTimeout * 1000, () => one.destroy());
    one.pipe(other);
  }
}

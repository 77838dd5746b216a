import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import type { ListenSocket, Netns } from '../../linux/index.ts';
import { familyOf, type Ip, ip } from '../../net/index.ts';
import { bindUdp, closeSocket, listenTcp, type NetnsHandle, SystemError } from '../exec/ffi/index.ts';
import { ipOf } from './addresses.ts';
import type { Program } from './programs.ts';

type HasAddresses = Pick<Netns, 'addresses'>;

export interface Listening {
  close(): Promise<void>;
}

const BACKLOG = 4096;
const ANY4 = ip('0.0.0.0');
const ANY6 = ip('::');

/** One socket of a namespace, made there and served from here. */
export async function listen(
  handle: NetnsHandle,
  netns: HasAddresses,
  socket: ListenSocket,
  program: Program,
): Promise<readonly Listening[]> {
  if (socket.protocol === 'tcp') return [await listenOn(openTcp(handle, socket), program)];
  if (socket.protocol === 'udp') {
    const bound = openUdp(handle, netns, socket);
    return Promise.all(bound.map((each) => receiveOn(each, netns, socket.port, program)));
  }
  throw new Error(`Cannot serve ${socket.protocol}: only tcp and udp have a server`);
}

/** `*` is one socket for both families, as most programs have it; IPv4 alone where the kernel has no IPv6. */
function openTcp(handle: NetnsHandle, { local, port, dev }: ListenSocket): number {
  if (local !== '*') return listenTcp(handle, local, port, BACKLOG, { dev });
  return orIpv4(
    () => listenTcp(handle, ANY6, port, BACKLOG, { dualStack: true, dev }),
    () => listenTcp(handle, ANY4, port, BACKLOG, { dev }),
  );
}

function orIpv4<T>(both: () => T, ipv4: () => T): T {
  try {
    return both();
  } catch (error) {
    if (error instanceof SystemError && error.code === 'EAFNOSUPPORT') return ipv4();
    throw error;
  }
}

interface Bound {
  readonly fd: number;
  readonly address: Ip;
}

/**
 * A datagram's answer has to leave from the address the question came to. One socket for all addresses leaves that to the
 * routing table, which is right where a family has one address; where it has more, each gets a socket of its own.
 */
function openUdp(handle: NetnsHandle, netns: HasAddresses, { local, port, dev: by }: ListenSocket): readonly Bound[] {
  if (local !== '*' && local !== ANY4 && local !== ANY6)
    return [{ fd: bindUdp(handle, local, port, { dev: by }), address: local }];
  const mine = netns.addresses
    .filter(
      ({ dev, local: address }) =>
        dev !== 'lo' && (by === undefined || dev === by) && (local === '*' || familyOf(address) === familyOf(local)),
    )
    .map((address) => address.local);
  const several = ([4, 6] as const).some((family) => mine.filter((address) => familyOf(address) === family).length > 1);
  const opened: Bound[] = [];
  const open = (address: Ip, dualStack = false): void => {
    opened.push({ fd: bindUdp(handle, address, port, { dualStack, shared: several, dev: by }), address });
  };
  try {
    if (local !== '*') open(local);
    else
      orIpv4(
        () => open(ANY6, true),
        () => open(ANY4),
      );
    if (several) for (const address of new Set(mine)) open(address);
    return opened;
  } catch (error) {
    for (const { fd } of opened) closeSocket(fd);
    throw error;
  }
}

/** What a socket of all addresses was asked at: the one address of the client's family, where there is one. */
function ownAddress({ addresses }: HasAddresses, client: Ip): Ip {
  const mine = addresses.filter(
    ({ dev, family, scope }) => dev !== 'lo' && family === familyOf(client) && scope !== 'link',
  );
  return mine.length === 1 && mine[0] !== undefined ? mine[0].local : familyOf(client) === 4 ? ANY4 : ANY6;
}

function listenOn(fd: number, program: Program): Promise<Listening> {
  const connections = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    connection.on('error', () => connection.destroy()); // a reset is the client's business
    program.connection(connection);
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      closeSocket(fd);
      reject(error);
    });
    server.listen({ fd, backlog: BACKLOG }, () => {
      resolve({
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const connection of connections) connection.destroy();
          }),
      });
    });
  });
}

function receiveOn({ fd, address }: Bound, netns: HasAddresses, port: number, program: Program): Promise<Listening> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  let open = true;
  socket.once('close', () => {
    open = false;
  });
  socket.on('message', (message, from) => {
    const local = { ip: address === ANY4 || address === ANY6 ? ownAddress(netns, ipOf(from.address)) : address, port };
    void Promise.resolve(program.datagram(message, from, local)).then((reply) => {
      if (reply !== undefined && open) socket.send(reply, from.port, from.address, () => undefined); // nobody may be there any more
    });
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ fd }, () => {
      socket.off('error', reject);
      socket.on('error', () => undefined);
      resolve({ close: () => new Promise((closed) => void socket.close(() => closed())) });
    });
  });
}

import type { ListenSocket } from '../../../linux/index.ts';
import { type Ip, ip } from '../../../net/index.ts';
import type { Headers } from '../../../trace/index.ts';
import type { World } from '../../../world/index.ts';
import { abi, bindUdp, closeSocket, libc, listenTcp, SystemError, sendTo, sockaddr } from '../../exec/ffi/index.ts';
import { fabricSockets } from '../../serve/fabric-sockets.ts';
import type { Watched } from '../observer.ts';
import type { LabView } from './lab-view.ts';

/** Sockets without a program behind them: the kernel answers a SYN for them, and datagrams are answered by `answerDatagram`. */
export interface Listeners {
  /** Sockets that could not be opened, and why. */
  readonly failed: readonly string[];
  /** Takes the connections that were made, and ends them: nobody else would, and a full queue answers no more. */
  release(): void;
  close(): void;
}

const ANY4 = ip('0.0.0.0');
const ANY6 = ip('::');
const BACKLOG = 64;

/** Every listening socket of a World, and those of what its fabric was lowered to, in their namespaces. */
export function openListeners(world: World, view: LabView): Listeners {
  const fds: number[] = [];
  const listening: number[] = [];
  const failed: string[] = [];
  const open = (at: Watched | undefined, sockets: readonly ListenSocket[]): void => {
    if (at === undefined) return;
    for (const socket of sockets) {
      try {
        const opened = openSocket(at.fd, socket);
        fds.push(...opened);
        if (socket.protocol === 'tcp') listening.push(...opened);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        failed.push(`${at.name}: ${socket.protocol} ${socket.local}:${socket.port}: ${error.message}`);
      }
    }
  };
  for (const [id, { sockets }] of world.netns) open(view.at(id), sockets);
  for (const { label, sockets } of fabricSockets(world)) open(view.at(label), sockets);
  return {
    failed,
    release: () => {
      for (const fd of listening) for (let taken = accept(fd); taken !== -1; taken = accept(fd)) closeSocket(taken);
    },
    close: () => {
      for (const fd of fds) closeSocket(fd);
    },
  };
}

const accept = (fd: number): number => libc().accept4(fd, null, null, abi.SOCK_NONBLOCK | abi.SOCK_CLOEXEC);

function openSocket(netns: number, { protocol, local, port, dev }: ListenSocket): readonly number[] {
  if (protocol !== 'tcp' && protocol !== 'udp') return [];
  const make = (address: Ip, dualStack: boolean): number =>
    protocol === 'tcp'
      ? listenTcp(netns, address, port, BACKLOG, { dualStack, dev })
      : bindUdp(netns, address, port, { dualStack, shared: true, dev });
  if (local !== '*') return [make(local, false)];
  try {
    return [make(ANY6, true)];
  } catch (error) {
    if (error instanceof SystemError && error.code === 'EAFNOSUPPORT') return [make(ANY4, false)];
    throw error;
  }
}

/** The device a socket that took a datagram is bound to. */
export function boundTo(world: World, view: LabView, at: Watched, { dport, iif }: Headers): string | undefined {
  const id = view.planned(at)?.id;
  const sockets = (id === undefined ? undefined : world.netns.get(id)?.sockets) ?? [];
  return sockets.find(({ protocol, port, dev }) => protocol === 'udp' && port === dport && dev === iif)?.dev;
}

/** Sends a delivered datagram back to where it came from, from the address it was sent to, by `dev` where its socket is bound to that. */
export function answerDatagram(
  at: Watched,
  { src, dst, sport = 0, dport = 0, length, family }: Headers,
  dev?: string,
): void {
  const fd = bindUdp(at.fd, dst, dport, { shared: true, foreign: true, dev });
  try {
    sendTo(fd, Buffer.alloc(Math.max(0, length - (family === 4 ? 28 : 48))), sockaddr(src, sport));
  } finally {
    closeSocket(fd);
  }
}

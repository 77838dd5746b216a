import { setTimeout as sleep } from 'node:timers/promises';
import { familyOf, type Ip } from '../../../net/index.ts';
import {
  AF_INET,
  AF_INET6,
  EINPROGRESS,
  ETIMEDOUT,
  IPPROTO_TCP,
  SO_ERROR,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_INFO,
} from './constants.ts';
import { SystemError } from './errors.ts';
import { check, libc } from './libc.ts';
import type { NetnsHandle } from './netns.ts';
import { closeSocket, getOption, sockaddr, socketIn } from './sockets.ts';

/** Of struct tcp_info, which begins with the state (include/net/tcp_states.h). */
const SYN_SENT = 2;
const POLL_MS = 5;

export interface ConnectOptions {
  /** The address it is made from, with a port the kernel picks. */
  readonly from: Ip;
  readonly to: Ip;
  readonly port: number;
  /** Milliseconds an answer is waited for. */
  readonly patience: number;
}

/**
 * A TCP connection of a namespace, open, for `new net.Socket({ fd })`. Throws a SystemError with what the kernel has against it:
 * ECONNREFUSED, EHOSTUNREACH; ETIMEDOUT when nothing came.
 */
export async function connectTcp(netns: NetnsHandle, { from, to, port, patience }: ConnectOptions): Promise<number> {
  const what = `connect to ${to} port ${port}`;
  const fd = socketIn(netns, familyOf(to) === 4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
  try {
    const own = sockaddr(from, 0);
    check(libc().bind(fd, own, own.length), `bind to ${from}`);
    const far = sockaddr(to, port);
    if (libc().connect(fd, far, far.length) !== 0 && libc().errno() !== EINPROGRESS) check(-1, what);
    const end = performance.now() + patience;
    while (stateOf(fd) === SYN_SENT) {
      if (performance.now() >= end) throw new SystemError(what, ETIMEDOUT, 'ETIMEDOUT');
      await sleep(POLL_MS);
    }
    const errno = getOption(fd, SOL_SOCKET, SO_ERROR, 4).readInt32LE(0);
    if (errno !== 0) throw new SystemError(what, errno, libc().errorName(errno));
    return fd;
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
}

const stateOf = (fd: number): number => getOption(fd, IPPROTO_TCP, TCP_INFO, 8).readUInt8(0);

import { type Ip, ipBits } from '../../../net/index.ts';
import {
  AF_INET,
  AF_INET6,
  EAGAIN,
  IPPROTO_IPV6,
  IPV6_FREEBIND,
  IPV6_V6ONLY,
  MSG_DONTWAIT,
  SO_BINDTODEVICE,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from './constants.ts';
import { SystemError } from './errors.ts';
import { check, libc } from './libc.ts';
import { type NetnsHandle, withNetns } from './netns.ts';

/** A socket of a namespace: non-blocking, closed when this process starts another program. */
export function socketIn(netns: NetnsHandle, domain: number, type: number, protocol: number): number {
  return withNetns(netns, () =>
    check(libc().socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol), `make a socket (${domain}, ${type})`),
  );
}

export interface Binding {
  /** For `::`: IPv4 as well, as mapped addresses (ipv6(7), IPV6_V6ONLY). */
  readonly dualStack?: boolean;
  /** Beside other sockets of the port; the one bound to the address itself takes what is sent there (socket(7), SO_REUSEADDR). */
  readonly shared?: boolean;
  /** An address the namespace takes by a route, not by a device (ip(7), IP_FREEBIND; IPv6 alone insists). */
  readonly foreign?: boolean;
  /** Takes and sends by this device alone (socket(7), SO_BINDTODEVICE). */
  readonly dev?: string | undefined;
}

/** A listening TCP socket of a namespace, for `server.listen({ fd })`. Port 0: the kernel picks one. */
export function listenTcp(netns: NetnsHandle, address: Ip, port: number, backlog = 128, how: Binding = {}): number {
  const fd = bound(netns, SOCK_STREAM, address, port, how);
  return orClose(fd, () => check(libc().listen(fd, backlog), `listen on ${address} port ${port}`));
}

/** A bound UDP socket of a namespace, for `dgram.createSocket(...).bind({ fd })`. Port 0: the kernel picks one. */
export const bindUdp = (netns: NetnsHandle, address: Ip, port: number, how: Binding = {}): number =>
  bound(netns, SOCK_DGRAM, address, port, how);

function bound(netns: NetnsHandle, type: number, address: Ip, port: number, how: Binding): number {
  const domain = isV6(address) ? AF_INET6 : AF_INET;
  const fd = socketIn(netns, domain, type, 0);
  return orClose(fd, () => {
    if (type === SOCK_STREAM || how.shared === true) setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (domain === AF_INET6) setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, how.dualStack === true ? 0 : 1);
    if (how.foreign === true && domain === AF_INET6) setOption(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1);
    if (how.dev !== undefined) setOption(fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${how.dev}\0`));
    const to = sockaddr(address, port);
    check(libc().bind(fd, to, to.length), `bind to ${address} port ${port}`);
  });
}

function orClose(fd: number, act: () => unknown): number {
  try {
    act();
    return fd;
  } catch (error) {
    libc().close(fd);
    throw error;
  }
}

export const closeSocket = (fd: number): void => void libc().close(fd);

export function setOption(fd: number, level: number, option: number, value: number | Uint8Array): void {
  const bytes = typeof value === 'number' ? int32(value) : value;
  check(libc().setsockopt(fd, level, option, bytes, bytes.length), `set socket option ${level}/${option}`);
}

export function getOption(fd: number, level: number, option: number, length: number): Buffer {
  const value = Buffer.alloc(length);
  const size = int32(length);
  check(libc().getsockopt(fd, level, option, value, size), `read socket option ${level}/${option}`);
  return value.subarray(0, size.readInt32LE(0));
}

export function bindTo(fd: number, address: Uint8Array, what: string): void {
  check(libc().bind(fd, address, address.length), `bind to ${what}`);
}

/** Sends at once. What the kernel says against it is a finding, not a failure: the errno, 0 for none. */
export function sendTo(fd: number, data: Uint8Array, to: Uint8Array | null): number {
  const sent = libc().sendto(fd, data, data.length, MSG_DONTWAIT, to, to?.length ?? 0);
  return sent === -1 ? libc().errno() : 0;
}

/** One datagram, or undefined when none waits. A socket's pending error is thrown: ENOBUFS says that events were lost. */
export function receive(fd: number, into: Uint8Array): number | undefined {
  const length = libc().recv(fd, into, into.length, MSG_DONTWAIT);
  if (length !== -1) return length;
  const errno = libc().errno();
  if (errno === EAGAIN) return undefined;
  throw new SystemError('receive', errno, libc().errorName(errno));
}

/** The address and port a socket is bound to. */
export const boundPort = (fd: number): number => ownName(fd).readUInt16BE(2);

/** A socket's own address and port, as `sockaddr` writes them. */
export function ownName(fd: number): Buffer {
  const address = Buffer.alloc(28);
  check(libc().getsockname(fd, address, int32(address.length)), 'read the port of a socket');
  return address;
}

/** struct sockaddr_in, sockaddr_in6. */
export function sockaddr(address: Ip, port: number): Buffer {
  const v6 = isV6(address);
  const bytes = Buffer.alloc(v6 ? 28 : 16);
  bytes.writeUInt16LE(v6 ? AF_INET6 : AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(ipBytes(address), v6 ? 8 : 4);
  return bytes;
}

/** struct sockaddr_ll. */
export function sockaddrLink(protocol: number, ifindex: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt16LE(17, 0);
  bytes.writeUInt16BE(protocol, 2);
  bytes.writeInt32LE(ifindex, 4);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value, 0);
  return bytes;
}

const isV6 = (address: Ip): boolean => address.includes(':');

/** An address as it stands in a header. */
export function ipBytes(address: Ip): Buffer {
  const width = isV6(address) ? 16 : 4;
  const digits = ipBits(address)
    .toString(16)
    .padStart(width * 2, '0');
  return Buffer.from(digits, 'hex');
}

import { createRequire } from 'node:module';
import { SystemError, Unavailable } from './errors.ts';

/** libc functions as C has them: -1 is a refusal, which `errno()` names until the next call. */
export interface Libc {
  setns(fd: number, type: number): number;
  unshare(flags: number): number;
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  listen(fd: number, backlog: number): number;
  accept4(fd: number, address: null, length: null, flags: number): number;
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number;
  sendto(fd: number, data: Uint8Array, length: number, flags: number, to: Uint8Array | null, size: number): number;
  recv(fd: number, into: Uint8Array, length: number, flags: number): number;
  /** `vector` is the address of `struct mmsghdr`s in mapped memory. */
  recvmmsg(fd: number, vector: number, count: number, flags: number, timeout: null): number;
  /** Waits in another thread; `entries` are `struct pollfd`s. */
  poll(entries: Uint8Array, count: number, milliseconds: number): Promise<void>;
  close(fd: number): number;
  flock(fd: number, operation: number): number;
  mount(source: string, target: string, type: string | null, flags: number, data: string | null): number;
  mmap(at: null, length: number, protection: number, flags: number, fd: number, offset: number): number;
  munmap(at: number, length: number): number;
  /** syscall(2) for bpf(2), which libc does not wrap. */
  syscall(number: number, command: number, attributes: Uint8Array, size: number): number;
  errno(): number;
  /** `EPERM` for 1. */
  errorName(errno: number): string;
  /** The bytes at an address this process mapped. They are valid while the mapping is. */
  view(address: number, length: number): Buffer;
}

let loaded: Libc | undefined;

/** libc by koffi, loaded on first use: importing this module costs nothing and needs nothing. */
export function libc(): Libc {
  loaded ??= load();
  return loaded;
}

type Koffi = typeof import('koffi');

function load(): Libc {
  if (process.platform !== 'linux') throw new Unavailable('Linux', `this machine runs ${process.platform}`);
  const koffi = requireKoffi();
  const lib = koffi.load(null);
  const poll = lib.func('int poll(void *entries, unsigned long count, int milliseconds)');
  const names = new Map(Object.entries(koffi.os.errno).map(([name, value]) => [value, name]));
  return {
    setns: lib.func('int setns(int fd, int type)'),
    unshare: lib.func('int unshare(int flags)'),
    socket: lib.func('int socket(int domain, int type, int protocol)'),
    bind: lib.func('int bind(int fd, void *address, uint32_t length)'),
    connect: lib.func('int connect(int fd, void *address, uint32_t length)'),
    listen: lib.func('int listen(int fd, int backlog)'),
    accept4: lib.func('int accept4(int fd, void *address, void *length, int flags)'),
    getsockname: lib.func('int getsockname(int fd, void *address, void *length)'),
    setsockopt: lib.func('int setsockopt(int fd, int level, int option, void *value, uint32_t length)'),
    getsockopt: lib.func('int getsockopt(int fd, int level, int option, void *value, void *length)'),
    sendto: lib.func('long sendto(int fd, void *data, size_t length, int flags, void *to, uint32_t size)'),
    recv: lib.func('long recv(int fd, void *into, size_t length, int flags)'),
    recvmmsg: lib.func('int recvmmsg(int fd, uintptr_t vector, uint32_t count, int flags, void *timeout)'),
    poll: (entries, count, milliseconds) =>
      new Promise((resolve) => void poll.async(entries, count, milliseconds, () => resolve())),
    close: lib.func('int close(int fd)'),
    flock: lib.func('int flock(int fd, int operation)'),
    mount: lib.func('int mount(str source, str target, str type, unsigned long flags, str data)'),
    mmap: lib.func('uintptr_t mmap(void *at, size_t length, int protection, int flags, int fd, long offset)'),
    munmap: lib.func('int munmap(uintptr_t at, size_t length)'),
    syscall: lib.func('long syscall(long number, int command, void *attributes, uint32_t size)'),
    errno: () => koffi.errno(),
    errorName: (errno) => names.get(errno) ?? `errno ${errno}`,
    view: (address, length) => Buffer.from(koffi.view(address, length)),
  };
}

function requireKoffi(): Koffi {
  try {
    return createRequire(import.meta.url)('koffi') as Koffi; // the package types itself
  } catch {
    throw new Unavailable('the package koffi', 'it is an optional dependency; install it with "npm install koffi"');
  }
}

/** What a C call returned, or a SystemError that says what could not be done. */
export function check(result: number, action: string): number {
  if (result !== -1) return result;
  const errno = libc().errno();
  throw new SystemError(action, errno, libc().errorName(errno));
}

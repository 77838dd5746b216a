import { readFileSync, writeFileSync } from 'node:fs';
import { type Family, familyOf, type Ip, ip, isLinkLocal } from '../../../net/index.ts';
import type { Disposition, DropCause, Probe } from '../../../trace/index.ts';
import {
  abi,
  boundPort,
  closeSocket,
  getOption,
  libc,
  ownName,
  receive,
  SystemError,
  setOption,
  sockaddr,
  socketIn,
  withNetns,
} from '../../exec/ffi/index.ts';
import { addressAt } from '../netlink/conntrack-events.ts';

/** A socket that asked, as a program would have, and what it heard. */
export interface ProbeSocket {
  /** The source port, or the echo's id. */
  readonly port: number;
  /** What the kernel said at once; undefined: the packet is on its way. */
  readonly refused: Refusal | undefined;
  /** Whether the socket has taken an answer. */
  heard(): 'nothing' | 'answer' | 'error';
  close(): void;
  /** Ends a connection by one RST: nothing of it is sent again later (socket(7), SO_LINGER). */
  abort(): void;
}

/** A socket call that failed: no packet was made. */
export interface Refusal {
  /** `EMSGSIZE` */
  readonly code: string;
  /** In the words of a trace. */
  readonly disposition: Disposition;
  readonly cause: DropCause | undefined;
  /** The address the socket had by then; undefined: none yet. */
  readonly own: Ip | undefined;
}

/** What a socket call's refusal means (ip_route_output_key, ip_local_out): the disposition of a packet that no hook saw. */
export const REFUSALS: Readonly<Record<number, Disposition>> = {
  1: 'dropped',
  13: 'refused',
  22: 'dropped',
  90: 'too-big',
  99: 'not-sent',
  101: 'no-route',
  113: 'refused',
};
const EMSGSIZE = 90;
const EADDRNOTAVAIL = 99;
const EINVAL = 22;
const ENETUNREACH = 101;
const ANY = { 4: ip('0.0.0.0'), 6: ip('::') } as const;
const HEADERS = { 4: 28, 6: 48 } as const;
const ECHO = { 4: 8, 6: 128 } as const;

/** Why no program could send that; undefined: one can. */
export function unsendable({ protocol, icmp, ctState, size }: Probe): string | undefined {
  const sends = ['tcp', 'udp', 'udplite', 'icmp', 'ipv6-icmp'].includes(String(protocol)) && icmp === undefined;
  if (!sends || ctState !== undefined) return String(protocol);
  return protocol === 'tcp' && size !== undefined ? `a TCP packet of ${size} bytes` : undefined;
}

/** Struct linger: on, for no time. */
const AT_ONCE = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** Opens a socket in a namespace and sends a flow's first packet from it: a SYN, a datagram, an echo request. */
export function sendProbe(netns: number, probe: Probe): ProbeSocket {
  const fd = openSocket(netns, probe);
  try {
    setOptions(fd, probe);
    const errno = withNetns(netns, () => send(fd, probe));
    const refused = errno === 0 || errno === abi.EINPROGRESS ? undefined : refusalOf(fd, errno, probe);
    let known: 'answer' | 'error' | undefined;
    return {
      port: boundPort(fd),
      refused,
      heard() {
        known ??= probe.protocol === 'tcp' ? heardTcp(fd) : heardDatagram(fd);
        return known ?? 'nothing';
      },
      close: () => closeSocket(fd),
      abort: () => {
        if (probe.protocol === 'tcp') setOption(fd, abi.SOL_SOCKET, abi.SO_LINGER, AT_ONCE);
        closeSocket(fd);
      },
    };
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
}

function refusalOf(fd: number, errno: number, { dst, src }: Probe): Refusal {
  const name = ownName(fd);
  const own = familyOf(dst) === 4 ? addressAt(name, 4, 4) : addressAt(name, 8, 16);
  const cause = causeOf(fd, errno, { dst, src });
  return {
    code: libc().errorName(errno),
    disposition: cause?.kind === 'no-scope' ? 'not-sent' : (REFUSALS[errno] ?? 'dropped'),
    cause,
    own: own === ANY[familyOf(dst)] ? undefined : own,
  };
}

/** As far as the number says it alone (ip_route_output_key, inet_bind, ip_append_data); IP_MTU is of a connected socket's route. */
function causeOf(
  fd: number,
  errno: number,
  { dst, src }: Pick<Probe, 'dst'> & { src: Ip | undefined },
): DropCause | undefined {
  if (errno === EMSGSIZE) return { kind: 'message-size', mtu: mtuOf(fd, familyOf(dst)) ?? 0 };
  if (errno === ENETUNREACH) {
    const mtu = mtuOf(fd, familyOf(dst));
    return mtu !== undefined && mtu < LEAST_MTU ? { kind: 'message-size', mtu } : { kind: 'no-route', dst };
  }
  if (errno === EINVAL && familyOf(dst) === 6 && isLinkLocal(dst)) return { kind: 'no-scope', address: dst };
  return errno === EADDRNOTAVAIL && src !== undefined ? { kind: 'foreign-source', address: src } : undefined;
}

/** Less than IPv4 can do with: a socket with a route by it sends nothing (net/ipv4/ip_output.c ip_setup_cork). */
const LEAST_MTU = 68;

/** Of the route of a connected socket; undefined: it has none. */
function mtuOf(fd: number, family: Family): number | undefined {
  const [level, name] = family === 4 ? [abi.IPPROTO_IP, abi.IP_MTU] : [abi.IPPROTO_IPV6, abi.IPV6_MTU];
  try {
    return getOption(fd, level, name, 4).readInt32LE(0);
  } catch {
    return undefined;
  }
}

function openSocket(netns: number, { protocol, dst }: Probe): number {
  const domain = familyOf(dst) === 4 ? abi.AF_INET : abi.AF_INET6;
  if (protocol === 'tcp') return socketIn(netns, domain, abi.SOCK_STREAM, 0);
  if (protocol === 'udp') return socketIn(netns, domain, abi.SOCK_DGRAM, 0);
  if (protocol === 'udplite') return socketIn(netns, domain, abi.SOCK_DGRAM, abi.IPPROTO_UDPLITE);
  const number = domain === abi.AF_INET ? abi.IPPROTO_ICMP : abi.IPPROTO_ICMPV6;
  return withPing(netns, () => socketIn(netns, domain, abi.SOCK_DGRAM, number));
}

const PING_GROUPS = '/proc/sys/net/ipv4/ping_group_range';

/** Who may make an echo socket is asked when it is made, and only then (ping.c ping_init_sock). */
function withPing<T>(netns: number, act: () => T): T {
  const was = withNetns(netns, () => {
    const text = readFileSync(PING_GROUPS, 'utf8');
    writeFileSync(PING_GROUPS, '0 2147483647');
    return text.trim().split(/\s+/);
  });
  try {
    return act();
  } finally {
    // Nobody is written as a range that ends before it begins.
    withNetns(netns, () => writeFileSync(PING_GROUPS, was.join(' ')));
  }
}

function setOptions(fd: number, { dst, ttl, df }: Probe): void {
  const v4 = familyOf(dst) === 4;
  const level = v4 ? abi.IPPROTO_IP : abi.IPPROTO_IPV6;
  if (ttl !== undefined) setOption(fd, level, v4 ? abi.IP_TTL : abi.IPV6_UNICAST_HOPS, ttl);
  if (df === undefined) return;
  const discover = df ? abi.PMTUDISC_DO : abi.PMTUDISC_DONT;
  setOption(fd, level, v4 ? abi.IP_MTU_DISCOVER : abi.IPV6_MTU_DISCOVER, discover);
}

function send(fd: number, probe: Probe): number {
  const { dst, src, sport, dport, protocol, size } = probe;
  const family = familyOf(dst);
  if (src !== undefined || sport !== undefined) {
    const own = sockaddr(src ?? ANY[family], sport ?? 0);
    if (libc().bind(fd, own, own.length) !== 0) return libc().errno();
  }
  const to = sockaddr(dst, dport ?? 0);
  if (libc().connect(fd, to, to.length) !== 0 && (protocol === 'tcp' || libc().errno() !== abi.EINPROGRESS))
    return libc().errno();
  if (protocol === 'tcp') return 0;
  const echo = protocol !== 'udp' && protocol !== 'udplite';
  const length = (size ?? HEADERS[family] + (echo ? 56 : 1)) - HEADERS[family];
  const data = Buffer.alloc(Math.max(0, length) + (echo ? 8 : 0));
  if (echo) data.writeUInt8(ECHO[family], 0);
  return libc().sendto(fd, data, data.length, abi.MSG_DONTWAIT, null, 0) === -1 ? libc().errno() : 0;
}

const TCP_ESTABLISHED = 1;
const TCP_SYN_SENT = 2;
const TCP_CLOSE_WAIT = 8;

/** Struct tcp_info begins with the state. */
function heardTcp(fd: number): 'answer' | 'error' | undefined {
  const state = getOption(fd, abi.IPPROTO_TCP, abi.TCP_INFO, 8).readUInt8(0);
  if (state === TCP_ESTABLISHED || state === TCP_CLOSE_WAIT) return 'answer';
  return state === TCP_SYN_SENT ? undefined : 'error';
}

function heardDatagram(fd: number): 'answer' | 'error' | undefined {
  try {
    return receive(fd, Buffer.alloc(1 << 16)) === undefined ? undefined : 'answer';
  } catch (error) {
    if (error instanceof SystemError) return 'error';
    throw error;
  }
}

import { abi, libc, setOption, sockaddr, socketIn, withNetns } from '../../src/lab/exec/ffi/index.ts';
import { REFUSALS } from '../../src/lab/observe/flow/probe-socket.ts';
import type { Disposition, Headers } from '../../src/trace/index.ts';

/**
 * The first packet of a flow from a socket of the namespace, as programs make it. The socket stays open: answers find it.
 * A source of 0.0.0.0 is the kernel's to choose.
 */
export function sendFromSocket(
  netns: number,
  headers: Headers,
): { readonly fd: number; readonly disposition: Disposition | undefined } {
  const { protocol, family, src, dst, sport, dport, ttl, length, df, icmp } = headers;
  const domain = family === 4 ? abi.AF_INET : abi.AF_INET6;
  const type = protocol === 'tcp' ? abi.SOCK_STREAM : abi.SOCK_DGRAM;
  const v4 = family === 4;
  const fd = socketIn(netns, domain, type, icmp === undefined ? 0 : v4 ? abi.IPPROTO_ICMP : abi.IPPROTO_ICMPV6);
  const level = v4 ? abi.IPPROTO_IP : abi.IPPROTO_IPV6;
  setOption(fd, level, v4 ? abi.IP_TTL : abi.IPV6_UNICAST_HOPS, ttl);
  const discover = v4 ? abi.IP_MTU_DISCOVER : abi.IPV6_MTU_DISCOVER;
  if (protocol !== 'tcp') setOption(fd, level, discover, df ? abi.PMTUDISC_DO : abi.PMTUDISC_DONT);
  setOption(fd, abi.SOL_SOCKET, abi.SO_REUSEADDR, 1);
  const own = sockaddr(src, icmp?.id ?? sport ?? 0);
  const to = sockaddr(dst, dport ?? 0);
  const errno = withNetns(netns, () => {
    if (libc().bind(fd, own, own.length) !== 0) return libc().errno();
    const connected = libc().connect(fd, to, to.length);
    const refused = connected === 0 ? 0 : libc().errno();
    if (protocol === 'tcp' || (refused !== 0 && refused !== abi.EINPROGRESS)) return refused;
    const data = Buffer.alloc(Math.max(0, length - (family === 4 ? 28 : 48)) + (icmp === undefined ? 0 : 8));
    if (icmp !== undefined) data.writeUInt8(icmp.type, 0);
    return libc().sendto(fd, data, data.length, abi.MSG_DONTWAIT, null, 0) === -1 ? libc().errno() : 0;
  });
  return { fd, disposition: errno === 0 || errno === abi.EINPROGRESS ? undefined : (REFUSALS[errno] ?? 'dropped') };
}

import { expect } from 'vitest';
import { ICMP_SIZES } from '../sim/icmp-sizes.ts';
import { inNetns, kernelTest } from './kernel.ts';

/** Sends a datagram of each length to a port where nobody listens, and prints how long the error is that comes back. */
const ASK = `
import socket
for line in '''${ICMP_SIZES.map(([family, length]) => `${family} ${length}`).join('\n')}'''.splitlines():
    family, length = map(int, line.split())
    inet, icmp, address, header = (
        (socket.AF_INET, socket.IPPROTO_ICMP, '127.0.0.1', 20) if family == 4
        else (socket.AF_INET6, socket.IPPROTO_ICMPV6, '::1', 40))
    hears = socket.socket(inet, socket.SOCK_RAW, icmp)
    socket.socket(inet, socket.SOCK_DGRAM).sendto(bytes(length - header - 8), (address, 9))
    # A raw socket is given the header of IPv4, and not that of IPv6 (raw(7), ipv6(7)).
    print(len(hears.recv(65535)) + (0 if family == 4 else header))
`;

kernelTest('the kernel cuts what an ICMP error quotes as the model does', () => {
  const said = inNetns('sysctl -qw net.ipv6.conf.lo.disable_ipv6=0; ip link set lo up; exec python3 -', ASK);
  expect(said.trim().split('\n').map(Number)).toEqual(ICMP_SIZES.map(([, , error]) => error));
});

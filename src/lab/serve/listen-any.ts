import { type Ip, ip, ipFromBits } from '../../net/index.ts';
import { abi, bindUdp, closeSocket, libc, type NetnsHandle, sendTo, setOption, sockaddr } from '../exec/ffi/index.ts';
import { BatchReader, type Datagram } from '../observe/batch-reader.ts';
import type { Listening } from './listen.ts';
import type { Program } from './programs.ts';

const ANY6 = ip('::');
const AT_ONCE = 16;
const LONGEST = 65_536;
const POLLIN = 1;
const POLLFD = 8;
/** How long closing waits at most: poll(2) does not hear of it. */
const PATIENCE = 200;

/**
 * Datagrams to whatever address they were sent to: a host whose local table takes every address. Which one it was comes
 * beside the datagram (ipv6(7), IPV6_RECVPKTINFO; an IPv4 one as a mapped address), and the answer leaves from there.
 */
export function receiveAtAny(netns: NetnsHandle, port: number, program: Program): Listening {
  const fd = bindUdp(netns, ANY6, port, { dualStack: true, shared: true });
  setOption(fd, abi.IPPROTO_IPV6, abi.IPV6_RECVPKTINFO, 1);
  const reader = new BatchReader(fd, AT_ONCE, LONGEST);
  let open = true;
  const serve = async (): Promise<void> => {
    while (open) {
      await readable(fd);
      if (open) reader.drain((datagram) => void answer(netns, port, program, datagram));
    }
    reader.close();
  };
  const served = serve();
  return {
    close: () => {
      open = false;
      return served;
    },
  };
}

function readable(fd: number): Promise<void> {
  const wanted = Buffer.alloc(POLLFD);
  wanted.writeInt32LE(fd, 0);
  wanted.writeInt16LE(POLLIN, 4);
  return libc().poll(wanted, 1, PATIENCE);
}

async function answer(
  netns: NetnsHandle,
  port: number,
  program: Program,
  { bytes, from, controlBytes }: Datagram,
): Promise<void> {
  const asked = controlBytes(abi.IPPROTO_IPV6, abi.IPV6_PKTINFO);
  if (asked === undefined) return;
  const client = { address: addressAt(from, 8), port: from.readUInt16BE(2) };
  const local: Ip = addressAt(asked, 0);
  const remote = { ...client, family: client.address.includes(':') ? 'IPv6' : 'IPv4', size: bytes.length } as const;
  const reply = await program.datagram(Buffer.from(bytes), remote, { ip: local, port });
  if (reply === undefined) return;
  const fd = bindUdp(netns, local, port, { shared: true });
  try {
    sendTo(fd, reply, sockaddr(client.address, client.port)); // nobody may be there any more
  } finally {
    closeSocket(fd);
  }
}

/** An address of 16 octets, an IPv4 one out of its mapped form. */
const addressAt = (bytes: Buffer, at: number): Ip =>
  bytes.toString('hex', at, at + 12) === MAPPED
    ? ipFromBits(bytes.readUInt32BE(at + 12), 4)
    : ipFromBits(BigInt(`0x${bytes.toString('hex', at, at + 16)}`), 6);

/** ::ffff:0:0/96 (RFC 4291 2.5.5.2). */
const MAPPED = `${'00'.repeat(10)}ffff`;

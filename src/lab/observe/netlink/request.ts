import {
  abi,
  check,
  closeSocket,
  libc,
  type NetnsHandle,
  receive,
  SystemError,
  socketIn,
} from '../../exec/ffi/index.ts';

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

const REQUEST = 1;
const ACK = 4;
const DUMP = 0x300;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

/** Asks a namespace's kernel for something to be done, or for a list; returns what each message of the answer holds. */
export function netlinkRequest(
  netns: NetnsHandle,
  protocol: number,
  type: number,
  body: Uint8Array,
  mode: 'do' | 'dump',
): readonly Buffer[] {
  const fd = socketIn(netns, abi.AF_NETLINK, abi.SOCK_RAW, protocol);
  try {
    const message = Buffer.alloc(16 + body.length);
    message.writeUInt32LE(message.length, 0);
    message.writeUInt16LE(type, 4);
    message.writeUInt16LE(REQUEST | (mode === 'dump' ? DUMP : ACK), 6);
    message.set(body, 16);
    check(libc().sendto(fd, message, message.length, 0, null, 0), 'send a netlink request');
    return answers(fd);
  } finally {
    closeSocket(fd);
  }
}

/** Netlink answers within the request: there is nothing to wait for. */
function answers(fd: number): readonly Buffer[] {
  const found: Buffer[] = [];
  const into = Buffer.alloc(1 << 16);
  for (;;) {
    const length = receive(fd, into);
    if (length === undefined) return found;
    for (let at = 0; at + 16 <= length; ) {
      const size = into.readUInt32LE(at);
      const type = into.readUInt16LE(at + 4);
      if (type === NLMSG_DONE) return found;
      if (type === NLMSG_ERROR) {
        const errno = -into.readInt32LE(at + 16);
        if (errno === 0) return found;
        throw new SystemError('do what netlink was asked', errno, libc().errorName(errno));
      }
      found.push(Buffer.from(into.subarray(at + 16, at + size)));
      at += (size + 3) & ~3;
    }
  }
}

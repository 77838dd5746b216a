import { setTimeout as wait } from 'node:timers/promises';
import type { Ip } from '../../net/index.ts';
import { abi, closeSocket, type NetnsHandle, receive, sendTo, sockaddr, socketIn } from '../exec/ffi/index.ts';
import { readPacket } from './packet/read-packet.ts';

const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;
const SNAP = 2048;
const LOOK_EVERY = 5;

/**
 * Sends one ICMP echo request (RFC 792) from a namespace, as ping(8) does, and gives the TTL its reply arrives with;
 * undefined when none comes in `patience` ms. A raw socket hands over the reply's own IP header (raw(7)).
 */
export async function echoTtl(netns: NetnsHandle, dst: Ip, patience = 3000): Promise<number | undefined> {
  const fd = socketIn(netns, abi.AF_INET, abi.SOCK_RAW, abi.IPPROTO_ICMP);
  try {
    const id = process.pid & 0xffff;
    if (sendTo(fd, echoRequest(id), sockaddr(dst, 0)) !== 0) return undefined;
    const into = Buffer.alloc(SNAP);
    for (let waited = 0; waited <= patience; waited += LOOK_EVERY) {
      for (let length = receive(fd, into); length !== undefined; length = receive(fd, into)) {
        const seen = readPacket(into.subarray(0, length));
        if (seen?.src === dst && seen.icmp?.type === ECHO_REPLY && seen.icmp.id === id) return seen.ttl;
      }
      await wait(LOOK_EVERY);
    }
    return undefined;
  } finally {
    closeSocket(fd);
  }
}

function echoRequest(id: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(ECHO_REQUEST, 0);
  bytes.writeUInt16BE(id, 4);
  const sum = (ECHO_REQUEST << 8) + id;
  bytes.writeUInt16BE(~((sum & 0xffff) + (sum >>> 16)) & 0xffff, 2);
  return bytes;
}

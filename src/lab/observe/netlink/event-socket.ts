import { abi, int32, netnsPath, setOption, socketIn } from '../../exec/ffi/index.ts';
import { BatchReader, type Datagram } from '../batch-reader.ts';
import { attribute } from './attributes.ts';
import { NETLINK_NETFILTER, NETLINK_ROUTE, netlinkRequest } from './request.ts';

const RTM_NEWNSID = 88;
const NETNSA_NSID = 1;
const NETNSA_FD = 3;
const OWN = '/proc/thread-self/ns/net';
const BUFFER = 1 << 26;

/**
 * Gives a namespace a number by which events name it here (ip-netns(8), `set`). One listening socket then hears of all of
 * them, in one order.
 */
export function numberNetns(fd: number, nsid: number): void {
  const body = Buffer.concat([Buffer.alloc(4), attribute(NETNSA_NSID, int32(nsid)), attribute(NETNSA_FD, int32(fd))]);
  try {
    netlinkRequest(OWN, NETLINK_ROUTE, RTM_NEWNSID, body, 'do');
  } catch (error) {
    throw new Error(`Cannot number the namespace ${netnsPath(fd)}`, { cause: error });
  }
}

const CMSG_NSID = 8;

/** Events of netfilter groups, from every numbered namespace. */
export class EventSocket {
  readonly #reader: BatchReader;

  constructor(groups: readonly number[]) {
    const fd = socketIn(OWN, abi.AF_NETLINK, abi.SOCK_RAW, NETLINK_NETFILTER);
    setOption(fd, abi.SOL_SOCKET, abi.SO_RCVBUFFORCE, BUFFER);
    setOption(fd, abi.SOL_NETLINK, abi.NETLINK_LISTEN_ALL_NSID, 1);
    for (const group of groups) setOption(fd, abi.SOL_NETLINK, abi.NETLINK_ADD_MEMBERSHIP, group);
    this.#reader = new BatchReader(fd, 64, 2048);
  }

  /** Calls `take` with each event's namespace number and bytes. */
  drain(take: (nsid: number, bytes: Buffer) => void): void {
    this.#reader.drain((datagram: Datagram) => {
      const nsid = datagram.control(abi.SOL_NETLINK, CMSG_NSID);
      if (nsid !== undefined) take(nsid, datagram.bytes);
    });
  }

  /** True when events were lost since this was last asked. */
  takeLost(): boolean {
    const { lost } = this.#reader;
    this.#reader.lost = false;
    return lost;
  }

  close(): void {
    this.#reader.close();
  }
}

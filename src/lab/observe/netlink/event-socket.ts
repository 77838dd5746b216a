import { abi, bindTo, int32, netnsPath, SystemError, setOption, socketIn } from '../../exec/ffi/index.ts';
import { BatchReader, type Datagram } from '../batch-reader.ts';
import { attribute, eachAttribute } from './attributes.ts';
import { NETLINK_NETFILTER, NETLINK_ROUTE, netlinkRequest } from './request.ts';

const RTM_NEWNSID = 88;
const RTM_GETNSID = 90;
const UNASSIGNED = -1;
const NETNSA_NSID = 1;
const NETNSA_FD = 3;
const OWN = '/proc/thread-self/ns/net';
const BUFFER = 1 << 26;

/**
 * The number by which events name a namespace here (ip-netns(8), `set`): the one it has, else one the kernel picks. A veth
 * pair across two namespaces already gave it one (rtnetlink.c, peernet2id_alloc). One listening socket then hears of all
 * of them, in one order.
 */
export function numberNetns(fd: number): number {
  const of = (attributes: readonly Buffer[]): Buffer => Buffer.concat([Buffer.alloc(4), ...attributes]);
  const handle = attribute(NETNSA_FD, int32(fd));
  try {
    netlinkRequest(OWN, NETLINK_ROUTE, RTM_NEWNSID, of([attribute(NETNSA_NSID, int32(UNASSIGNED)), handle]), 'do');
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'EEXIST') {
      throw new Error(`Cannot number the namespace ${netnsPath(fd)}`, { cause: error });
    }
  }
  let nsid = UNASSIGNED;
  for (const answer of netlinkRequest(OWN, NETLINK_ROUTE, RTM_GETNSID, of([handle]), 'do')) {
    eachAttribute(answer, 4, answer.length, (type, at) => {
      if (type === NETNSA_NSID) nsid = answer.readInt32LE(at);
    });
  }
  if (nsid === UNASSIGNED) throw new Error(`The namespace ${netnsPath(fd)} got no number`);
  return nsid;
}

const CMSG_NSID = 8;

/** struct sockaddr_nl: the kernel picks the port. */
function sockaddrNetlink(): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16LE(abi.AF_NETLINK, 0);
  return bytes;
}

/** Events of netfilter groups, from every numbered namespace. */
export class EventSocket {
  readonly #reader: BatchReader;

  constructor(groups: readonly number[]) {
    const fd = socketIn(OWN, abi.AF_NETLINK, abi.SOCK_RAW, NETLINK_NETFILTER);
    setOption(fd, abi.SOL_SOCKET, abi.SO_RCVBUFFORCE, BUFFER);
    // Port 0, an unbound socket's, is the kernel's own: af_netlink.c do_one_broadcast passes its events over it.
    bindTo(fd, sockaddrNetlink(), 'a netlink port');
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

import type { Conn } from '../packet.ts';

/** What the kernel keeps beside a connection and no printed entry shows (struct nf_conn's proto and nat parts). */
export interface ConnMemory {
  /** UDP: second from which an answered flow counts as a stream (nf_conntrack_proto_udp.c, stream_ts). */
  streamAt: number;
  /** TCP: direction and kind of the last packet that the state machine let through without a state change. */
  lastDir: 'original' | 'reply';
  lastIndex: number;
  /** TCP: one end has begun to close (IP_CT_TCP_FLAG_CLOSE_INIT of either). */
  closeInit: boolean;
  /** MASQUERADE: the device whose address the connection took (nf_nat_masquerade.c, masq_index). */
  masqueradeDev: string | undefined;
}

const memories = new WeakMap<Conn, ConnMemory>();

export function memoryOf(conn: Conn): ConnMemory {
  let memory = memories.get(conn);
  if (memory === undefined) {
    memory = { streamAt: 0, lastDir: 'original', lastIndex: -1, closeInit: false, masqueradeDev: undefined };
    memories.set(conn, memory);
  }
  return memory;
}

import type { Ip, Protocol } from '../../net/index.ts';

/** Something that answers: one line of `ss -Hlntup`. */
export interface ListenSocket {
  readonly protocol: Extract<Protocol, 'tcp' | 'udp' | 'udplite' | 'sctp'>;
  /** `*` binds every address of both families; `0.0.0.0` and `::` every one of theirs. */
  readonly local: Ip | '*';
  readonly port: number;
  /** Takes only what comes by this device, and answers by it (socket(7), SO_BINDTODEVICE). */
  readonly dev?: string;
  /** Process name: `echoserver`, `nginx`, `coredns`, `kubelet`... What a client reads in the answer follows from it. */
  readonly process: string;
}

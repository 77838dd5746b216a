import type { LbEnd, LbFrontend } from '../../linux/index.ts';
import type { Evidence } from '../../trace/index.ts';

/** What a socket asked for, and whom it got. */
export interface Translated {
  readonly front: LbFrontend;
  readonly asked: LbEnd;
  readonly backend: LbEnd;
  readonly odds: readonly { readonly p: number; readonly label: string }[];
  readonly slot: number;
  readonly evidence: Evidence;
}

/** Sockets by who asked for what, and the backends clients keep. */
export interface SocketState {
  readonly open: Map<string, Translated>;
  readonly kept: Map<string, LbEnd>;
}

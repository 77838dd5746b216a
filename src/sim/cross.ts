import type { NetnsId } from '../linux/index.ts';
import type { Mac } from '../net/index.ts';
import type { Step } from '../trace/index.ts';
import { leaveEni, sendFromFabric, toInternet, toOnPremises } from './fabric/cross-fabric.ts';
import type { Crossing, FabricPacket, FabricWalk } from './fabric/fabric-walk.ts';
import type { Peer } from './machines.ts';
import type { Packet } from './packet.ts';
import type { VisitedHost } from './session-state.ts';
import type { Outcome, Ties, Undecided } from './types.ts';

/** Where a packet is made: by a namespace's own stack, or by a device of the fabric. */
export type Start =
  | (Ties & {
      readonly kind: 'host';
      readonly netns: NetnsId;
      readonly packet: Packet;
      readonly forcedInvalid?: boolean;
      /** An error nobody can know the source or the way of, and why. */
      readonly undecided?: Undecided | undefined;
      /** What happened at the socket before there was a packet. */
      readonly opening?: readonly Step[] | undefined;
    })
  | {
      readonly kind: 'fabric';
      readonly from: FabricPacket;
      readonly packet: Packet;
      readonly opening?: readonly Step[] | undefined;
    };

export const startAt = (
  netns: NetnsId,
  packet: Packet,
  ties?: Ties,
  forcedInvalid = false,
  opening?: readonly Step[],
): Start => ({
  kind: 'host',
  netns,
  packet,
  ct: ties?.ct,
  mark: ties?.mark,
  oif: ties?.oif,
  boundTo: ties?.boundTo,
  resets: ties?.resets,
  forcedInvalid,
  opening,
});

type Transmit = Outcome & { readonly kind: 'transmit' };

/** Came out of the other end of a wire. */
export interface Wired {
  readonly kind: 'wired';
  readonly to: Peer;
  readonly packet: Packet;
  /** Whom the frame is for. Undefined: whoever is there. */
  readonly lladdr: Mac | undefined;
}

/** From the device a packet left by to whatever that device is connected to. */
function fromHost(on: FabricWalk, { machine }: VisitedHost, sent: Transmit): Crossing | Wired {
  const { packet } = sent.skb;
  const { attachment: to, peer } = machine.port(sent.dev);
  switch (to?.kind) {
    case 'wire':
      return peer === undefined
        ? { kind: 'arrive', netns: to.peer.netns, dev: to.peer.dev, packet }
        : { kind: 'wired', to: peer, packet, lladdr: sent.lladdr };
    case 'eni':
      return leaveEni(on, to.eni, packet, sent.nexthop, sent.lladdr);
    case 'on-premises':
      return toOnPremises(on, to.network, packet);
    case 'internet':
      return toInternet(on, packet);
    case undefined: {
      const { id: netns } = machine.netns;
      if (netns.startsWith('internet/')) return toInternet(on, packet);
      return { kind: 'unknown', what: `${sent.dev.name} of ${netns} leads nowhere the input describes`, packet };
    }
  }
}

export const cross = { fromHost, fromFabric: sendFromFabric };

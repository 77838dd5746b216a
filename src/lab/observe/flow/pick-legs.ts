import { isUnspecified } from '../../../net/index.ts';
import type { Headers, Probe } from '../../../trace/index.ts';
import type { Watched } from '../observer.ts';
import type { KernelWalk } from '../traces.ts';

/** The walks of one flow among everything that moved in a lab. */
export interface Legs {
  readonly forward: KernelWalk;
  /** What came back because of it. */
  readonly reply: KernelWalk | undefined;
  /** TCP: the client's ACK. */
  readonly followUp: KernelWalk | undefined;
}

/** Finds the probe's walk, the first one that answers it, and the client's next packet. Walks are in the order they began. */
export function pickLegs(walks: readonly KernelWalk[], sender: Watched, probe: Probe, port: number): Legs | undefined {
  const isProbe = ({ stays: [first] }: KernelWalk): boolean =>
    first !== undefined && first.at === sender && first.entered === undefined && asks(first.first, probe, port);
  const at = walks.findIndex(isProbe);
  const forward = walks[at];
  if (forward === undefined) return undefined;
  const later = walks.slice(at + 1);
  const reply = later.find((walk) => answers(walk, forward));
  const isNext = (walk: KernelWalk): boolean => isProbe(walk) && isOnlyAck(walk.stays[0]?.first);
  return {
    forward,
    reply,
    followUp: reply === undefined || probe.protocol !== 'tcp' ? undefined : later.find(isNext),
  };
}

/** Who asks the unspecified address asks this host, by the address the kernel puts in its place. */
const asks = ({ dst, protocol, dport, sport, icmp }: Headers, probe: Probe, port: number): boolean =>
  (dst === probe.dst || isUnspecified(probe.dst)) &&
  protocol === probe.protocol &&
  (icmp === undefined ? dport === probe.dport && sport === port : icmp.id === port);

const isOnlyAck = (headers: Headers | undefined): boolean => headers?.tcpFlags?.join() === 'ACK';

/** It begins where the other has been, and goes back to where that came from: its mirror, or an error about it. */
function answers(walk: KernelWalk, forward: KernelWalk): boolean {
  const [start] = walk.stays;
  if (start === undefined || start.entered !== undefined) return false;
  const { first } = start;
  return forward.stays
    .filter(({ at }) => at === start.at)
    .some(({ first: came, headers }) => [came, headers].some((seen) => mirrors(first, seen) || tells(first, seen)));
}

const mirrors = (back: Headers, seen: Headers): boolean =>
  back.src === seen.dst &&
  back.dst === seen.src &&
  back.protocol === seen.protocol &&
  back.sport === seen.dport &&
  back.dport === seen.sport &&
  back.icmp?.id === seen.icmp?.id;

/** ICMP errors: RFC 792 types 3, 4, 5, 11, 12; RFC 4443 below 128. */
const tells = (back: Headers, seen: Headers): boolean =>
  back.icmp !== undefined &&
  back.icmp.id === undefined &&
  back.dst === seen.src &&
  (back.family === 4 ? [3, 4, 11, 12].includes(back.icmp.type) : back.icmp.type < 128);

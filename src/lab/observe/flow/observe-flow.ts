import { setTimeout as sleep } from 'node:timers/promises';
import type { Headers, Probe } from '../../../trace/index.ts';
import type { Observation, Watched } from '../observer.ts';
import { type KernelWalk, walksOf } from '../traces.ts';
import type { LabView } from './lab-view.ts';
import { type Legs, pickLegs } from './pick-legs.ts';
import { type ProbeSocket, sendProbe } from './probe-socket.ts';

/** What the kernel did with one probe. */
export interface ObservedFlow {
  readonly sender: Watched;
  /** Source port or echo id the kernel gave it. */
  readonly port: number;
  readonly refused: ProbeSocket['refused'];
  readonly heard: ReturnType<ProbeSocket['heard']>;
  /** Undefined: no packet was made. */
  readonly legs: Legs | undefined;
  readonly observation: Observation;
  /** The kernel had to throw events away: what was seen proves nothing. */
  readonly lost: boolean;
}

export interface FlowOptions {
  /** How long an answer is waited for, in milliseconds. */
  readonly patience: number;
  /** Answers a datagram where nothing else does; then nobody misses a connection's last words either. */
  readonly answer?: (at: Watched, headers: Headers) => void;
}

/** A neighbour that never answers is given up after three tries, a second apart (net.ipv4.neigh.default.mcast_solicit). */
export const PATIENCE = 4500;
const PAUSE = 10;
/** Before a SYN is sent again (RFC 6298: a second): two of one flow are not to be told apart in IPv6. */
const RETRY = 900;

/**
 * Sends a probe from a namespace and reads what the kernel tells of it. Nearly all of it has happened when the send
 * returns; only neighbours that do not answer, and programs, take their time.
 */
export async function observeFlow(
  view: LabView,
  sender: Watched,
  probe: Probe,
  options: FlowOptions,
): Promise<ObservedFlow> {
  const { observer, wiring } = view;
  observer.drain();
  observer.takeLost();
  const socket = sendProbe(sender.fd, probe);
  try {
    const { port, refused } = socket;
    let observation: Observation = { rules: [], kernel: [], connections: [], links: new Map() };
    let legs: Legs | undefined;
    let answered = options.answer === undefined;
    let looksAgain = true;
    const started = performance.now();
    for (;;) {
      observation = joined(observation, observer.drain());
      legs = pickLegs(walksOf(observation, wiring), sender, probe, port);
      const end = legs?.forward;
      if (!answered && end?.end.kind === 'delivered' && legs?.reply === undefined && probe.protocol === 'udp') {
        answered = true;
        const last = end.stays.at(-1);
        if (last !== undefined) options.answer?.(last.at, last.headers);
        continue;
      }
      const patience = arrived(legs, probe) ? Math.min(options.patience, RETRY) : options.patience;
      const isLate = performance.now() >= started + patience;
      if (isLate || (isOver(legs, socket, probe) && !(looksAgain && isUnexplained(legs)))) break;
      if (isUnexplained(legs)) looksAgain = false;
      await sleep(PAUSE);
    }
    return { sender, port, refused, heard: socket.heard(), legs, observation, lost: observer.takeLost() };
  } finally {
    if (options.answer === undefined) socket.close();
    else socket.abort();
  }
}

/** Whatever a kernel says to a SYN it says at once. */
const arrived = (legs: Legs | undefined, { protocol }: Probe): boolean =>
  protocol === 'tcp' && legs !== undefined && isEnded(legs.forward);

function isOver(legs: Legs | undefined, socket: ProbeSocket, { protocol }: Probe): boolean {
  if (legs === undefined) return socket.refused !== undefined;
  if (!isEnded(legs.forward)) return false;
  if (legs.forward.end.kind === 'died') return true;
  if (legs.reply === undefined || !isEnded(legs.reply)) return false;
  if (protocol !== 'tcp' || socket.heard() !== 'answer') return true;
  return legs.followUp !== undefined && isEnded(legs.followUp);
}

/** The error that tells why may be read a moment later than the drop: they come by rings of their own (see tellFailures). */
const isUnexplained = (legs: Legs | undefined): boolean =>
  legs?.forward.end.kind === 'died' && legs.forward.end.reason === 'NOT_SPECIFIED';

const isEnded = ({ end }: KernelWalk): boolean => end.kind !== 'died' || end.reason !== 'silence';

const joined = (a: Observation, b: Observation): Observation => ({
  rules: [...a.rules, ...b.rules],
  kernel: [...a.kernel, ...b.kernel],
  connections: [...a.connections, ...b.connections],
  links: new Map([...b.links].map(([at, records]) => [at, [...(a.links.get(at) ?? []), ...records]])),
});

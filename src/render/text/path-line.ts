import { circleOf, type Hop, type RoundTrip, type Trace } from '../../trace/index.ts';
import { timesMore, unrolled } from '../circle.ts';
import { shortName } from '../words.ts';

/** `toolbox-a · ip-10-0-0-75 · ens6 · vpc · ens5 · ip-10-0-1-228 · echoserver`, the blocker between bars. */
export function pathOf({ hops }: Trace): string[] {
  const circle = circleOf(hops);
  if (circle === undefined) return placesOf(hops);
  const { first, last } = unrolled(hops, circle);
  return [...placesOf(first), `(${timesMore(circle)})`, ...placesOf(last)];
}

function placesOf(hops: readonly Hop[]): string[] {
  const parts: string[] = [];
  hops.forEach((hop) => {
    const isHost = hop.where.kind === 'node';
    const enter = hop.steps.find((step) => step.kind === 'enter');
    const leave = hop.steps.findLast((step) => step.kind === 'leave');
    if (isHost && enter?.kind === 'enter' && isEni(enter.dev)) parts.push(enter.dev);
    if (parts.at(-1) !== shortName(hop.where)) parts.push(shortName(hop.where));
    if (isHost && leave?.kind === 'leave' && isEni(leave.dev)) parts.push(leave.dev);
  });
  return parts;
}

/** A device worth naming: a network card, or a VLAN of one, not a veth or loopback. */
const isEni = (dev: string): boolean => /^(?:ens|eth|enp|vlan\.eth\.)\d/.test(dev);

export function pathLine(trip: RoundTrip): string {
  const forward = pathOf(trip.forward);
  if (trip.diedAt?.leg === 'forward') {
    const blocker = shortBlocker(trip, trip.forward);
    return `${forward.join(' · ')} | ${blocker} |`;
  }
  if (trip.reply === null) return forward.join(' · ');
  const reply = pathOf(trip.reply);
  const back =
    trip.diedAt?.leg === 'reply'
      ? `${reply.join(' · ')} | ${shortBlocker(trip, trip.reply)} |`
      : sameBackwards(forward, reply)
        ? 'same way back'
        : reply.join(' · ');
  const { followUp } = trip;
  const next =
    trip.diedAt?.leg === 'followUp' && followUp !== undefined
      ? `; then ${pathOf(followUp).join(' · ')} | ${shortBlocker(trip, followUp)} |`
      : '';
  return `${forward.join(' · ')}        reply: ${back}${next}`;
}

const sameBackwards = (forward: readonly string[], reply: readonly string[]): boolean =>
  forward.join(' ') === [...reply].reverse().join(' ');

function shortBlocker(trip: RoundTrip, trace: Trace): string {
  const at = trip.diedAt;
  const step = at === null ? undefined : trace.hops[at.hop]?.steps[at.step];
  if (step === undefined || step.kind === 'unknown' || step.action === 'dropped') return trip.disposition;
  return step.action;
}

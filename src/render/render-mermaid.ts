import { fraction } from '../base/index.ts';
import {
  circleOf,
  type Headers,
  type Hop,
  type RoundTrip,
  type Step,
  type Trace,
  type TraceResult,
  type TraceResultList,
} from '../trace/index.ts';
import { timesMore, unrolled } from './circle.ts';
import { chooseShown, foldPods, otherEnds, tellEnd, waysClause } from './ways.ts';
import { destinationOf, endpoint, longName, shortName, sourceOf } from './words.ts';

/**
 * `-o mermaid`: a sequence diagram of the round trip the text shows, one participant a place, one arrow a hop with the header
 * it carries, rewrites as notes; then the client's next packet, where that one dies. Where other ways end stands as notes with
 * their odds. GitHub and most wikis draw it as it is.
 */
export function renderMermaid(result: TraceResult): string {
  const shown = chooseShown(result);
  const trip = result.roundTrips[shown];
  const lines = ['sequenceDiagram'];
  if (trip === undefined) return `${lines.join('\n')}\n  Note over none: ${clean(result.verdict)}\n`;
  for (const name of participants(trip)) lines.push(`  participant ${id(name.id)} as ${clean(name.text)}`);
  const others = otherNotes(result, shown, trip);
  const start = trip.forward.hops[0];
  if (others.length > 0 && start !== undefined)
    lines.push(`  Note over ${id(longName(start.where))}: ${clean(waysClause(result, shown))}`);
  lines.push(...arrows(trip.forward, '->>'));
  if (trip.reply !== null) lines.push(...arrows(trip.reply, '-->>'));
  const end = trip.forward.hops.at(-1);
  const died = trip.diedAt?.leg === 'followUp' ? trip.followUp : undefined;
  if (died !== undefined) return `${[...lines, ...nextPacket(died, trip), ...others].join('\n')}\n`;
  const sees = endpoint(trip.farEnd.sees.ip, trip.farEnd.sees.port);
  if (end !== undefined)
    lines.push(`  Note over ${id(longName(end.where))}: ${clean(`${trip.disposition}: sees ${sees}`)}`);
  return `${[...lines, ...others].join('\n')}\n`;
}

/** Where the ways end that are not drawn, with their odds, at the sender. */
function otherNotes(result: TraceResult, shown: number, { forward }: RoundTrip): string[] {
  const [start] = forward.hops;
  if (start === undefined) return [];
  const each = otherEnds(result, shown);
  const ends = each.length > MOST_NOTES ? foldPods(each) : each;
  const rest = ends.slice(MOST_NOTES);
  const left = rest.reduce((sum, { ways }) => sum + ways, 0);
  const odds = fraction(rest.reduce((sum, { probability }) => sum + probability, 0));
  return [
    ...ends.slice(0, MOST_NOTES).map((end) => `or ${fraction(end.probability)} ${tellEnd(end)}`),
    ...(left === 0 ? [] : [`or ${odds} ${left} more ways`]),
  ].map((text) => `  Note over ${id(longName(start.where))}: ${clean(text)}`);
}

/** More notes than these are no drawing. */
const MOST_NOTES = 40;

/** Several walks as Markdown, a diagram each under a heading of its own: one diagram is one walk. */
export const renderMermaidList = ({ items }: TraceResultList): string =>
  items
    .map((item) => {
      const { at, from, to } = item.query;
      const aim = to.port === null ? to.name : `${to.name}:${to.port}`;
      return `## at ${at}: ${from.name} → ${aim}: ${item.verdict}\n\n\`\`\`mermaid\n${renderMermaid(item)}\`\`\`\n`;
    })
    .join('\n');

/** The packet after the handshake, as far as it gets. */
function nextPacket(followUp: Trace, trip: RoundTrip): string[] {
  const [first] = followUp.hops;
  const last = followUp.hops.at(-1);
  if (first === undefined || last === undefined) return [];
  return [
    `  Note over ${id(longName(first.where))}: the handshake passed, the client's next packet dies`,
    ...arrows(followUp, '->>'),
    `  Note over ${id(longName(last.where))}: ${clean(trip.disposition)}`,
  ];
}

function participants(trip: RoundTrip): { id: string; text: string }[] {
  const places = new Map<string, string>();
  for (const hop of [...trip.forward.hops, ...(trip.reply?.hops ?? []), ...(trip.followUp?.hops ?? [])])
    places.set(longName(hop.where), shortName(hop.where));
  return [...places].map(([id, text]) => ({ id, text }));
}

/** What a packet does again and again in a circle is drawn once. */
function arrows({ hops }: Trace, arrow: string): string[] {
  const circle = circleOf(hops);
  if (circle === undefined) return arrowsOf(hops, arrow);
  const { first, last } = unrolled(hops, circle);
  const turn = first.at(-1);
  if (turn === undefined) return [];
  const again = `  Note over ${id(longName(turn.where))}: ${clean(timesMore(circle))}`;
  return [...arrowsOf(first, arrow), again, ...arrowsOf(last, arrow, turn)];
}

function arrowsOf(hops: readonly Hop[], arrow: string, before?: Hop): string[] {
  const lines: string[] = [];
  let previous = before;
  for (const hop of hops) {
    const here = id(longName(hop.where));
    const carried = hop.steps[0]?.before;
    if (previous !== undefined && carried !== undefined && previous.where.name !== hop.where.name) {
      lines.push(`  ${id(longName(previous.where))}${arrow}${here}: ${clean(header(carried))}`);
    }
    for (const step of hop.steps) {
      const rewritten = step.kind === 'nat' || (step.kind === 'fabric' && header(step.before) !== header(step.after));
      if (rewritten) lines.push(`  Note over ${here}: ${clean(`${header(step.before)} ⇒ ${header(step.after)}`)}`);
      const fatal = fatalOf(step);
      if (fatal !== undefined) lines.push(`  Note over ${here}: ${clean(`✗ ${fatal}`)}`);
    }
    previous = hop;
  }
  return lines;
}

/** What ends the packet: the kernel by itself, a rule, or a chain's policy. */
function fatalOf(step: Step): string | undefined {
  if (step.kind === 'drop' || step.kind === 'unknown') return step.action;
  if (step.kind === 'policy' && step.verdict === 'drop') return `policy of ${step.hook}: ${step.action}`;
  const kills = step.kind === 'rule' && (step.verdict === 'drop' || step.verdict === 'reject');
  return kills ? `${step.chain}: ${step.action}` : undefined;
}

const header = (headers: Headers): string => `${sourceOf(headers)} → ${destinationOf(headers)}`;

/** Mermaid reads `;` and `#` as syntax. */
const clean = (text: string): string => text.replace(/[;#]/g, ',').replace(/\n/g, ' ');
const id = (name: string): string => name.replace(/[^A-Za-z0-9]/g, '_');

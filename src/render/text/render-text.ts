import { fraction } from '../../base/index.ts';
import { circleOf, type Hop, type Place, type RoundTrip, type Trace, type TraceResult } from '../../trace/index.ts';
import { timesMore, unrolled } from '../circle.ts';
import { plain, type Style } from '../style.ts';
import { chooseShown, foldPods, otherEnds, tellEnd, waysClause } from '../ways.ts';
import { endpoint, identityClause, longName, shortName } from '../words.ts';
import { condenseReply } from './condense.ts';
import { joinPlaces, vpcsOf } from './join-places.ts';
import type { Line } from './line.ts';
import { pathLine } from './path-line.ts';
import { columnsOf, WIDEST, wrap } from './wrap.ts';

export interface TextOptions {
  readonly style?: Style;
  /** `all` also tells a healthy reply step by step. */
  readonly steps?: 'all' | 'telling';
  /** Columns before the right-hand notes. */
  readonly width?: number;
}

const LABEL = 10;
const NOTE_COLUMN = 92;

/**
 * One screen: the verdict, what the far end sees, the path, the numbered steps, what to do. Reads a TraceResult and
 * nothing else; wall-clock free, so equal results give equal text.
 */
export function renderText(result: TraceResult, options: TextOptions = {}): string {
  const style = options.style ?? plain;
  const width = options.width ?? NOTE_COLUMN;
  const shown = chooseShown(result);
  const lines = [verdictLine(result, shown, style, width)];
  const trip = result.roundTrips[shown];
  if (trip !== undefined) lines.push(...told(`far end     ${farEndLine(trip)}`), ...pathLines(pathLine(trip)));
  for (const unknown of result.unknowns) lines.push(...told(`unknown     ${unknown}`).map(style.bad));
  lines.push(...blockerLines(result, style));
  lines.push('');
  const counter = { n: 0 };
  if (result.query.resolved.length > 0) lines.push(...dnsLines(result, counter, width));
  if (trip !== undefined) {
    lines.push(...traceLines(trip.forward, counter, style, width));
    if (trip.reply !== null)
      lines.push(...replyLines(trip, trip.reply, counter, style, width, options.steps === 'all'));
    if (trip.diedAt?.leg === 'followUp' && trip.followUp !== undefined)
      lines.push(
        style.strong("the handshake passed; the client's next packet dies"),
        ...traceLines(trip.followUp, counter, style, width),
      );
  }
  lines.push(...otherWays(result, shown).flatMap(told));
  lines.push(...findingLines(result).flatMap(told));
  lines.push(...assumptionLines(result, trip).flatMap(told).map(style.faint));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** The way back has a line of its own where both have no room in one. */
function pathLines(path: string): string[] {
  const line = `path        ${path}`;
  const [there = '', back] = line.split(/ {8}(?=reply: )/);
  if (columnsOf(line) <= WIDEST || back === undefined) return told(line);
  const near = `${there}  ${back}`;
  return columnsOf(near) <= WIDEST ? [near] : [...told(there), ...told(`            ${back}`)];
}

/** Under a word at the left, as many lines as it takes. */
const told = (line: string): string[] => wrap(line, 12);

/** Where the walks die; then the cause, where one is known: its fix replaces advice that names no knob. */
function blockerLines(result: TraceResult, style: Style): string[] {
  const causes = result.findings.filter((finding) => finding.severity === 'error');
  const fixLine = (fix: string): string[] => (fix === '' ? [] : told(`fix         ${fix}`));
  return [
    ...result.blockers.flatMap(({ message, fix, setFlags }, i) => [
      ...told(`${i === 0 ? 'blocker' : 'also   '}     ${message}`).map(style.bad),
      ...(causes.length > 0 && setFlags.length === 0
        ? []
        : fixLine([fix, ...setFlags].filter((part) => part !== '').join('  '))),
    ]),
    ...causes.flatMap(({ message, code, fix }) => [
      ...told(`cause       ${message} [${code}]`).map(style.bad),
      ...fixLine(fix),
    ]),
  ];
}

function verdictLine(result: TraceResult, shown: number, style: Style, width: number): string {
  const { from, to, protocol } = result.query;
  const word =
    result.verdict === 'delivered' ? style.good(result.verdict.padEnd(11)) : style.bad(result.verdict.padEnd(11));
  const name = (end: typeof from): string => {
    if (end.port === null) return end.name;
    const isAddress = end.address !== null && end.name.endsWith(end.address);
    return isAddress
      ? end.name.slice(0, -end.address.length) + endpoint(end.address, end.port)
      : `${end.name}:${end.port}`;
  };
  const aim = to.kind === 'svc' && to.url !== undefined ? `${to.name} (${to.url})` : name(to);
  const asked = `${name(from)} → ${aim} ${protocol}`;
  return columns(`${word} ${style.strong(asked)}`, waysClause(result, shown), width + (word.length - 11));
}

function farEndLine(trip: RoundTrip): string {
  const { farEnd, clientSees } = trip;
  const { sees } = farEnd;
  const who = identityClause(sees.identity.kind, sees.identity.name, sees.sharedBy);
  const from = endpoint(sees.ip, sees.port);
  const answered = trip.http === null ? '' : ` · ${trip.http.answeredBy} answers ${trip.http.status}`;
  const aim = aimOf(farEnd);
  const made = farEnd.address !== '' && trip.disposition !== 'not-sent' && sees.ip !== '0.0.0.0' && sees.ip !== '::';
  if (!farEnd.reached && trip.disposition === 'unknown')
    return `${aim.replace(/,$/, '')}: whether it is reached is not known${made ? `; last seen with source ${from}, ${who}` : ''}`;
  if (!farEnd.reached)
    return `${aim} is not reached; ${made ? `the packet died with source ${from}, ${who}` : 'no packet was made'}${answered}`;
  const client = clientSees === null ? '' : ` · client sees ${endpoint(clientSees.ip, clientSees.port)}`;
  const told = [
    ...(farEnd.forwardedFor.length === 0 ? [] : [`, for ${farEnd.forwardedFor.join(', ')} (X-Forwarded-For)`]),
    ...(farEnd.proxyProtocol === null ? [] : [` · after "${farEnd.proxyProtocol}"`]),
  ].join('');
  return `${farEnd.name} ${farEnd.address} sees ${from}, ${who}${told}${client}${answered}`;
}

/** The end aimed at, as a subject: an address nobody has is not somebody's. */
function aimOf({ name, address }: RoundTrip['farEnd']): string {
  const [, nobody] = /^(nobody(?: in the input)?) \(/.exec(name) ?? [];
  if (nobody !== undefined) return `${address}, which ${nobody} has,`;
  const [, kept] = /^reserved \((.*)\)$/.exec(name) ?? [];
  if (kept !== undefined) return `${address}, ${kept},`;
  if (name.startsWith('no Service of ')) return `${address}, which ${name} has,`;
  return [name, address].filter((part) => part !== '').join(' ');
}

function dnsLines(result: TraceResult, counter: { n: number }, width: number): string[] {
  const { resolved } = result.query;
  const names = [...new Set(resolved.map((query) => query.name))];
  const used = result.query.to.address;
  const answer =
    resolved.findLast((query) => used !== null && query.answers.includes(used)) ??
    resolved.findLast((query) => query.answers.length > 0);
  const missed = resolved.filter((query) => query.rcode === 'NXDOMAIN').length;
  const text =
    answer === undefined ? `${names.at(-1) ?? ''}: no address` : `${answer.name} → ${answer.answers.join(', ')}`;
  const tries = names.length === 1 ? '1 name' : `${names.length} names searched`;
  const sent = resolved.filter((query) => query.answeredBy !== 'hosts').length;
  const line = answer?.line === undefined ? '' : `:${answer.line}`;
  const note =
    sent === 0
      ? `/etc/hosts${line}, no query`
      : `${sent} ${sent === 1 ? 'query' : 'queries'}: ${tries}${missed > 0 ? `, ${missed} NXDOMAIN` : ''}`;
  counter.n += 1;
  return [...row(counter.n, { label: 'dns', text, note, bad: answer === undefined }, plain, width)];
}

/** What a packet does again and again in a circle is told once. */
function traceLines({ hops }: Trace, counter: { n: number }, style: Style, width: number): string[] {
  const circle = circleOf(hops);
  if (circle === undefined) return hopLines(hops, counter, style, width);
  const { first, last } = unrolled(hops, circle);
  return [
    ...hopLines(first, counter, style, width),
    ...told(`  ${style.strong(`… ${timesMore(circle)}`)}`),
    ...hopLines(last, counter, style, width),
  ];
}

function hopLines(hops: readonly Hop[], counter: { n: number }, style: Style, width: number): string[] {
  const lines: string[] = [];
  let previous = '';
  const vpcs = vpcsOf(hops);
  for (const { hop, condensed, arrival } of joinPlaces(hops)) {
    const [only] = condensed;
    if (only === undefined) continue;
    const name = longName(hop.where);
    // A place with one thing to say needs no heading.
    const isAlone = condensed.length === 1 && name !== previous;
    // That a host of the internet has a route to it says nothing of this walk.
    if (isAlone && hop.where.kind === 'internet' && only.label === 'route') continue;
    const heading = isAlone ? '' : name;
    if (!isAlone && (name !== previous || arrival !== '')) lines.push(headingLine(name, arrival, style, width));
    previous = heading;
    for (const line of isAlone ? [{ ...only, text: `${only.text}${placed(hop.where, vpcs)}` }] : condensed) {
      if (line.label !== '') counter.n += 1;
      lines.push(...row(line.label === '' ? undefined : counter.n, line, style, width));
    }
  }
  return lines;
}

function headingLine(name: string, arrival: string, style: Style, width: number): string {
  const left = `  ${style.strong(name)}`;
  const painted = left.length - name.length - 2;
  return columns(left, arrival === '' ? '' : style.faint(arrival), width + painted);
}

const placed = (where: Place, vpcs: number): string =>
  where.kind === 'vpc' && vpcs === 1
    ? ''
    : `  ${where.kind === 'pod' ? 'in' : 'on'} ${where.kind === 'vpc' ? where.name : shortName(where)}`;

function replyLines(
  trip: RoundTrip,
  reply: Trace,
  counter: { n: number },
  style: Style,
  width: number,
  all: boolean,
): string[] {
  const healthy = trip.diedAt === null ? trip.disposition === 'delivered' : trip.diedAt.leg === 'followUp';
  if (all || !healthy) return [style.strong('reply'), ...traceLines(reply, counter, style, width)];
  const lines: string[] = [];
  for (const line of condenseReply(reply.hops)) {
    counter.n += 1;
    const [told = '', ...more] = row(counter.n, line, style, width);
    // Names of whole files that have no room beside it are no news.
    lines.push(
      ...(more.length > 0 && !/:\d/.test(line.note)
        ? row(counter.n, { ...line, note: '' }, style, width)
        : [told, ...more]),
    );
  }
  if (lines.length === 0) return [`${style.strong('reply')}       nothing to undo`];
  return lines;
}

/** What this walk took for granted in full; what the whole input leaves open as a count. */
function assumptionLines(result: TraceResult, trip: RoundTrip | undefined): string[] {
  const taken = trip?.assumptions ?? [];
  const others = result.assumptions.filter((text) => !taken.includes(text)).length;
  const own = ofSeveralPods(taken);
  const count = `${others} ${own.length === 0 ? '' : 'more '}${others === 1 ? 'thing' : 'things'} the input leaves open; -o json lists them`;
  return others === 0 && own.length === 0
    ? []
    : [`assumed     ${[...own, ...(others === 0 ? [] : [count])].join(' · ')}`];
}

/** What is taken for granted of several pods alike is said once, with their names. */
function ofSeveralPods(texts: readonly string[]): readonly string[] {
  const alike = new Map<string, string[]>();
  for (const text of texts) {
    const pod = /\bpod\/\S+/.exec(text)?.[0];
    const key = pod === undefined ? text : text.replace(pod, POD);
    alike.set(key, [...(alike.get(key) ?? []), pod ?? '']);
  }
  return [...alike].map(([text, pods]) => text.replace(POD, () => namesOf(pods)));
}

/** `pod/shop/web-1, web-2, pod/other/web-3`: a namespace once in a row. */
const namesOf = (pods: readonly string[]): string =>
  pods
    .map((pod, i) => {
      const namespace = pod.slice(0, pod.lastIndexOf('/') + 1);
      return i > 0 && namespace !== '' && pods[i - 1]?.startsWith(namespace) === true
        ? pod.slice(namespace.length)
        : pod;
    })
    .join(', ');

/** Stands for a pod's name, which no text can hold. */
const POD = '\u0000';

/** A line of a hop; a note that has no room beside the text stands below it. */
function row(n: number | undefined, line: Line, style: Style, width: number): string[] {
  const number = n === undefined ? '    ' : `${String(n).padStart(4)}`;
  const head = `${number} ${line.label.padEnd(LABEL)}`;
  const paint = line.bad ? style.bad : (text: string): string => text;
  const [first = '', ...more] = wrap(`${head}${line.text}`, head.length).map((each) => each.slice(head.length));
  const texts = [`${head}${paint(first)}`, ...more.map((each) => `${' '.repeat(head.length)}${paint(each)}`)];
  if (line.note === '') return texts;
  const length = head.length + columnsOf(more.at(-1) ?? first);
  const last = texts.pop() ?? '';
  const gap = Math.max(2, Math.min(width - length, WIDEST - length - columnsOf(line.note)));
  if (length + gap + columnsOf(line.note) <= WIDEST)
    return [...texts, `${last}${' '.repeat(gap)}${style.faint(line.note)}`];
  const below = Math.min(width, Math.max(head.length, WIDEST - columnsOf(line.note)));
  return [...texts, last, ...wrap(`${' '.repeat(below)}${line.note}`, below).map(style.faint)];
}

/** The note starts at a column, or two blanks after a long text. */
const columns = (left: string, right: string, width: number): string =>
  right === '' ? left : `${left.padEnd(width)}${left.length >= width ? '  ' : ''}${right}`;

/** Where every other way ends. Ends that have no room each are folded where they differ only in a pod. */
function otherWays(result: TraceResult, shown: number): string[] {
  const each = otherEnds(result, shown);
  const ends = each.length > MOST_ENDS ? foldPods(each) : each;
  const lines = ends.slice(0, MOST_ENDS).map((end) => `or ${fraction(end.probability).padEnd(8)} ${tellEnd(end)}`);
  const rest = ends.slice(MOST_ENDS);
  const left = rest.reduce((sum, { ways }) => sum + ways, 0);
  const odds = fraction(rest.reduce((sum, { probability }) => sum + probability, 0));
  if (left > 0) lines.push(`or ${odds.padEnd(8)} ${left} more ways (-o json lists all)`);
  return lines;
}

const MOST_ENDS = 3;

/** What hurts without being the cause of a failure; an error stands at the top, beside the blocker. */
function findingLines(result: TraceResult): string[] {
  if (result.findings.length === 0) return ['findings    none'];
  return result.findings
    .filter((finding) => finding.severity !== 'error')
    .flatMap(({ severity, message, code, fix, setFlags = [] }) => [
      `${severity.padEnd(11)} ${message} [${code}]`,
      ...(fix === '' ? [] : [`            fix: ${[fix, ...setFlags].join('  ')}`]),
    ]);
}

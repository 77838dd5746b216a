import type { Hop } from '../../trace/index.ts';
import { longName, shortName } from '../words.ts';
import { condense } from './condense.ts';
import type { Line } from './line.ts';
import { WIDEST } from './wrap.ts';

/** What is told of one place. */
export interface ToldPlace {
  readonly hop: Hop;
  readonly condensed: readonly Line[];
  /** How the packet came there, where that stands beside the place's name. */
  readonly arrival: string;
}

/**
 * The places of a walk that have something to tell, each thing once: what one place did twice in a row is one line, the route
 * that names a gateway and what that did are one, and where an address was delivered stands beside the name of who has it.
 */
export function joinPlaces(hops: readonly Hop[]): readonly ToldPlace[] {
  const places: ToldPlace[] = [];
  const vpcs = vpcsOf(hops);
  for (const hop of hops) {
    const next: ToldPlace = { hop, condensed: condense(hop), arrival: '' };
    if (next.condensed.length === 0) continue;
    const last = places.at(-1);
    const joined =
      last === undefined ? undefined : (twice(last, next) ?? byGateway(last, next) ?? arrived(last, next, vpcs));
    if (joined === undefined) places.push(next);
    else places.splice(-1, 1, ...joined);
  }
  return places;
}

/** Which VPC goes without saying where there is one. */
export const vpcsOf = (hops: readonly Hop[]): number =>
  new Set(hops.flatMap(({ where }) => (where.kind === 'vpc' ? [where.name] : []))).size;

/** The one thing told of a place, unless the packet died of it. */
const alone = ({ condensed: [line, ...more] }: ToldPlace, label: string): Line | undefined =>
  line !== undefined && more.length === 0 && line.label === label && !line.bad ? line : undefined;

/** Both translations of an internet gateway. */
function twice(last: ToldPlace, next: ToldPlace): readonly ToldPlace[] | undefined {
  const [one, two] = [alone(last, 'nat'), alone(next, 'nat')];
  if (one === undefined || two === undefined || one.note !== two.note) return undefined;
  if (longName(last.hop.where) !== longName(next.hop.where)) return undefined;
  return [{ ...next, condensed: [{ ...one, text: `${one.text}, ${two.text}` }] }];
}

/** `0.0.0.0/0 → nat-a: src 10.0.1.71 ⇒ 10.0.101.5`, where that and both reasons have room in one line. */
function byGateway(last: ToldPlace, next: ToldPlace): readonly ToldPlace[] | undefined {
  const [route, nat] = [alone(last, 'route'), alone(next, 'nat')];
  if (route === undefined || nat === undefined || !route.text.endsWith(`→ ${shortName(next.hop.where)}`))
    return undefined;
  const text = `${route.text}: ${nat.text}`;
  const note = `${route.note}; ${nat.note}`;
  if (text.length + note.length > ROOM) return undefined;
  return [{ ...last, condensed: [{ ...nat, text, note }] }];
}

/** Of a line, without its number, its label and what stands between its text and its note. */
const ROOM = WIDEST - 20;

/** A place of several lines has its name above them, and room beside it for the line that said the same name. */
function arrived(last: ToldPlace, next: ToldPlace, vpcs: number): readonly ToldPlace[] | undefined {
  const delivery = last.condensed.at(-1);
  const { where } = next.hop;
  const isNode = where.kind === 'load-balancer';
  const whose = isNode ? `, a node of ${where.name}` : ` of ${longName(where)}`;
  if (next.condensed.length < 2 || delivery?.label !== 'vpc' || delivery.bad || !delivery.text.endsWith(whose))
    return undefined;
  const before = last.condensed.slice(0, -1);
  const arrival = `${delivery.text.slice(0, -whose.length)}${isNode ? ', a node of it' : ''}${vpcs > 1 ? ` in ${last.hop.where.name}` : ''}`;
  return [...(before.length === 0 ? [] : [{ ...last, condensed: before }]), { ...next, arrival }];
}

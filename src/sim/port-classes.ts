import type { PortShare, PortVerdict } from '../world/index.ts';

/** A range ports are drawn from, and those of it that never are. */
export interface PortSource {
  readonly min: number;
  readonly max: number;
  readonly reserved: ((port: number) => boolean) | undefined;
}

/** Ports of a source that everything so far decides alike about. */
export interface PortClass {
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
  /** How many of them can be drawn. */
  readonly size: number;
}

/** Ranges a label names; the rest are counted. */
const NAMED = 3;

export const wholeClass = (source: PortSource): PortClass => classOf(source, [{ from: source.min, to: source.max }]);

function classOf({ reserved }: PortSource, ranges: PortClass['ranges']): PortClass {
  let size = 0;
  for (const { from, to } of ranges) {
    if (reserved === undefined) size += to - from + 1;
    else for (let port = from; port <= to; port++) if (!reserved(port)) size++;
  }
  return { ranges, size };
}

/**
 * A class by what is decided about its ports: the class with `port` first, then in order of their ports. One class: it makes
 * no difference.
 */
export function splitClass(
  source: PortSource,
  whole: PortClass,
  verdicts: readonly PortVerdict[],
  port: number,
): readonly PortClass[] {
  const byVerdict = new Map<string, { from: number; to: number }[]>();
  for (const { from, to } of whole.ranges)
    for (const each of verdicts) {
      const part = { from: Math.max(from, each.from), to: Math.min(to, each.to) };
      if (part.from > part.to) continue;
      const known = byVerdict.get(each.verdict);
      const last = known?.at(-1);
      if (known === undefined) byVerdict.set(each.verdict, [part]);
      else if (last !== undefined && last.to + 1 === part.from) last.to = part.to;
      else known.push(part);
    }
  if (byVerdict.size < 2) return [whole];
  const classes = [...byVerdict.values()].map((ranges) => classOf(source, ranges)).filter(({ size }) => size > 0);
  const own = classes.findIndex((each) => holds(each, port));
  return own < 1 ? classes : [...classes.slice(own, own + 1), ...classes.slice(0, own), ...classes.slice(own + 1)];
}

export const holds = ({ ranges }: PortClass, port: number): boolean =>
  ranges.some(({ from, to }) => port >= from && port <= to);

/** `port` where the class has it, else the one so far into the class. */
export function portOfClass({ reserved }: PortSource, of: PortClass, port: number): number {
  if (holds(of, port) && reserved?.(port) !== true) return port;
  let left = port % Math.max(1, of.size);
  for (const { from, to } of of.ranges) {
    if (reserved === undefined && left > to - from) left -= to - from + 1;
    else
      for (let each = from; each <= to; each++) {
        if (reserved?.(each) === true) continue;
        if (left === 0) return each;
        left--;
      }
  }
  return port;
}

export function shareOf(source: PortSource, of: PortClass, whole: number): PortShare {
  const named = of.ranges.slice(0, NAMED).map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`));
  const more = of.ranges.length - named.length;
  const ports = more > 0 ? `${named.join(', ')} and ${more} more ranges` : named.join(', ');
  return { p: whole === 0 ? 0 : of.size / whole, label: `${ports} of ${source.min}-${source.max}` };
}

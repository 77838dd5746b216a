import type { IpRule } from '../../linux/index.ts';
import { cidrFirst, type Ip, ip, isHostCidr } from '../../net/index.ts';
import type { IndexedRule } from './indexed.ts';
import type { Answers } from './route-cache.ts';

/** Positions, ascending. */
export type Positions = readonly number[];

const NONE: Positions = [];

/** Of the rules, those for one source address; with a place for what was answered to flows from there. */
export class Source {
  readonly positions: Positions;
  readonly answers: Answers = new Map();

  constructor(positions: Positions) {
    this.positions = positions;
  }
}

/** What a source not chosen yet is to a rule. */
const UNCHOSEN = ip('0.0.0.0');

/**
 * Rules in the order they are read, with a way to pass over those that cannot match: a node has two for each of its pods,
 * each for one address. Passing over is all it does; whether a rule matches is `matchRule`'s to say.
 */
export class RuleIndex {
  readonly rules: readonly IndexedRule[];
  /** By position: the first rule at or after it that is for no single address. */
  private readonly general: Positions;
  private readonly byDst = new Map<Ip, number[]>();
  private readonly bySrc = new Map<Ip, Source>();
  private readonly anywhere = new Source(NONE);

  constructor(rules: readonly IndexedRule[]) {
    this.rules = rules;
    const general: number[] = [];
    let next = rules.length;
    for (let position = rules.length - 1; position >= 0; position--) {
      const entry = rules[position]?.entry;
      if (entry !== undefined && !isToOne(entry) && !isFromOne(entry)) next = position;
      general[position] = next;
    }
    this.general = general;
    const bySrc = new Map<Ip, number[]>();
    rules.forEach(({ entry }, position) => {
      const { src, dst } = entry;
      if (isToOne(entry) && dst !== undefined) add(this.byDst, cidrFirst(dst), position);
      else if (isFromOne(entry) && src !== undefined) add(bySrc, cidrFirst(src), position);
    });
    for (const [src, positions] of bySrc) this.bySrc.set(src, new Source(positions));
  }

  /** Rules for one address that may match a flow: those to its destination, those from its source. */
  to(dst: Ip): Positions {
    return this.byDst.get(dst) ?? NONE;
  }
  from(src: Ip | undefined): Source {
    return this.bySrc.size === 0 ? this.anywhere : (this.bySrc.get(src ?? UNCHOSEN) ?? this.anywhere);
  }

  /** Position of the first rule at or after `from` that may match; past the end where there is none. */
  next(from: number, toHost: Positions, fromHost: Positions): number {
    const { length } = this.rules;
    const general = this.general[from] ?? length;
    return Math.min(general, firstFrom(toHost, from, length), firstFrom(fromHost, from, length));
  }
}

const isToOne = ({ not, dst }: IpRule): boolean => !not && dst !== undefined && isHostCidr(dst);

/** Filed by its one source: what is for one destination too is filed by that. */
export const isFromOne = (rule: IpRule): boolean =>
  !rule.not && !isToOne(rule) && rule.src !== undefined && isHostCidr(rule.src);

function add(map: Map<Ip, number[]>, key: Ip, position: number): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [position]);
  else known.push(position);
}

function firstFrom(positions: Positions, from: number, otherwise: number): number {
  for (const position of positions) if (position >= from) return position;
  return otherwise;
}

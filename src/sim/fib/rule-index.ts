import type { IpRule } from '../../linux/index.ts';
import { cidrFirst, type Ip, isHostCidr } from '../../net/index.ts';
import type { FlowQuery } from '../types.ts';
import type { Indexed } from './indexed.ts';

/**
 * Rules in the order they are read, with a way to pass over those that cannot match: a node has two for each of its pods,
 * each for one address. Passing over is all it does; whether a rule matches is `matchRule`'s to say.
 */
export class RuleIndex {
  readonly rules: readonly Indexed<IpRule>[];
  private readonly general: number[] = [];
  private readonly byDst = new Map<Ip, number[]>();
  private readonly bySrc = new Map<Ip, number[]>();

  constructor(rules: readonly Indexed<IpRule>[]) {
    this.rules = rules;
    rules.forEach(({ entry }, position) => {
      const { src, dst } = entry;
      if (!entry.not && dst !== undefined && isHostCidr(dst)) add(this.byDst, cidrFirst(dst), position);
      else if (!entry.not && src !== undefined && isHostCidr(src)) add(this.bySrc, cidrFirst(src), position);
      else this.general.push(position);
    });
  }

  /** Position of the first rule at or after `from` that may match; past the end where there is none. */
  next(from: number, query: FlowQuery): number {
    const { length } = this.rules;
    const general = firstFrom(this.general, from, length);
    const toHost = firstFrom(this.byDst.get(query.dst), from, length);
    const fromHost = query.src === undefined ? length : firstFrom(this.bySrc.get(query.src), from, length);
    return Math.min(general, toHost, fromHost);
  }
}

function add(map: Map<Ip, number[]>, key: Ip, position: number): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [position]);
  else known.push(position);
}

function firstFrom(positions: readonly number[] | undefined, from: number, otherwise: number): number {
  if (positions !== undefined) for (const position of positions) if (position >= from) return position;
  return otherwise;
}

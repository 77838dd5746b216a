import type { IpRule } from '../../linux/index.ts';
import type { Ip } from '../../net/index.ts';
import type { FlowQuery } from '../types.ts';
import type { FibLookup } from './indexed.ts';

interface Answer {
  readonly src: Ip | undefined;
  readonly iif: string | undefined;
  readonly oif: string | undefined;
  readonly mark: number;
  readonly lookup: FibLookup;
}

/** Destinations, and answers for one destination, that are remembered. */
const MAX_DESTINATIONS = 65_536;
const MAX_ANSWERS = 8;

/**
 * Answers already given. A lookup is a function of the namespace and the question, and one conversation asks the same
 * questions for each of its packets. Not kept where a rule looks at more than addresses, devices and the mark.
 */
export class RouteCache {
  private readonly usable: boolean;
  private readonly answers = new Map<Ip, Answer[]>();

  constructor(rules: readonly IpRule[]) {
    this.usable = !rules.some(
      ({ tos, ipproto, sport, dport }) =>
        tos !== undefined || ipproto !== undefined || sport !== undefined || dport !== undefined,
    );
  }

  get({ dst, src, iif, oif, mark }: FlowQuery): FibLookup | undefined {
    const known = this.answers.get(dst);
    if (known === undefined) return undefined;
    for (const answer of known) {
      if (answer.src === src && answer.mark === mark && answer.iif === iif && answer.oif === oif) return answer.lookup;
    }
    return undefined;
  }

  put({ dst, src, iif, oif, mark }: FlowQuery, lookup: FibLookup): void {
    if (!this.usable) return;
    const answer = { src, iif, oif, mark, lookup };
    const known = this.answers.get(dst);
    if (known === undefined) {
      if (this.answers.size >= MAX_DESTINATIONS) this.answers.clear();
      this.answers.set(dst, [answer]);
      return;
    }
    if (known.length >= MAX_ANSWERS) known.shift();
    known.push(answer);
  }
}

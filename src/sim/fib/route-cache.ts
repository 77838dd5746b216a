import type { IpRule } from '../../linux/index.ts';
import type { Ip } from '../../net/index.ts';
import type { FlowQuery } from '../types.ts';
import type { FibLookup } from './indexed.ts';

/** What of a question, beside its destination and the rules for its source, this namespace's answer depends on. */
interface Answer {
  readonly lookup: FibLookup;
  readonly mark: number;
  readonly src: Ip | undefined;
  readonly iif: string | undefined;
  /** The one before it, for the same destination. */
  readonly before: Answer | undefined;
  readonly count: number;
}

/** What was answered to flows from one source, by destination: the latest answer. */
export type Answers = Map<Ip, Answer>;

/** Destinations of one source, and answers for one destination, that are remembered. */
const MAX_DESTINATIONS = 65_536;
const MAX_ANSWERS = 8;

/**
 * Answers already given. A lookup is a function of the namespace and the question, and one conversation asks the same
 * questions for each of its packets. Not kept where a rule looks at more than addresses, devices and the mark, nor of a
 * question that names the device to leave by.
 */
export class RouteCache {
  private readonly usable: boolean;
  private readonly readsSource: boolean;
  private readonly readsIif: boolean;

  /** `indexed`: the rules whose source is one address, each of which has `Answers` of its own. */
  constructor(rules: readonly IpRule[], indexed: (rule: IpRule) => boolean) {
    this.usable = !rules.some(
      ({ tos, ipproto, sport, dport }) =>
        tos !== undefined || ipproto !== undefined || sport !== undefined || dport !== undefined,
    );
    this.readsSource = rules.some((rule) => rule.src !== undefined && !indexed(rule));
    this.readsIif = rules.some(({ iif }) => iif !== undefined);
  }

  get({ dst, src, iif, oif, mark }: FlowQuery, answers: Answers): FibLookup | undefined {
    if (oif !== undefined) return undefined;
    const { readsSource, readsIif } = this;
    for (let answer = answers.get(dst); answer !== undefined; answer = answer.before) {
      if (answer.mark !== mark) continue;
      if ((!readsSource || answer.src === src) && (!readsIif || answer.iif === iif)) return answer.lookup;
    }
    return undefined;
  }

  put({ dst, src, iif, oif, mark }: FlowQuery, answers: Answers, lookup: FibLookup): void {
    if (!this.usable || oif !== undefined) return;
    const last = answers.get(dst);
    if (last === undefined && answers.size >= MAX_DESTINATIONS) answers.clear();
    const before = last !== undefined && last.count < MAX_ANSWERS ? last : undefined;
    answers.set(dst, { lookup, mark, src, iif, before, count: (before?.count ?? 0) + 1 });
  }
}

import type { IpRule } from '../../linux/index.ts';
import type { Ip } from '../../net/index.ts';
import type { FlowQuery } from '../types.ts';
import type { FibLookup } from './indexed.ts';
import type { Positions } from './rule-index.ts';

/** What of a question, beside its destination, this namespace's answer depends on. */
interface Answer {
  readonly from: Positions;
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
  private readonly readsSource: boolean;
  private readonly readsIif: boolean;
  private readonly answers = new Map<Ip, Answer[]>();

  /** `indexed`: the rules whose source is one address, which `Positions` tell apart. */
  constructor(rules: readonly IpRule[], indexed: (rule: IpRule) => boolean) {
    this.usable = !rules.some(
      ({ tos, ipproto, sport, dport }) =>
        tos !== undefined || ipproto !== undefined || sport !== undefined || dport !== undefined,
    );
    this.readsSource = rules.some((rule) => rule.src !== undefined && !indexed(rule));
    this.readsIif = rules.some(({ iif }) => iif !== undefined);
  }

  /** `from`: positions of the rules for the source alone. */
  get({ dst, src, iif, oif, mark }: FlowQuery, from: Positions): FibLookup | undefined {
    const known = this.answers.get(dst);
    if (known === undefined) return undefined;
    const { readsSource, readsIif } = this;
    for (const answer of known) {
      if (answer.from !== from || answer.mark !== mark || answer.oif !== oif) continue;
      if ((!readsSource || answer.src === src) && (!readsIif || answer.iif === iif)) return answer.lookup;
    }
    return undefined;
  }

  put({ dst, src, iif, oif, mark }: FlowQuery, from: Positions, lookup: FibLookup): void {
    if (!this.usable) return;
    const answer = { from, src, iif, oif, mark, lookup };
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

import { fraction } from '../base/index.ts';
import type { Evidence, Headers, Step } from '../trace/index.ts';
import type { PortDraw } from '../world/index.ts';

type Options = Parameters<NonNullable<PortDraw['tell']>>[1];

/** A port that stands for all that are decided alike about, told as the choice of their class. */
export function drawStep(
  draws: 'source port' | 'destination port',
  taken: number,
  of: Options,
  evidence: Evidence,
  headers: Headers,
): Step {
  const { label = '', p = 1 } = of[taken] ?? {};
  return {
    kind: 'choice',
    draws,
    taken,
    of,
    action: `${draws} ${label} (${fraction(p)})`,
    because: 'it is drawn at random, and a filter on the way goes by its number',
    evidence,
    before: headers,
    after: headers,
  };
}

/** Of a draw on a packet's way; nothing is told where nobody listens. */
export function tellDraw(
  record: ((step: Step) => void) | undefined,
  draws: 'source port' | 'destination port',
  at: () => { readonly evidence: Evidence; readonly headers: Headers },
): PortDraw {
  if (record === undefined) return {};
  return {
    tell(taken, of) {
      const { evidence, headers } = at();
      record(drawStep(draws, taken, of, evidence, headers));
    },
  };
}

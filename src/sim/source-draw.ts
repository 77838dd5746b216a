import type { Evidence, Headers, Step } from '../trace/index.ts';
import type { Dice, PortDraw } from '../world/index.ts';
import { drawStep } from './draw-port.ts';
import type { DrawSource } from './probe-packet.ts';

/** The source port of who asks: drawn before there is a packet, told where its way begins. */
export interface SourceDraw {
  readonly source: DrawSource;
  told(evidence: Evidence, first: Headers): readonly Step[];
}

export function sourceDraw(dice: Dice): SourceDraw {
  const heard: Parameters<NonNullable<PortDraw['tell']>>[] = [];
  return {
    source({ first, count, reserved }, prefer) {
      // Of an odd number the last is never taken (`freePort`).
      const last = first + Math.max(1, count - (count % 2)) - 1;
      return dice.port(first, last, {
        prefer,
        reserved: (port) => reserved(port - first),
        tell: (...draw) => void heard.push(draw),
      });
    },
    told: (evidence, first) => heard.map(([taken, of]) => drawStep('source port', taken, of, evidence, first)),
  };
}

import { comparable } from '../../src/lab/observe/index.ts';
import type { Case, Put } from '../planes/case.ts';
import { type Bench, type Plane, place, type Sent, sentOf, type Walked } from '../planes/plane.ts';

/** Where the planes first said different things. */
export interface Difference {
  /** From 0, into the case's packets. */
  readonly at: number;
  readonly put: string;
  readonly sim: readonly string[];
  readonly kernel: readonly string[];
}

export interface Outcome {
  /** Packets put on both planes, up to the first difference, or until something else moved (`Bench.disturbed`). */
  readonly compared: number;
  /** Of those, packets the model said it cannot decide. */
  readonly unknown: number;
  readonly difference: Difference | undefined;
}

/** Puts a case's packets on both planes, and compares every walk of each. The kernel's chance is the model's, too. */
export function compareCase({ router, puts }: Case, planes: { readonly sim: Plane; readonly kernel: Plane }): Outcome {
  const sim = planes.sim.open(router);
  try {
    const kernel = planes.kernel.open(router);
    try {
      return new Comparison(sim, kernel).run(puts);
    } finally {
      kernel.close();
    }
  } finally {
    sim.close();
  }
}

/** What kind of difference it is, whatever the addresses: a case is made smaller only as long as it stays this one. */
export function kindOf({ sim, kernel }: Difference): string {
  const [a, b] = [sim, kernel].map((walks) => walks.join('\n').split('\n'));
  const at = a?.findIndex((line, i) => line !== b?.[i]) ?? 0;
  const bare = (line: string | undefined): string => (line ?? '').replace(/\d+/g, '#').split(' ').slice(0, 3).join(' ');
  return `${bare(a?.[at])} / ${bare(b?.[at])}`;
}

class Comparison {
  readonly #sim: Bench;
  readonly #kernel: Bench;
  readonly #earlier: { sim: (Sent | undefined)[]; kernel: (Sent | undefined)[] } = { sim: [], kernel: [] };

  constructor(sim: Bench, kernel: Bench) {
    this.#sim = sim;
    this.#kernel = kernel;
  }

  run(puts: readonly Put[]): Outcome {
    let compared = 0;
    let unknown = 0;
    for (const [at, put] of puts.entries()) {
      const onKernel = place(put, this.#earlier.kernel);
      const onSim = place(put, this.#earlier.sim);
      if (onKernel === undefined || onSim === undefined || this.#isEndpoints(puts, at)) {
        this.#earlier.kernel.push(undefined);
        this.#earlier.sim.push(undefined);
        continue;
      }
      const kernel = this.#kernel.put(onKernel);
      if (this.#kernel.disturbed) break;
      const sim = this.#sim.put(onSim, kernel);
      this.#earlier.kernel.push(sentOf(onKernel, kernel));
      this.#earlier.sim.push(sentOf(onSim, sim));
      compared++;
      if (sim.some(({ trace }) => trace.disposition === 'unknown')) {
        unknown++;
        continue;
      }
      const [want, got] = [kernel, sim].map(tellable) as [string[], string[]]; // a pair stays one
      forgetRemembered(got, want);
      if (got.join('\n\n') !== want.join('\n\n')) {
        return { compared, unknown, difference: { at, put: put.text, sim: got, kernel: want } };
      }
    }
    return { compared, unknown, difference: undefined };
  }

  /** A later segment of a connection this host's own socket has: beyond its handshake, the model has no endpoint. */
  #isEndpoints(puts: readonly Put[], at: number): boolean {
    const put = puts[at];
    if (put?.kind !== 'again') return false;
    const first = this.#earlier.kernel[put.of - 1];
    if (first?.delivered !== true || first.placed.headers.protocol !== 'tcp') return false;
    const before = puts.slice(0, at).some((each) => each.kind === 'again' && each.of === put.of);
    return before || !first.answered || put.flags.join() !== 'ACK';
  }
}

/** Walks as text. A packet made here that no hook saw, for want of a route, leaves no event. */
const tellable = (walks: readonly Walked[]): string[] =>
  walks.map(linesOf).filter((lines, at) => at === 0 || lines.includes('\n'));

/** A connection's own later packets go by the route its socket remembers: the kernel looks nothing up that could be told. */
function forgetRemembered(sim: string[], kernel: readonly string[]): void {
  for (const [at, lines] of kernel.entries()) {
    if (at > 0 && !/^route/m.test(lines)) sim[at] = (sim[at] ?? '').replace(/^route .*\n/m, '');
  }
}

/** A walk as both planes can tell it, in one text. Of IPv6 no event names the route: the device it left by does. */
const linesOf = ({ trace }: Walked): string => {
  const { disposition, hops } = comparable(trace);
  const six = trace.hops[0]?.steps[0]?.before.family === 6;
  const lines = hops.flatMap((hop) => hop.lines).filter((line) => !(six && line.startsWith('route ')));
  return [...lines, disposition].join('\n');
};

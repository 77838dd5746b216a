import { comparable } from '../../src/lab/observe/index.ts';
import type { Headers } from '../../src/trace/index.ts';
import type { Case, Put } from '../planes/case.ts';
import {
  type Bench,
  ModelError,
  type Placed,
  type Plane,
  place,
  type Sent,
  sentOf,
  type Walked,
} from '../planes/plane.ts';

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
  /** Of those, packets the model said it cannot decide: why. */
  readonly unknown: readonly string[];
  readonly difference: Difference | undefined;
}

export interface Planes {
  readonly sim: Plane;
  readonly kernel: Plane;
}

/**
 * Puts a case's packets on both planes, and compares every walk of each. The kernel's chance is the model's, too. Throws
 * `ModelError` where the model throws, `LostEvents` where the kernel's events were lost.
 */
export function compareCase({ router, puts }: Case, planes: Planes): Outcome {
  const sim = inModel(() => planes.sim.open(router));
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
    const unknown: string[] = [];
    for (const [at, put] of puts.entries()) {
      const onKernel = place(put, this.#earlier.kernel);
      const onSim = place(put, this.#earlier.sim);
      if (onKernel === undefined || onSim === undefined || this.#isEndpoints(onKernel)) {
        this.#earlier.kernel.push(undefined);
        this.#earlier.sim.push(undefined);
        continue;
      }
      const kernel = this.#kernel.put(onKernel);
      if (this.#kernel.disturbed) break;
      const sim = inModel(() => this.#sim.put(onSim, kernel));
      this.#earlier.kernel.push(sentOf(onKernel, kernel));
      this.#earlier.sim.push(sentOf(onSim, sim));
      compared++;
      const undecided = sim.flatMap(({ end }) => (end.kind === 'unknown' ? [end.what] : []));
      if (undecided[0] !== undefined) {
        unknown.push(undecided[0]);
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

  /**
   * A segment of a connection this host's own socket has, where the model has no endpoint: it opens one, and hears that one
   * is opened again, acknowledged for the first time, or reset.
   */
  #isEndpoints({ at, headers }: Placed): boolean {
    if (headers.protocol !== 'tcp') return false;
    const same = this.#earlier.kernel.filter(
      (each) => each?.placed.at === at && isSameFlow(each.placed.headers, headers),
    );
    if (same.length === 0 || !same.some((each) => each?.delivered)) return false;
    const flags = (headers.tcpFlags ?? []).join();
    // An error about its answer may have ended what was half open (net/ipv4/tcp_ipv4.c tcp_req_err).
    if (flags === 'RST') return !same.some((each) => each?.answered);
    if (flags === 'SYN') return false;
    const open = same.some((each) => each?.placed.headers.tcpFlags?.includes('ACK'));
    return open || flags !== 'ACK' || !same.some((each) => each?.answered);
  }
}

function inModel<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new ModelError(error);
  }
}

const isSameFlow = (a: Headers, b: Headers): boolean =>
  a.protocol === b.protocol && a.src === b.src && a.dst === b.dst && a.sport === b.sport && a.dport === b.dport;

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

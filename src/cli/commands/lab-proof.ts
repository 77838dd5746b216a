import { EXIT, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import type { InputOptions } from '../options.ts';
import { withKernel } from '../planes.ts';
import { proofCases } from '../proof/proof-cases.ts';
import { outcomeOf, type ProofReport, proofText } from '../proof/proof-text.ts';
import { proveWorld } from '../proof/prove-world.ts';
import { tracedRules } from '../proof/traced-rules.ts';

export interface ProofFlags extends InputOptions {
  readonly cases: number;
  readonly seed: number;
  readonly output: 'text' | 'json';
}

const EXITS = { agree: EXIT.ok, differ: EXIT.failed, undecided: EXIT.unknown } as const;

/** `lab proof`: walks through the user's own cluster, in the model and on the kernel, compared packet by packet. */
export async function labProof(flags: ProofFlags, io: Io): Promise<number> {
  const { world, assumptions } = tracedRules(openWorld(flags, io));
  const { of, cases, leftOut } = proofCases(world, { most: flags.cases, seed: flags.seed });
  const started = performance.now();
  const proof = await withKernel(world, io, (plane) => proveWorld(world, plane, cases, progress(cases.length, io)));
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const report: ProofReport = { ...proof, of, leftOut, assumptions, seed: flags.seed, seconds };
  io.stdout(flags.output === 'json' ? proofJson(report) : proofText(report, io));
  return EXITS[outcomeOf(report)];
}

/** Says now and then how far it is. */
function progress(count: number, io: Io): (done: number) => void {
  const EVERY = 10_000;
  let next = performance.now() + EVERY;
  return (done) => {
    if (performance.now() < next) return;
    next += EVERY;
    io.stderr(`${done} of ${count} walks\n`);
  };
}

function proofJson(report: ProofReport): string {
  const { walks, of, seed, packets, seconds, leftOut, assumptions, differences, unknown } = report;
  const whole = {
    apiVersion: 'packetwalk.dev/v1',
    kind: 'ProofResult',
    outcome: outcomeOf(report),
    walks,
    of,
    seed,
    packets,
    seconds,
    leftOut,
    assumptions,
    differences: differences.map(({ case: { from, to, probe }, difference, sim, kernel }) => ({
      from,
      to,
      protocol: String(probe.protocol),
      difference,
      sim,
      kernel,
    })),
    unknown: unknown.map(({ what, walks: count, example: { from, to, probe } }) => ({
      what,
      walks: count,
      example: { from, to, protocol: String(probe.protocol) },
    })),
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

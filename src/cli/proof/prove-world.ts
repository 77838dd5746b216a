import type { RoundTrip } from '../../trace/index.ts';
import type { DataPlane, World } from '../../world/index.ts';
import { type Compared, compareWalks, followKernel } from '../compare-walks.ts';
import type { ProofCase } from './proof-cases.ts';

/** A walk on which the planes differ. */
export interface Differing extends Compared {
  readonly case: ProofCase;
  readonly sim: RoundTrip;
  readonly kernel: RoundTrip;
}

/** Something that left walks undecided. */
export interface Undecided {
  readonly what: string;
  readonly walks: number;
  /** The first of them. */
  readonly example: ProofCase;
}

export interface Proof {
  readonly walks: number;
  /** Packets that were compared: of a walk its request, the answer, the packet after that. */
  readonly packets: number;
  readonly differences: readonly Differing[];
  readonly unknown: readonly Undecided[];
  /** Walks left undecided, each for one reason or several. */
  readonly undecided: number;
}

/** Walks each case on the kernel, then in the model on the way the kernel took, and compares line by line. */
export async function proveWorld(
  world: World,
  kernel: DataPlane,
  cases: readonly ProofCase[],
  onProgress: (done: number) => void = () => undefined,
): Promise<Proof> {
  let [packets, undecided] = [0, 0];
  const differences: Differing[] = [];
  const unknown = new Map<string, Undecided>();
  for (const [at, each] of cases.entries()) {
    const [seen] = await kernel.walk(world, each.probe, { choice: { kind: 'first' }, detail: 'full' });
    if (seen === undefined) continue;
    const sim = followKernel(world, each.probe, seen);
    const compared = compareWalks(world, sim, seen);
    if (compared.outcome !== 'undecided') packets += packetsOf(seen);
    if (compared.outcome === 'differ') differences.push({ ...compared, case: each, sim, kernel: seen });
    if (compared.outcome === 'undecided') undecided++;
    if (compared.outcome === 'undecided')
      for (const [key, what] of new Map(reasons(sim, seen).map((text) => [alike(text), text]))) {
        const known = unknown.get(key) ?? { what, walks: 0, example: each };
        unknown.set(key, { ...known, walks: known.walks + 1 });
      }
    onProgress(at + 1);
  }
  return { walks: cases.length, packets, differences, unknown: [...unknown.values()], undecided };
}

/** What is not known of one made-up address is not known of its neighbours: the first one met is told. */
const alike = (reason: string): string => reason.replace(/^\S+ (?=stands in for )/, '');

const packetsOf = ({ reply, followUp }: RoundTrip): number =>
  1 + (reply === null ? 0 : 1) + (followUp === undefined ? 0 : 1);

/** What the model does not know; where it knows, what kept the kernel from telling. */
function reasons(sim: RoundTrip, kernel: RoundTrip): readonly string[] {
  const said = sim.unknowns.length > 0 ? sim.unknowns : kernel.unknowns;
  return said.length > 0 ? [...new Set(said)] : kernel.assumptions;
}

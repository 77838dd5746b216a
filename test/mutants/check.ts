/**
 * Whether the model passes the suite, faults and all: prints what first showed otherwise, or null, as JSON, and ends with 0.
 * Any other end says nothing of the model.
 */
const PACKETS = Number(process.argv[2]);
const SEED = 20_240_611;

/** A fault may throw as soon as its file is read: nothing of the model is imported before. */
async function firstRow(): Promise<string | undefined> {
  const [{ ALL_CASES }, { KNOWN_GAPS }, { play }, { simPlane }] = await Promise.all([
    import('../conformance/all-cases.ts'),
    import('../conformance/known-gaps.ts'),
    import('../conformance/play.ts'),
    import('../planes/sim-plane.ts'),
  ]);
  for (const group of ALL_CASES) {
    const said = play(simPlane, group);
    for (const [at, { put, want }] of group.rows.entries()) {
      const gap = KNOWN_GAPS.some((each) => each.plane === 'sim' && each.group === group.title && each.put === put);
      if (!gap && said[at] !== want) return `${group.title}: ${put}`;
    }
  }
  return undefined;
}

async function firstDifference(): Promise<string | undefined> {
  const { findDifference } = await import('../proof/prove.ts');
  return findDifference({ packets: PACKETS, seed: SEED });
}

/** What is no program is no fault of the model's. */
const NO_PROGRAM: ReadonlySet<string> = new Set(['SyntaxError', 'TransformError']);

async function attempt(): Promise<string | undefined> {
  try {
    return await firstRow();
  } catch (error) {
    if (!(error instanceof Error) || NO_PROGRAM.has(error.name)) throw error;
    return `it throws: ${error.message}`;
  }
}

console.log(JSON.stringify({ shown: (await attempt()) ?? (await firstDifference()) ?? null }));

/**
 * Weights of everything there is, so that adding them up in order gives 1 to the last bit, which ten times 0.1 does not. The
 * last one is what the others leave: `sum + (1 - sum)` is 1 in binary floating point for every sum from 0 to 1. Where that
 * is not its weight but for rounding, because it is next to nothing itself, all are rounded to multiples of 2^-53, which add
 * up without any. Weights of a part are left alone.
 */
export function wholeWeights(weights: readonly number[]): readonly number[] {
  const sum = added(weights);
  if (sum === 1 || Math.abs(1 - sum) > ROUNDING) return weights;
  const others = weights.slice(0, -1);
  const last = weights.at(-1) ?? 0;
  const left = 1 - added(others);
  return Math.abs(left - last) <= ROUNDING * last ? [...others, left] : onGrid(weights);
}

/** Of thousands of weights, far more than rounding can make, and far less than any share. */
const ROUNDING = 1e-9;

const GRID = 2 ** 53;

function onGrid(weights: readonly number[]): readonly number[] {
  let sum = 0;
  let before = 0;
  return weights.map((weight, i) => {
    sum += weight;
    const upTo = i === weights.length - 1 ? GRID : Math.min(GRID, Math.round(sum * GRID));
    const own = (upTo - before) / GRID;
    before = upTo;
    return own;
  });
}

const added = (weights: readonly number[]): number => weights.reduce((sum, weight) => sum + weight, 0);
